namespace AarenGen.Soak;

/// <summary>A number in float64, and how far the same number in float32 may be from it.</summary>
/// <remarks>
/// Running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3): each operation adds to the error of its
/// arguments its own rounding, by the standard model |fl(a op b) − (a op b)| ≤ u |a op b|.
/// </remarks>
/// <param name="Value">The number.</param>
/// <param name="Error">The bound.</param>
internal readonly record struct Bounded(double Value, double Error)
{
    /// <summary>Half a unit in the last place of a float32.</summary>
    public const double Unit = 1.0 / (1 << 24);

    /// <summary>Half a unit in the last place of a float64.</summary>
    public const double DoubleUnit = 1.0 / (1L << 53);

    /// <summary>Rounding errors of a float32 exponential, in units.</summary>
    public const double ExponentialUnits = 4;

    /// <summary>The largest size that the float32 number may have.</summary>
    public double Size => Math.Abs(Value) + Error;

    /// <summary>At least e^x − 1.</summary>
    /// <param name="x">0 to 1.</param>
    public static double ExponentialMinusOne(double x) => x <= 1 ? x + x * x : double.PositiveInfinity;
}
