using AarenGen;

namespace Forecasting;

/// <summary>Every forecast of the test part: from each sample whose horizon ends inside it.</summary>
internal static class Evaluation
{
    /// <summary>
    /// Adds the errors of the model, the last value and the seasonal naive forecast to <paramref name="errors"/>; the last window's
    /// forecast goes to <paramref name="lastForecast"/>.
    /// </summary>
    public static void Run(
        Forecaster model, float[] series, int season, int testStart, int horizon, PointError[] errors, float[] lastForecast,
        CancellationToken cancellation = default)
    {
        float[] tokens = SeriesFeatures.Tokens(series, season);
        StreamState<Forecaster> stream = model.CreateState(), fork = model.CreateState();
        var output = new float[Forecaster.OutputWidth];
        var forecast = new float[horizon];
        for (int t = 0; t + horizon < series.Length; t++)
        {
            cancellation.ThrowIfCancellationRequested();
            model.Step(stream, tokens.AsSpan(t * SeriesFeatures.Width, SeriesFeatures.Width), output);
            if (t < testStart - 1)
            {
                continue;
            }
            RollOut(model, stream, fork, series.AsSpan(0, t + 1), season, output, forecast);
            for (int h = 1; h <= horizon; h++)
            {
                double truth = series[t + h];
                int seasons = (h + season - 1) / season;
                errors[0].Add(forecast[h - 1], truth);
                errors[1].Add(series[t], truth);
                errors[2].Add(series[Math.Max(0, t + h - seasons * season)], truth);
            }
        }
        forecast.CopyTo(lastForecast, 0);
    }

    /// <summary>Beyond the model's outputs, forecasts are fed back as samples on a copy of the stream.</summary>
    private static void RollOut(
        Forecaster model, StreamState<Forecaster> stream, StreamState<Forecaster> fork, ReadOnlySpan<float> history, int season,
        ReadOnlySpan<float> output, Span<float> forecast)
    {
        float now = history[^1];
        int done = Math.Min(forecast.Length, output.Length);
        for (int h = 0; h < done; h++)
        {
            forecast[h] = now + output[h];
        }
        if (done == forecast.Length)
        {
            return;
        }
        // Two seasons of history and the forecast so far: the features of the next tokens need no more.
        int kept = Math.Min(history.Length, 2 * season + 1);
        float[] extended = [.. history[^kept..], .. forecast];
        var next = new float[Forecaster.OutputWidth];
        stream.CopyTo(fork);
        for (int fed = 0; done < forecast.Length;)
        {
            float[] tokens = SeriesFeatures.Tokens(extended.AsSpan(0, kept + done), season);
            for (; fed < done; fed++)
            {
                model.Step(fork, tokens.AsSpan((kept + fed) * SeriesFeatures.Width, SeriesFeatures.Width), next);
            }
            float last = forecast[done - 1];
            int more = Math.Min(forecast.Length - done, next.Length);
            for (int h = 0; h < more; h++)
            {
                forecast[done + h] = last + next[h];
                extended[kept + done + h] = forecast[done + h];
            }
            done += more;
        }
    }
}
