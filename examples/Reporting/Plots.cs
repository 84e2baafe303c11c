using ScottPlot;
using ScottPlot.TickGenerators;

namespace Reporting;

/// <summary>What all pictures share.</summary>
internal static class Plots
{
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

    /// <summary>Ticks at whole numbers alone, since there is nothing between them.</summary>
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
