namespace AarenGen.Soak;

/// <summary>y = W x + b, and what is added to it.</summary>
internal sealed class Linear(WeightFile weights, string name)
{
    private readonly double[] matrix = weights[name + ".weight"], bias = weights[name + ".bias"];

    /// <summary>Numbers that come out.</summary>
    public int Outputs => bias.Length;

    /// <summary>Writes W x + b to y; or adds it to what y holds.</summary>
    public void Apply(ReadOnlySpan<Bounded> x, Span<Bounded> y, bool isResidual = false)
    {
        for (int row = 0; row < bias.Length; row++)
        {
            double sum = bias[row], error = 0, size = Math.Abs(bias[row]);
            if (isResidual)
            {
                sum += y[row].Value;
                error += y[row].Error;
                size += y[row].Size;
            }
            for (int column = 0; column < x.Length; column++)
            {
                double weight = matrix[row * x.Length + column];
                sum += weight * x[column].Value;
                error += Math.Abs(weight) * x[column].Error;
                size += Math.Abs(weight) * x[column].Size;
            }
            // One multiplication and one addition per column, the bias and the residual: each sum has at most columns + 3 roundings, in any
            // order.
            y[row] = new(sum, error + (x.Length + 3) * Bounded.Unit * size);
        }
    }
}

/// <summary>(x − mean) / √(variance + ε), scaled and shifted.</summary>
internal sealed class LayerNorm(WeightFile weights, string name)
{
    private const double Epsilon = 1e-5;
    private readonly double[] scale = weights[name + ".weight"], shift = weights[name + ".bias"];

    public void Apply(ReadOnlySpan<Bounded> x, Span<Bounded> y)
    {
        int n = x.Length;
        double mean = 0, meanError = 0;
        foreach (Bounded value in x)
        {
            mean += value.Value / n;
            meanError += value.Error / n;
        }
        double variance = 0, size = 0;
        foreach (Bounded value in x)
        {
            double difference = value.Value - mean;
            variance += difference * difference / n;
            size += (Math.Abs(difference) + value.Error + meanError) / n;
        }
        // The mean itself may be off by its own rounding: what the differences' mean says is taken off as well.
        double varianceError = 0, rounding = (n + 2) * Bounded.Unit * size;
        foreach (Bounded value in x)
        {
            double difference = Math.Abs(value.Value - mean), error = Error(value, difference, meanError, rounding);
            varianceError += (2 * difference * error + error * error) / n;
        }
        varianceError += (n + 4) * Bounded.Unit * (variance + varianceError + Epsilon);
        double inverse = 1 / Math.Sqrt(variance + Epsilon);
        double relative = Math.Sqrt((variance + Epsilon) / (Math.Max(variance - varianceError, 0) + Epsilon)) - 1 + 4 * Bounded.Unit;
        for (int i = 0; i < n; i++)
        {
            double difference = x[i].Value - mean, normal = difference * inverse;
            double error = Error(x[i], Math.Abs(difference), meanError, rounding) * inverse * (1 + relative) + Math.Abs(normal) * relative;
            double scaled = scale[i] * normal + shift[i], scaledSize = Math.Abs(scale[i]) * (Math.Abs(normal) + error) + Math.Abs(shift[i]);
            y[i] = new(scaled, Math.Abs(scale[i]) * error + 3 * Bounded.Unit * scaledSize);
        }
    }

    private static double Error(Bounded value, double difference, double meanError, double rounding) =>
        (value.Error + meanError + rounding) * (1 + 4 * Bounded.Unit) + 4 * Bounded.Unit * difference;
}

/// <summary>x Φ(x).</summary>
internal static class Gelu
{
    /// <summary>The function's largest derivative, at √2: 1.1289.</summary>
    private const double LargestSlope = 1.13;

    public static void Apply(Span<Bounded> x)
    {
        foreach (ref Bounded value in x)
        {
            double y = value.Value * Normal(value.Value), error = LargestSlope * value.Error;
            // The kernel's own bound: (8 + x²) units.
            value = new(y, error + (8 + value.Size * value.Size) * Bounded.Unit * (Math.Abs(y) + error));
        }
    }

    /// <summary>Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/15 + …). Source: Abramowitz and Stegun, 26.2.11.</summary>
    public static double Normal(double x)
    {
        if (Math.Abs(x) > 8)
        {
            // 1 − Φ(8) is 6e-16.
            return x > 0 ? 1 : 0;
        }
        double term = x, sum = x, square = x * x;
        for (int i = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); i += 2)
        {
            term *= square / i;
            sum += term;
        }
        return 0.5 + sum * Math.Exp(-0.5 * square) / Math.Sqrt(2 * Math.PI);
    }
}
