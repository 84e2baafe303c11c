namespace Control;

/// <summary>A pole hinged on a cart that is pushed along a rail, with a force of any size up to 10 N. Every step gives one point.</summary>
/// <remarks>
/// Source: Barto, Sutton, Anderson, Neuronlike adaptive elements that can solve difficult learning control problems, 1983; constants,
/// start, Euler's method and limits as in Gymnasium's CartPole-v1, whose force is full to the left or to the right.
/// </remarks>
internal sealed class CartPole : ControlEnvironment
{
    private const double Gravity = 9.8, CartMass = 1, PoleMass = 0.1, HalfPole = 0.5, LargestForce = 10, TimeStep = 0.02;
    private const double LargestPosition = 2.4, LargestAngle = 12 * Math.PI / 180, StartRange = 0.05;

    private double position, velocity, angle, angularVelocity;

    /// <summary>Name, sizes and reference returns: those of uniform actions, the mean of 1000 episodes, and the maximum.</summary>
    public static EnvironmentDescription Reference { get; } = new("cartpole", 4, 1, StepLimit: 500, RandomReturn: 28.5, ExpertReturn: 500);

    /// <inheritdoc/>
    public override EnvironmentDescription Description => Reference;

    /// <inheritdoc/>
    public override double SecondsPerStep => TimeStep;

    /// <inheritdoc/>
    public override void Reset(Random random, Span<float> observation)
    {
        SetState(Start(), Start(), Start(), Start());
        Observe(observation);

        double Start() => StartRange * (2 * random.NextDouble() - 1);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        double force = LargestForce * Math.Clamp(action[0], -1f, 1f);
        (double sine, double cosine) = Math.SinCos(angle);
        double push = (force + PoleMass * HalfPole * angularVelocity * angularVelocity * sine) / (CartMass + PoleMass);
        double angularAcceleration = (Gravity * sine - cosine * push)
            / (HalfPole * (4.0 / 3 - PoleMass * cosine * cosine / (CartMass + PoleMass)));
        double acceleration = push - PoleMass * HalfPole * angularAcceleration * cosine / (CartMass + PoleMass);
        position += TimeStep * velocity;
        velocity += TimeStep * acceleration;
        angle += TimeStep * angularVelocity;
        angularVelocity += TimeStep * angularAcceleration;
        Observe(observation);
        return new(1, IsTerminal: Math.Abs(position) > LargestPosition || Math.Abs(angle) > LargestAngle);
    }

    /// <inheritdoc/>
    public override Scene Look()
    {
        const double Height = 0.25;
        (double sine, double cosine) = Math.SinCos(angle);
        return new(0, [
            new(-LargestPosition, Height, LargestPosition, Height, 0.01),
            new(position - 0.2, Height, position + 0.2, Height, 0.12),
            new(position, Height, position + 2 * HalfPole * sine, Height + 2 * HalfPole * cosine, 0.04),
        ]);
    }

    /// <summary>Puts cart and pole somewhere: metres and radians, and their velocities.</summary>
    public void SetState(double position, double velocity, double angle, double angularVelocity) =>
        (this.position, this.velocity, this.angle, this.angularVelocity) = (position, velocity, angle, angularVelocity);

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)position;
        observation[1] = (float)velocity;
        observation[2] = (float)angle;
        observation[3] = (float)angularVelocity;
    }
}
