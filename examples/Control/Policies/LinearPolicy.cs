namespace Control;

/// <summary>Actions that are linear in the observation, scaled to mean 0 and variance 1, and clipped to -1 and 1.</summary>
/// <param name="Weights">[action width, observation width].</param>
/// <param name="Mean">[observation width]: subtracted from an observation.</param>
/// <param name="Variance">[observation width]: an observation is divided by its square root. Numbers that never varied are ignored.</param>
internal sealed record LinearPolicy(double[] Weights, double[] Mean, double[] Variance)
{
    /// <summary>A variance below this is rounding.</summary>
    private const double LeastVariance = 1e-14;

    /// <param name="observation">[observation width].</param>
    /// <param name="action">[action width]: receives the action.</param>
    public void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        for (int a = 0; a < action.Length; a++)
        {
            double sum = 0;
            for (int o = 0; o < observation.Length; o++)
            {
                if (Variance[o] > LeastVariance)
                {
                    sum += Weights[a * observation.Length + o] * (observation[o] - Mean[o]) / Math.Sqrt(Variance[o]);
                }
            }
            action[a] = (float)Math.Clamp(sum, -1, 1);
        }
    }
}
