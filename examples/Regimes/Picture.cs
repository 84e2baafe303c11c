using ScottPlot;

namespace Regimes;

/// <summary>The errors of all models over time.</summary>
internal static class Picture
{
    private const float FontSize = 16;
    private static readonly string[] Colours = ["#0072B2", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00"];

    /// <summary>Draws the errors, each point the mean of some tokens.</summary>
    /// <param name="path">The file, SVG.</param>
    /// <param name="models">The models.</param>
    /// <param name="jumps">Tokens from a jump to the next.</param>
    public static void Draw(string path, IReadOnlyList<StreamErrors> models, int jumps)
    {
        int tokens = models[0].Errors.Length, bin = Math.Max(1, Math.Min(jumps / 10, tokens / 200));
        using Plot plot = Plots.Create(FontSize);
        for (int m = 0; m < models.Count; m++)
        {
            double[] places = [.. Enumerable.Range(0, tokens / bin).Select(b => (b + 0.5) * bin)];
            double[] means = [.. Enumerable.Range(0, tokens / bin).Select(b => models[m].Between(b * bin, (b + 1) * bin))];
            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(places, means, new Color(Colours[m % Colours.Length]));
            line.LegendText = models[m].Model;
            line.LineWidth = 2;
            line.MarkerSize = 0;
        }
        plot.Title($"A level that jumps every {jumps} tokens: distance of the prediction", FontSize);
        plot.Axes.SetLimitsX(0, tokens);
        plot.Axes.Right.MinimumSize = 2 * FontSize; // half a number beside the last tick
        plot.XLabel("token");
        plot.YLabel("error");
        plot.Axes.SetLimitsY(0, 1.05 * models.Max(m => Enumerable.Range(0, tokens / bin).Max(b => m.Between(b * bin, (b + 1) * bin))));
        plot.ShowLegend(Edge.Bottom);
        WholeFile.WriteText(path, plot.GetSvgXml(1000, 480));
    }
}
