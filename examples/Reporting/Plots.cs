using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace Reporting;

/// <summary>Shared by all figures.</summary>
internal static class Plots
{
    /// <summary>Why figures have no letters on this machine; null: they have letters.</summary>
    public static string? MissingFonts { get; } = MissingFontsOf(SKTypeface.Default.GetGlyph('0') != 0);

    /// <inheritdoc cref="MissingFonts"/>
    /// <param name="hasDigits">Whether the default font, which is empty where none is installed, has digits.</param>
    public static string? MissingFontsOf(bool hasDigits) => hasDigits ? null
        : "No font is installed, so pictures have no letters; install one, such as Debian's fonts-dejavu-core, and run again.";

    /// <summary>An empty picture with letters of one size.</summary>
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
    public static void WholeTicks(Plot plot, int first, int last)
    {
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        plot.Axes.Bottom.MinorTickStyle.Length = 0;
        double margin = Math.Max(0.5, 0.03 * (last - first));
        plot.Axes.SetLimitsX(first - margin, last + margin);
    }

    /// <summary>A name cut to a length.</summary>
    public static string Short(string name, int maxLength) => name.Length <= maxLength ? name : name[..(maxLength - 1)] + "…";
}
