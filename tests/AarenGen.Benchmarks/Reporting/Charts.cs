using ScottPlot;

namespace AarenGen.Benchmarks;

/// <summary>Figures, as SVG. Colour-blind readers can distinguish the colours (Okabe and Ito).</summary>
internal static class Charts
{
    private const int Width = 720, Height = 360;
    private static readonly Color[] Palette =
        [.. ((string[])["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]).Select(static h => new Color(h))];

    /// <summary>Groups of bars side by side, with their values above, and a line at 1.</summary>
    public static string Bars(string title, string[] groups, string[] series, double[][] values)
    {
        using var plot = new Plot();
        for (int s = 0; s < series.Length; s++)
        {
            ScottPlot.Plottables.BarPlot bars = plot.Add.Bars(
                (Bar[])[.. Enumerable.Range(0, groups.Length).Select(g => new Bar { Position = g * (series.Length + 1) + s,
                    Value = values[g][s], FillColor = Palette[s],
                    Label = values[g][s].ToString(values[g][s] < 10 ? "0.0" : "0", System.Globalization.CultureInfo.InvariantCulture) })]);
            bars.LegendText = series[s];
        }
        plot.Add.HorizontalLine(1, 1, Colors.Gray, LinePattern.Dashed);
        plot.Axes.Bottom.SetTicks(
            [.. Enumerable.Range(0, groups.Length).Select(g => g * (series.Length + 1) + (series.Length - 1) / 2.0)], groups);
        plot.Axes.Margins(bottom: 0, top: 0.2);
        plot.Title(title);
        plot.ShowLegend(Edge.Right);
        return plot.GetSvgXml(Width, Height);
    }

    /// <summary>
    /// Lines on logarithmic axes; a series' points from some index on may be computed rather than run, which hollow marks say.
    /// </summary>
    public static string LogLines(
        string title, string xLabel, string yLabel, IReadOnlyList<(string Name, double[] X, double[] Y, bool[] IsComputed)> series)
    {
        using var plot = new Plot();
        for (int s = 0; s < series.Count; s++)
        {
            (string name, double[] x, double[] y, bool[] isComputed) = series[s];
            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(
                (double[])[.. x.Select(Math.Log10)], (double[])[.. y.Select(Math.Log10)], Palette[s]);
            line.LegendText = name;
            line.LineWidth = 2;
            line.MarkerSize = 0;
            for (int i = 0; i < x.Length; i++)
            {
                plot.Add.Marker(
                    Math.Log10(x[i]), Math.Log10(y[i]), isComputed[i] ? MarkerShape.OpenCircle : MarkerShape.FilledCircle, 8, Palette[s]);
            }
        }
        foreach (IAxis axis in (IAxis[])[plot.Axes.Bottom, plot.Axes.Left])
        {
            axis.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true,
                LabelFormatter = static power => "10^" + power.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        }
        plot.Title(title);
        plot.XLabel(xLabel);
        plot.YLabel(yLabel);
        plot.ShowLegend(Edge.Right);
        return plot.GetSvgXml(Width, Height);
    }
}
