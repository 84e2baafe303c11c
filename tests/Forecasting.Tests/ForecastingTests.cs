using AarenGen;

namespace Forecasting.Tests;

/// <summary>The example's own parts: features, and scores against closed forms.</summary>
public sealed class ForecastingTests
{
    [Fact]
    public void Tokens_look_back_and_targets_ahead_and_nowhere_else()
    {
        float[] series = [.. Enumerable.Range(0, 60).Select(static t => (float)(t * t % 17))];
        float[] tokens = SeriesFeatures.Tokens(series, 8);
        float[] shorter = SeriesFeatures.Tokens(series.AsSpan(0, 30), 8);
        Assert.Equal(shorter, tokens[..shorter.Length]);
        int t = 40;
        Assert.Equal(series[t] - series[t - 1], tokens[t * SeriesFeatures.Width]);
        Assert.Equal(series[t] - series[t - 8], tokens[t * SeriesFeatures.Width + 8]);
        Assert.Equal(series[t] - series[(t - 7)..(t + 1)].Average(), tokens[t * SeriesFeatures.Width + 9], 1e-4f);

        (float[] targets, float[] weights) = SeriesFeatures.Targets(series, 5);
        Assert.Equal(series[t + 3] - series[t], targets[t * 5 + 2]);
        Assert.Equal(55, weights.Sum());
        Assert.Equal(0, weights[55]);
        Assert.Equal(1, weights[54]);
    }

    [Fact]
    public void Scores_and_baselines_have_their_closed_forms()
    {
        // A line through a season of 4: the last value is off by h, the seasonal naive by 4 for h up to 4, then by 8.
        float[] line = [.. Enumerable.Range(0, 40).Select(static t => (float)t)];
        PointError[] errors = [new(), new(), new()];
        Evaluation.Run(Forecaster.Create(1), line, season: 4, testStart: 30, horizon: 6, errors, new float[6]);
        Assert.Equal((1 + 4 + 9 + 16 + 25 + 36) / 6.0, errors[1].MeanSquared, 1e-9);
        Assert.Equal(21 / 6.0, errors[1].MeanAbsolute, 1e-9);
        Assert.Equal((4 * 16 + 2 * 64) / 6.0, errors[2].MeanSquared, 1e-9);
    }

    [Fact]
    public void A_forecast_beyond_the_outputs_begins_with_the_shorter_one()
    {
        float[] series = [.. Enumerable.Range(0, 150).Select(static t => MathF.Sin(t * 0.5f))];
        var model = Forecaster.Create(3);
        float[] near = new float[24], far = new float[70];
        Evaluation.Run(model, series[..104], 12, 80, 24, [new(), new(), new()], near);
        Evaluation.Run(model, series, 12, 80, 70, [new(), new(), new()], far);
        // Both last windows begin after sample 79.
        Assert.Equal(near, far[..24]);
        Assert.All(far, static v => Assert.True(float.IsFinite(v)));
    }
}
