using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace AarenGen.Reports;

/// <summary>What all figures have in common.</summary>
public static class Plots
{
    private static readonly Color[] colors =
        [.. ((string[])["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]).Select(static h => new Color(h))];

    /// <summary>Colours that colour-blind readers can tell apart. Source: Okabe and Ito 2008.</summary>
    public static IReadOnlyList<Color> Colors => colors;

    /// <summary>Why figures have no letters on this machine; null: they have letters.</summary>
    public static string? MissingFonts { get; } = MissingFontsOf(SKTypeface.Default.GetGlyph('0') != 0);

    /// <summary>Why figures have no letters; null: they have letters.</summary>
    /// <param name="hasDigits">Whether the default font, which is empty where none is installed, has digits.</param>
    public static string? MissingFontsOf(bool hasDigits) => hasDigits ? null
        : "No font is installed, so pictures have no letters; install one, such as Debian's fonts-dejavu-core, and run again.";

    /// <summary>An empty picture with letters of one size. The caller disposes it.</summary>
    /// <param name="fontSize">The letters' size in pixels.</param>
    public static Plot Create(float fontSize)
    {
        var plot = new Plot();
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.Label.FontSize = fontSize;
            axis.Label.Bold = false;
            axis.TickLabelStyle.FontSize = fontSize - 2;
        }
        plot.Legend.FontSize = fontSize - 2;
        return plot;
    }

    /// <summary>Ticks only at whole numbers.</summary>
    /// <param name="plot">The picture.</param>
    /// <param name="first">The first number that is shown.</param>
    /// <param name="last">The last number that is shown.</param>
    public static void WholeTicks(Plot plot, int first, int last)
    {
        ArgumentNullException.ThrowIfNull(plot);
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        plot.Axes.Bottom.MinorTickStyle.Length = 0;
        double margin = Math.Max(0.5, 0.03 * (last - first));
        plot.Axes.SetLimitsX(first - margin, last + margin);
    }

    /// <summary>A name cut to a length.</summary>
    /// <param name="name">The name.</param>
    /// <param name="maxLength">The length, at least 1.</param>
    public static string Shorten(string name, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length <= maxLength ? name : name[..(maxLength - 1)] + "…";
    }

    /// <summary>Draws a line through the finite values; a dot if there is only one, nothing if there is none.</summary>
    /// <param name="plot">The picture.</param>
    /// <param name="name">What the legend says; null: nothing.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="places">Places on the horizontal axis, ascending.</param>
    /// <param name="values">A value for each.</param>
    /// <param name="pattern">Solid by default.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddLine(
        Plot plot, string? name, Color color, IReadOnlyList<double> places, IReadOnlyList<double> values, LinePattern? pattern = null)
    {
        ArgumentNullException.ThrowIfNull(plot);
        ArgumentNullException.ThrowIfNull(places);
        ArgumentNullException.ThrowIfNull(values);
        if (places.Count != values.Count)
        {
            throw new ArgumentException($"There are {places.Count} places, but {values.Count} values.", nameof(values));
        }
        int[] finite = [.. Enumerable.Range(0, places.Count).Where(i => double.IsFinite(values[i]))];
        if (finite.Length == 0)
        {
            return;
        }
        ScottPlot.Plottables.Scatter line = plot.Add.Scatter(
            (double[])[.. finite.Select(i => places[i])], (double[])[.. finite.Select(i => values[i])], color);
        line.MarkerSize = finite.Length == 1 ? 9 : 0;
        line.MarkerShape = name is null ? MarkerShape.OpenCircle : MarkerShape.FilledCircle;
        line.LineWidth = 2;
        line.LinePattern = pattern ?? LinePattern.Solid;
        if (name is not null)
        {
            line.LegendText = name;
        }
    }

    /// <summary>The finished picture as SVG, with its legend beside or above the data.</summary>
    /// <param name="plot">The picture.</param>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="height">Its height in pixels.</param>
    /// <param name="legend">Where the legend is.</param>
    public static string Draw(Plot plot, int width, int height, Edge legend = Edge.Right)
    {
        ArgumentNullException.ThrowIfNull(plot);
        if (!plot.GetPlottables().Any())
        {
            plot.Add.Annotation("no finite value", Alignment.MiddleCenter);
        }
        if (plot.Legend.GetItems().Length > 0)
        {
            plot.ShowLegend(legend);
        }
        return plot.GetSvgXml(width, height);
    }
}
