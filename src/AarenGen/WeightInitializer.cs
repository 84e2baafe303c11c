namespace AarenGen;

/// <summary>Fills weights as each parameter's description says.</summary>
internal static class WeightInitializer
{
    /// <summary>Each parameter has its own random numbers, so that a layer added at the end leaves the others as they were.</summary>
    public static void Fill(ModelDescription description, Span<float> weights, int seed)
    {
        for (int i = 0; i < description.Parameters.Count; i++)
        {
            ParameterDescription p = description.Parameters[i];
            if (p.Initialization == Initialization.HalfLives)
            {
                FillHalfLives(p, weights.Slice(p.Offset, p.Columns));
                continue;
            }
            var random = new RandomSource(RandomSource.Hash((ulong)(uint)seed, (ulong)i));
            for (int row = 0; row < p.Rows; row++)
            {
                foreach (ref float value in weights.Slice(p.Offset + row * p.RowStride, p.Columns))
                {
                    value = p.Initialization switch
                    {
                        Initialization.Zeros => 0,
                        Initialization.Ones => 1,
                        Initialization.Uniform => (float)((2 * random.NextUniform() - 1) * p.InitialScale),
                        _ => (float)(random.NextNormal() * p.InitialScale),
                    };
                }
            }
        }
    }

    /// <summary>σ(b) = 2^(−1/τ), so b = −ln(2^(1/τ) − 1).</summary>
    private static void FillHalfLives(ParameterDescription p, Span<float> biases)
    {
        for (int head = 0; head < biases.Length; head++)
        {
            double fraction = biases.Length == 1 ? 0.5 : head / (biases.Length - 1.0);
            double halfLife = p.InitialScale * Math.Pow((double)p.LastInitialScale / p.InitialScale, fraction);
            biases[head] = (float)-Math.Log(Math.Pow(2, 1 / halfLife) - 1);
        }
    }
}
