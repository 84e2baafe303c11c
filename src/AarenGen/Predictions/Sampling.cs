using AarenGen.Kernels;

namespace AarenGen;

/// <summary>Random values of distributions.</summary>
internal static class Sampling
{
    /// <summary>A standard normal value. Source: Box and Muller 1958.</summary>
    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>A standard Student-t value. Source: Bailey 1994, the polar method.</summary>
    public static double StudentT(Random random, double degrees)
    {
        while (true)
        {
            double u = 2 * random.NextDouble() - 1, v = 2 * random.NextDouble() - 1, w = u * u + v * v;
            if (w is > 0 and <= 1)
            {
                return u * Math.Sqrt(degrees * (Math.Pow(w, -2 / degrees) - 1) / w);
            }
        }
    }

    /// <summary>A class by the softmax of the logits.</summary>
    public static int Class(Random random, ReadOnlySpan<float> logits)
    {
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
