using System.Globalization;
using AarenGen;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Forecasting;

/// <summary>Pictures of a run.</summary>
internal static class Charts
{
    private const int MinHistory = 8, MaxNameLength = 40;
    private const float FontSize = 18;

    /// <summary>The end of a series with the forecast from its last test window.</summary>
    public static void Forecast(string path, string name, ReadOnlySpan<double> truth, double[] forecast, int season)
    {
        // The history is a season plus twice the forecast if the forecast still gets a fifth of the figure.
        int history = Math.Min(Math.Max(Math.Max(season, 2 * forecast.Length), MinHistory), Math.Max(4 * forecast.Length, MinHistory));
        int start = truth.Length - forecast.Length, first = Math.Max(0, start - history);
        using Plot plot = Plots.Create(FontSize);
        Line(plot, "truth", truth[first..].ToArray(), first, 2);
        Line(plot, $"forecast of {forecast.Length}", forecast, start, 3);
        plot.Add.VerticalLine(start - 0.5, 1, Colors.Gray, LinePattern.Dashed);
        string called = Plots.Shorten(name, MaxNameLength);
        plot.Title($"{called}: forecast against truth", FontSize);
        Plots.WholeTicks(plot, first, truth.Length - 1);
        plot.XLabel("row of the file's data");
        plot.YLabel(called);
        plot.ShowLegend(Edge.Right);
        plot.SavePng(path, 1000, 480);
    }

    /// <summary>Loss by epoch.</summary>
    public static void Losses(string path, IReadOnlyList<EpochReport> epochs)
    {
        using Plot plot = Plots.Create(FontSize);
        Line(plot, "training", [.. epochs.Select(static e => Math.Log10(e.TrainingLoss))], 1, 2);
        Line(plot, "validation", [.. epochs.Select(static e => Math.Log10(e.ValidationLoss!.Value))], 1, 2);
        if (!plot.GetPlottables().Any())
        {
            plot.Add.Annotation("no loss above 0", Alignment.MiddleCenter);
        }
        plot.Title("Loss by epoch", FontSize);
        Plots.WholeTicks(plot, 1, epochs.Count);
        plot.Axes.Left.TickGenerator =
            new NumericAutomatic { LabelFormatter = static y => Math.Pow(10, y).ToString("G3", CultureInfo.InvariantCulture) };
        plot.XLabel("epoch");
        plot.YLabel("squared error, scaled, logarithmic");
        plot.ShowLegend(Edge.Right);
        plot.SavePng(path, 800, 480);
    }

    /// <summary>A line through the finite values; a dot if there is only one.</summary>
    private static void Line(Plot plot, string name, double[] values, int first, float width)
    {
        int[] finite = [.. Enumerable.Range(0, values.Length).Where(i => double.IsFinite(values[i]))];
        if (finite.Length > 0)
        {
            ScottPlot.Plottables.Scatter line =
                plot.Add.Scatter((double[])[.. finite.Select(i => (double)i + first)], (double[])[.. finite.Select(i => values[i])]);
            line.LegendText = name;
            line.LineWidth = width;
            line.MarkerSize = finite.Length == 1 ? 10 : 0;
        }
    }
}
