namespace Control;

/// <summary>A trained model that acts. It plays one episode at a time and allocates nothing while it acts.</summary>
internal abstract class Agent
{
    /// <summary>Bytes of its state.</summary>
    public abstract long StateBytes { get; }

    /// <summary>Resets its state and begins an episode.</summary>
    /// <param name="targetReturn">The return to reach; agents without target returns ignore it.</param>
    public abstract void Begin(double targetReturn);

    /// <summary>Chooses an action.</summary>
    /// <param name="observation">The observation.</param>
    /// <param name="action">Receives the action, each number from -1 to 1.</param>
    public abstract void Act(ReadOnlySpan<float> observation, Span<float> action);

    /// <summary>Receives the reward of the action.</summary>
    public virtual void Reward(double reward)
    {
    }
}
