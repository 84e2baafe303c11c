using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AarenGen.Reports;

/// <summary>The pictures of a backtest.</summary>
internal static class BacktestCharts
{
    private const int Width = 760, Height = 360, MaxTargets = 6, MaxNameLength = 40;
    private const float FontSize = 16;

    /// <summary>The sampled forecasts, each over what came.</summary>
    public static IEnumerable<(string Svg, string Caption)> Forecasts(BacktestReport report)
    {
        foreach (SampledForecast sample in report.Samples.Where(s => report.Targets.Take(MaxTargets).Any(t => t.Name == s.Target)))
        {
            string series = sample.Series.Length == 0 ? "" : $" of {Short(sample.Series)}";
            yield return (Forecast(sample, report), string.Create(
                CultureInfo.InvariantCulture,
                $"{Short(sample.Target)}{series}: the {sample.Reason} forecast, from {sample.Times[0].UtcDateTime:yyyy-MM-dd HH:mm}Z."));
        }
    }

    /// <summary>The mean absolute error of each target by the step of the horizon, beside the simple forecasts.</summary>
    public static IEnumerable<(string Svg, string Caption)> ErrorsByStep(BacktestReport report)
    {
        double[] steps = Steps(report);
        foreach (TargetReport target in report.Targets.Take(report.Horizon > 1 ? MaxTargets : 0))
        {
            using Plot plot = Plots.Create(FontSize);
            Plots.AddLine(plot, "model", Plots.Colors[0], steps, [.. target.Steps.Select(static s => s.Model.MeanAbsoluteError)]);
            for (int b = 0; b < target.Scores.Baselines.Count; b++)
            {
                Plots.AddLine(
                    plot, target.Scores.Baselines[b].Name, Plots.Colors[1 + b % (Plots.Colors.Count - 1)], steps,
                    [.. target.Steps.Select(s => s.Baselines[b].Scores.MeanAbsoluteError)], LinePattern.Dashed);
            }
            Plots.WholeTicks(plot, 1, report.Horizon);
            plot.XLabel($"intervals of {report.Grid} ahead");
            plot.YLabel("mean absolute error");
            yield return (Plots.Draw(plot, Width, Height), $"{Short(target.Name)}: error by step, model solid, simple forecasts dashed.");
        }
    }

    /// <summary>How often intervals held the truth, by the step of the horizon.</summary>
    public static (string Svg, string Caption)? CoverageByStep(BacktestReport report)
    {
        if (report.Horizon == 1)
        {
            return null;
        }
        double[] steps = Steps(report);
        using Plot plot = Plots.Create(FontSize);
        bool hasIntervals = report.Overall.Intervals.Count > 0;
        foreach ((TargetReport target, int i) in report.Targets.Take(MaxTargets).Select(static (t, i) => (t, i)))
        {
            if (hasIntervals)
            {
                Plots.AddLine(
                    plot, Short(target.Name), Plots.Colors[i], steps, [.. target.Steps.Select(static s => s.Intervals[0].Coverage)]);
            }
            Plots.AddLine(
                plot, hasIntervals ? null : Short(target.Name), Plots.Colors[i], steps,
                [.. target.Steps.Select(static s => s.ConformalInterval.Coverage)], LinePattern.Dashed);
        }
        Wanted(plot, report);
        Plots.WholeTicks(plot, 1, report.Horizon);
        plot.XLabel($"intervals of {report.Grid} ahead");
        plot.YLabel("fraction inside");
        return (Plots.Draw(plot, Width, Height),
            $"Coverage by step{(hasIntervals ? ": predicted intervals solid, conformal ones dashed" : " of conformal intervals")}; dotted: "
            + "wanted.");
    }

    /// <summary>Errors, coverage and anomaly scores over time.</summary>
    public static IEnumerable<(string Svg, string Caption)> OverTime(BacktestReport report)
    {
        double[] times = [.. report.Periods.Select(static p => p.Start.UtcDateTime.ToOADate())];
        using (Plot plot = Plots.Create(FontSize))
        {
            Plots.AddLine(plot, "model", Plots.Colors[0], times, [.. report.Periods.Select(static p => p.Error)]);
            Plots.AddLine(
                plot, $"seasonal naive ({report.Season.ToString(CultureInfo.InvariantCulture)})", Plots.Colors[1], times,
                [.. report.Periods.Select(static p => p.BaselineError)], LinePattern.Dashed);
            plot.YLabel(double.IsNaN(report.Overall.Model.MeanAbsoluteScaledError) ? "mean absolute error" : "MASE");
            yield return (DrawOverTime(plot), "Error over time, all targets, series and steps.");
        }
        using (Plot plot = Plots.Create(FontSize))
        {
            Plots.AddLine(plot, "predicted", Plots.Colors[0], times, [.. report.Periods.Select(static p => p.Coverage)]);
            Plots.AddLine(
                plot, "conformal", Plots.Colors[2], times, [.. report.Periods.Select(static p => p.ConformalCoverage)],
                LinePattern.Dashed);
            Wanted(plot, report);
            plot.YLabel("fraction inside");
            yield return (DrawOverTime(plot), "Coverage over time; dotted: wanted.");
        }
        if (report.Anomalies is { } anomalies)
        {
            using Plot plot = Plots.Create(FontSize);
            Plots.AddLine(plot, "largest score", Plots.Colors[0], times, [.. report.Periods.Select(static p => p.AnomalyScore)]);
            if (anomalies.Alarms.Count > 0)
            {
                ScottPlot.Plottables.Scatter dots = plot.Add.Scatter(
                    (double[])[.. anomalies.Alarms.Select(static a => a.Time.UtcDateTime.ToOADate())],
                    (double[])[.. anomalies.Alarms.Select(static a => a.Score)], Plots.Colors[1]);
                dots.LineWidth = 0;
                dots.MarkerSize = 6;
                dots.LegendText = "alarms";
            }
            if (double.IsFinite(anomalies.Threshold))
            {
                plot.Add.HorizontalLine(anomalies.Threshold, 1.5f, Colors.Gray, LinePattern.Dotted).LegendText = "threshold";
            }
            plot.YLabel("−log₁₀ tail probability");
            yield return (DrawOverTime(plot), string.Create(
                CultureInfo.InvariantCulture,
                $"Anomalies: the largest score of each period, and the {anomalies.Alarms.Count} largest scores above the threshold."));
        }
    }

    private static string Forecast(SampledForecast sample, BacktestReport report)
    {
        using Plot plot = Plots.Create(FontSize);
        double[] before = [.. sample.HistoryTimes.Select(static t => t.UtcDateTime.ToOADate())],
            times = [.. sample.Times.Select(static t => t.UtcDateTime.ToOADate())];
        Color color = Plots.Colors[0];
        int[] finite = [.. Enumerable.Range(0, sample.Lower.Count)
            .Where(i => double.IsFinite(sample.Lower[i]) && double.IsFinite(sample.Upper[i]))];
        if (finite.Length > 1)
        {
            ScottPlot.Plottables.FillY band = plot.Add.FillY(
                [.. finite.Select(i => times[i])], [.. finite.Select(i => sample.Lower[i])], [.. finite.Select(i => sample.Upper[i])]);
            band.FillColor = color.WithAlpha(.2);
            band.LineWidth = 0;
            band.LegendText = string.Create(CultureInfo.InvariantCulture, $"interval of {100 * report.Overall.Intervals[0].Wanted:0.#} %");
        }
        Plots.AddLine(plot, "truth", Colors.Gray, [.. before, .. times], [.. sample.History, .. sample.Truth]);
        Plots.AddLine(plot, "forecast", color, times, sample.Forecast);
        Plots.AddLine(plot, "conformal interval", Plots.Colors[2], times, sample.ConformalLower, LinePattern.Dashed);
        Plots.AddLine(plot, null, Plots.Colors[2], times, sample.ConformalUpper, LinePattern.Dashed);
        Plots.AddLine(plot, "seasonal naive", Plots.Colors[1], times, sample.Baseline, LinePattern.Dotted);
        plot.YLabel(Short(sample.Target));
        return DrawOverTime(plot);
    }

    private static string DrawOverTime(Plot plot)
    {
        plot.Axes.Bottom.TickGenerator = new DateTimeAutomatic
        {
            LabelFormatter = static t => t.ToString(
                t.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "MM-dd HH:mm", CultureInfo.InvariantCulture),
        };
        plot.XLabel("UTC");
        return Plots.Draw(plot, Width, Height);
    }

    private static void Wanted(Plot plot, BacktestReport report) =>
        plot.Add.HorizontalLine(report.Overall.ConformalInterval.Wanted, 1.5f, Colors.Gray, LinePattern.Dotted);

    private static double[] Steps(BacktestReport report) => [.. Enumerable.Range(1, report.Horizon).Select(static s => (double)s)];

    private static string Short(string name) => Plots.Shorten(name, MaxNameLength);
}
