namespace AarenGen.Benchmarks;

internal static class Statistics
{
    public static double Median(IReadOnlyList<double> values) => Quantile(values, .5);

    /// <summary>The quantile, between neighbours in a straight line.</summary>
    public static double Quantile(IReadOnlyList<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        double at = share * (sorted.Length - 1);
        int low = (int)at, high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }
}
