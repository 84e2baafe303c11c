namespace Control;

/// <summary>Whether an episode may go on.</summary>
internal delegate bool HealthCheck(ReadOnlySpan<double> positions, ReadOnlySpan<double> velocities);

/// <summary>
/// A task to move forward. Reward: one point per step for health, plus metres per second, minus the cost of actions.
/// </summary>
/// <remarks>Source of all numbers: Gymnasium's environments of version 4 and their documentation.</remarks>
internal sealed record LocomotionTask(EnvironmentDescription Description)
{
    /// <summary>Time steps of the simulation per step of the environment.</summary>
    public required int FrameSkip { get; init; }

    /// <summary>Cost of the sum of squared actions.</summary>
    public required double ControlCost { get; init; }

    /// <summary>Reward of every step, including the last one.</summary>
    public required double HealthyReward { get; init; }

    /// <summary>Maximum noise of positions at the start of an episode, and of velocities.</summary>
    public required double StartNoise { get; init; }

    /// <summary>Whether the noise of velocities is normal, with that standard deviation, instead of uniform.</summary>
    public required bool IsVelocityNoiseNormal { get; init; }

    /// <summary>Limit to which observed velocities are clipped.</summary>
    public double VelocityLimit { get; init; } = double.PositiveInfinity;

    /// <summary>Number of unobserved positions: those on the ground.</summary>
    public int HiddenPositions { get; init; } = 1;

    /// <summary>The body whose position counts; null: the first generalised position.</summary>
    public string? ForwardBody { get; init; }

    /// <summary>Whether the view is from the side; otherwise oblique, because the body has a width.</summary>
    public bool IsFlat { get; init; } = true;

    /// <summary>False ends an episode.</summary>
    public HealthCheck IsHealthy { get; init; } = static (_, _) => true;

    /// <summary>A running cat cut in half; it never ends by itself.</summary>
    public static LocomotionTask HalfCheetah { get; } = new(new EnvironmentDescription("halfcheetah", 17, 6, 1000, -280.178953, 12135.0))
    {
        FrameSkip = 5,
        ControlCost = 0.1,
        HealthyReward = 0,
        StartNoise = 0.1,
        IsVelocityNoiseNormal = true,
    };

    /// <summary>A leg that hops.</summary>
    public static LocomotionTask Hopper { get; } = new(new EnvironmentDescription("hopper", 11, 3, 1000, -20.272305, 3234.3))
    {
        FrameSkip = 4,
        ControlCost = 1e-3,
        HealthyReward = 1,
        StartNoise = 5e-3,
        IsVelocityNoiseNormal = false,
        VelocityLimit = 10,
        IsHealthy = static (positions, velocities) =>
            positions[1] > 0.7 && Math.Abs(positions[2]) < 0.2 && AreWithin(100, positions[2..]) && AreWithin(100, velocities),
    };

    /// <summary>Two legs that walk.</summary>
    public static LocomotionTask Walker2d { get; } = new(new EnvironmentDescription("walker2d", 17, 6, 1000, 1.629008, 4592.3))
    {
        FrameSkip = 4,
        ControlCost = 1e-3,
        HealthyReward = 1,
        StartNoise = 5e-3,
        IsVelocityNoiseNormal = false,
        VelocityLimit = 10,
        IsHealthy = static (positions, _) => positions[1] is > 0.8 and < 2 && Math.Abs(positions[2]) < 1,
    };

    /// <summary>A ball on four legs; contact forces are neither observed nor part of the cost, as by default.</summary>
    public static LocomotionTask Ant { get; } = new(
        new EnvironmentDescription("ant", 27, 8, 1000, -325.6, 3879.7) { LoggedObservationWidth = 111 })
    {
        FrameSkip = 5,
        ControlCost = 0.5,
        HealthyReward = 1,
        StartNoise = 0.1,
        IsVelocityNoiseNormal = true,
        HiddenPositions = 2,
        ForwardBody = "trunk",
        IsFlat = false,
        IsHealthy = static (positions, velocities) =>
            positions[2] is >= 0.2 and <= 1 && AreWithin(double.PositiveInfinity, positions)
            && AreWithin(double.PositiveInfinity, velocities),
    };

    private static bool AreWithin(double limit, ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (!(Math.Abs(value) < limit))
            {
                return false;
            }
        }
        return true;
    }
}
