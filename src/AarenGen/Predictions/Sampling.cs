using AarenGen.Kernels;

namespace AarenGen;

/// <summary>Random values of distributions.</summary>
internal static class Sampling
{
    /// <summary>A standard normal value. Source: Box and Muller 1958.</summary>
    public static double Normal(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    /// <summary>
    /// A standard Student-t value, u √(ν (w^(−2/ν) − 1)/w); a normal one for infinite degrees of freedom.
    /// Source: Bailey 1994, the polar method.
    /// </summary>
    public static double StudentT(Random random, double degrees)
    {
        ArgumentNullException.ThrowIfNull(random);
        while (true)
        {
            double u = 2 * random.NextDouble() - 1, v = 2 * random.NextDouble() - 1, w = u * u + v * v;
            if (w is > 0 and <= 1 && u != 0)
            {
                double square = -2 * Math.Log(w), ratio = square / degrees;
                return u * Math.Sqrt((ratio == 0 ? square : degrees * SpecialFunctions.ExpMinusOne(ratio)) / w);
            }
        }
    }

    /// <summary>A class by the softmax of the logits.</summary>
    public static int Class(Random random, ReadOnlySpan<float> logits)
    {
        ArgumentNullException.ThrowIfNull(random);
        double logSum = SpecialFunctions.LogSumExp(logits), left = random.NextDouble();
        for (int k = 0; k < logits.Length; k++)
        {
            left -= Math.Exp(logits[k] - logSum);
            if (left < 0)
            {
                return k;
            }
        }
        return logits.Length - 1;
    }
}
