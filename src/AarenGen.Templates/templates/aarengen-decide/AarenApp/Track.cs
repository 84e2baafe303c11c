namespace AarenApp;

/// <summary>A wagon on a track that is pushed to the middle. Put your own machine, game or simulator in its place.</summary>
public sealed class Track(Random random)
{
    public const int Steps = 40;

    public float Position { get; private set; } = 4 * random.NextSingle() - 2;

    public float Speed { get; private set; }

    /// <summary>Pushes, for a step of time; returns the reward, which is larger the nearer the wagon is to the middle.</summary>
    public float Push(float force)
    {
        Speed = 0.9f * (Speed + 0.3f * force);
        Position += 0.3f * Speed;
        return -Math.Abs(Position);
    }
}
