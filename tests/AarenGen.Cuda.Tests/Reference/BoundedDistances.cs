namespace AarenGen.Cuda.Tests.Reference;

/// <summary>
/// Distances of tensors from exact ones, as L2 norms, held against those of runs whose results are off as float32 might leave them.
/// </summary>
internal sealed class BoundedDistances
{
    /// <summary>
    /// Sums stay within √n roundings but for a small constant, and the distances of a tensor of few numbers may all be small by chance.
    /// </summary>
    private const int Factor = 4;

    private readonly List<string> errors = [];

    /// <summary>What is farther off than the arithmetic explains.</summary>
    public IReadOnlyList<string> Errors => errors;

    public void Compare(string what, double[] exact, double[] actual, IEnumerable<double[]> off)
    {
        double distance = Distance(exact, actual), bound = Factor * off.Max(o => Distance(exact, o));
        if (!(distance <= bound))
        {
            double size = Distance(exact, new double[exact.Length]);
            errors.Add($"{what} ({exact.Length}): off by {distance / size:G3} of {size:G3}, bound {bound / size:G3}");
        }
    }

    public static double[] Double(ReadOnlySpan<float> values)
    {
        var result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }
        return result;
    }

    private static double Distance(double[] a, double[] b)
    {
        Assert.Equal(a.Length, b.Length);
        return Math.Sqrt(a.Zip(b, static (x, y) => (x - y) * (x - y)).Sum());
    }
}
