namespace Forecasting;

/// <summary>
/// The model sees differences of a series, so that a trend leads to no new values. A token holds the difference of the sample from
/// its predecessor, from the samples at each eighth of a season back, and from the last season's mean. A target is the
/// change from now to each of the next samples: predicting 0 is the last-value baseline.
/// </summary>
internal static class SeriesFeatures
{
    public const int Width = Eighths + 2;
    private const int Eighths = 8;

    /// <summary>[samples, Width]; a sample before the first counts as the first.</summary>
    public static float[] Tokens(ReadOnlySpan<float> series, int season)
    {
        var tokens = new float[series.Length * Width];
        double sum = season * (double)series[0];
        for (int t = 0; t < series.Length; t++)
        {
            sum += series[t] - (double)Back(series, t, season);
            Span<float> token = tokens.AsSpan(t * Width, Width);
            token[0] = series[t] - Back(series, t, 1);
            for (int i = 1; i <= Eighths; i++)
            {
                token[i] = series[t] - Back(series, t, Math.Max(1, (int)Math.Round(i * season / (double)Eighths)));
            }
            token[^1] = (float)(series[t] - sum / season);
        }
        return tokens;
    }

    /// <summary>[samples, horizon] changes, and one weight per sample: 0 where the future reaches past the end.</summary>
    public static (float[] Targets, float[] Weights) Targets(ReadOnlySpan<float> series, int horizon)
    {
        var targets = new float[series.Length * horizon];
        var weights = new float[series.Length];
        for (int t = 0; t + horizon < series.Length; t++)
        {
            weights[t] = 1;
            for (int h = 1; h <= horizon; h++)
            {
                targets[t * horizon + h - 1] = series[t + h] - series[t];
            }
        }
        return (targets, weights);
    }

    private static float Back(ReadOnlySpan<float> series, int t, int lag) => series[Math.Max(0, t - lag)];
}
