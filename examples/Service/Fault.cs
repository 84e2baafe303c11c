namespace Service;

/// <summary>What can go wrong with a sensor.</summary>
internal enum FaultKind
{
    /// <summary>One reading far away.</summary>
    Spike,

    /// <summary>The last value again and again.</summary>
    Stuck,

    /// <summary>The readings go away from the truth step by step.</summary>
    Drift,

    /// <summary>No values arrive.</summary>
    Dropout,
}

/// <summary>A fault that the simulation plants.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Start">The number of the first wrong reading.</param>
/// <param name="Length">How many readings are wrong.</param>
/// <param name="Size">How wrong, in standard deviations of the sensor's noise: of a spike, and of a drift for each reading.</param>
internal readonly record struct Fault(FaultKind Kind, long Start, int Length, double Size)
{
    /// <summary>The number of the first right reading after it.</summary>
    public long End => Start + Length;
}
