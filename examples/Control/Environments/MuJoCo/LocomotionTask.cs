namespace Control;

/// <summary>Whether an episode may go on.</summary>
internal delegate bool HealthCheck(ReadOnlySpan<double> positions, ReadOnlySpan<double> velocities);

/// <summary>
/// What makes a task of a body that is to go forward: a point a step for health, metres a second, less the cost of action.
/// </summary>
/// <remarks>Source of all numbers: Gymnasium's environments of version 4 and their documentation.</remarks>
internal sealed record LocomotionTask(EnvironmentDescription Description)
{
    /// <summary>Time steps of the simulation in one of the environment.</summary>
    public required int FrameSkip { get; init; }

    /// <summary>Cost of the sum of squared actions.</summary>
    public required double ControlCost { get; init; }

    /// <summary>What a step is worth by itself, the last one too.</summary>
    public required double HealthyReward { get; init; }

    /// <summary>How far positions are from the start, at most, when an episode begins; velocities likewise.</summary>
    public required double StartNoise { get; init; }

    /// <summary>Whether velocities at the start are normal, with that deviation, rather than even.</summary>
    public required bool IsVelocityNoiseNormal { get; init; }

    /// <summary>Where observed velocities are cut off.</summary>
    public double VelocityLimit { get; init; } = double.PositiveInfinity;

    /// <summary>Positions that are not observed: where it is on the ground.</summary>
    public int HiddenPositions { get; init; } = 1;

    /// <summary>The body whose way forward counts; null for the first generalised position.</summary>
    public string? ForwardBody { get; init; }

    /// <summary>Whether it is seen from the side, or aslant because it has a width.</summary>
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

    /// <summary>A ball on four legs; contact forces are neither seen nor paid for, as by default.</summary>
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
