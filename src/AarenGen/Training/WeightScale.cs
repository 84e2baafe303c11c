namespace AarenGen.Training;

/// <summary>
/// A power of two on the weights of a batch whose sum is very small or very large. Without it, gradients of the weighted loss would leave
/// the range of float, and so would the inverse of the sum. The factor cancels: the loss is divided by the scaled sum.
/// </summary>
internal static class WeightScale
{
    /// <summary>Sums up to this one are used as they are: a gradient of 2⁸⁷ times 2⁴⁰ still is a float.</summary>
    public const double Largest = 1L << 40;

    private const double Smallest = 1 / Largest;

    /// <summary>1 for ordinary sums, and for 0; otherwise the power of two that brings the sum to 1 or more and below 2.</summary>
    public static double For(double sum) => sum is 0 or (>= Smallest and <= Largest) ? 1 : Math.ScaleB(1, -Math.ILogB(sum));
}
