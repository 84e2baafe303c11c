using AarenGen;
using ScottPlot;

namespace Forecasting;

/// <summary>Pictures of a run.</summary>
internal static class Charts
{
    /// <summary>The end of a series with the forecast from its last test window.</summary>
    public static void Forecast(string path, string name, ReadOnlySpan<float> truth, float[] forecast, int season)
    {
        int shown = Math.Min(truth.Length, forecast.Length + Math.Max(3 * season, 2 * forecast.Length));
        int first = truth.Length - shown, start = truth.Length - forecast.Length;
        using var plot = new Plot();
        float[] tail = truth[first..].ToArray();
        ScottPlot.Plottables.Scatter real = plot.Add.Scatter(Enumerable.Range(first, shown).Select(static i => (double)i).ToArray(), tail.Select(static v => (double)v).ToArray());
        real.LegendText = "truth";
        real.LineWidth = 2;
        real.MarkerSize = 0;
        ScottPlot.Plottables.Scatter predicted = plot.Add.Scatter(Enumerable.Range(start, forecast.Length).Select(static i => (double)i).ToArray(), forecast.Select(static v => (double)v).ToArray());
        predicted.LegendText = $"forecast of {forecast.Length}";
        predicted.LineWidth = 3;
        predicted.MarkerSize = 0;
        plot.Add.VerticalLine(start - 0.5, 1, Colors.Gray, LinePattern.Dashed);
        plot.Title($"{name}: forecast against truth");
        plot.XLabel("sample");
        plot.YLabel(name);
        plot.ShowLegend(Alignment.UpperLeft);
        plot.SavePng(path, 1000, 480);
    }

    /// <summary>Loss by epoch.</summary>
    public static void Losses(string path, IReadOnlyList<EpochReport> epochs)
    {
        using var plot = new Plot();
        double[] x = [.. Enumerable.Range(1, epochs.Count).Select(static i => (double)i)];
        plot.Add.Scatter(x, epochs.Select(static e => Math.Log10(e.TrainingLoss)).ToArray()).LegendText = "training";
        plot.Add.Scatter(x, epochs.Select(static e => Math.Log10(e.ValidationLoss!.Value)).ToArray()).LegendText = "validation";
        plot.Title("Loss by epoch");
        plot.XLabel("epoch");
        plot.YLabel("log10 of the mean squared error");
        plot.ShowLegend();
        plot.SavePng(path, 800, 480);
    }
}
