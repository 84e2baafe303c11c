namespace Control;

/// <summary>A body in MuJoCo that has to move forward.</summary>
internal sealed class Locomotion(LocomotionTask task) : ControlEnvironment
{
    /// <summary>Shift to the right and upwards per metre of depth, for bodies with a width.</summary>
    private const double Slant = 0.35;

    /// <inheritdoc/>
    public override EnvironmentDescription Description => task.Description;

    /// <summary>The simulation.</summary>
    public MuJoCoSimulation Simulation { get; } = new($"Control.{task.Description.Name}.xml");

    /// <inheritdoc/>
    public override double SecondsPerStep => task.FrameSkip * Simulation.TimeStep;

    /// <summary>Position of the body, in metres forward.</summary>
    public double Forward =>
        task.ForwardBody is null ? Simulation.Positions[0] : Simulation.BodyPlaces[3 * Simulation.Body(task.ForwardBody)];

    /// <inheritdoc/>
    public override void Reset(Random random, Span<float> observation)
    {
        Simulation.Reset();
        foreach (ref double position in Simulation.Positions)
        {
            position += Even();
        }
        foreach (ref double velocity in Simulation.Velocities)
        {
            velocity = task.IsVelocityNoiseNormal ? task.StartNoise * Sampling.Normal(random) : Even();
        }
        Simulation.Settle();
        Observe(observation);

        double Even() => task.StartNoise * (2 * random.NextDouble() - 1);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        double before = Forward, cost = 0;
        for (int i = 0; i < action.Length; i++)
        {
            double control = Math.Clamp(action[i], -1f, 1f);
            Simulation.Controls[i] = control;
            cost += task.ControlCost * control * control;
        }
        Simulation.Step(task.FrameSkip);
        Observe(observation);
        return new(
            task.HealthyReward + (Forward - before) / SecondsPerStep - cost,
            IsTerminal: !task.IsHealthy(Simulation.Positions, Simulation.Velocities));
    }

    /// <inheritdoc/>
    public override Scene Look()
    {
        double slant = task.IsFlat ? 0 : Slant;
        return new(Forward, [
            .. Simulation.Capsules().Select(c => new Body(
                c.First.X + slant * c.First.Y, c.First.Z + slant * c.First.Y, c.Second.X + slant * c.Second.Y,
                c.Second.Z + slant * c.Second.Y, c.Radius)),
        ]);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Simulation.Dispose();
        base.Dispose();
    }

    private void Observe(Span<float> observation)
    {
        Span<double> positions = Simulation.Positions[task.HiddenPositions..], velocities = Simulation.Velocities;
        for (int i = 0; i < positions.Length; i++)
        {
            observation[i] = (float)positions[i];
        }
        for (int i = 0; i < velocities.Length; i++)
        {
            observation[positions.Length + i] = (float)Math.Clamp(velocities[i], -task.VelocityLimit, task.VelocityLimit);
        }
    }
}
