using ScottPlot;

namespace Reporting;

/// <summary>Pictures of results, as SVG. The colours are told apart by the colour-blind too (Okabe and Ito).</summary>
internal static class Charts
{
    private const int Width = 760, Height = 380;
    private static readonly Color[] Palette = [.. ((string[])["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]).Select(static h => new Color(h))];

    /// <summary>The pictures of a group, each with a caption.</summary>
    public static IEnumerable<(string Name, string Caption, string Svg)> Of(Group group)
    {
        ModelSummary[] trained = [.. group.Models.Where(static m => m.Training is not null)];
        if (trained.Length == 0)
        {
            yield break;
        }
        // A training whose model was scored in several ways is one line.
        ModelSummary[] trainings = [.. trained.DistinctBy(static m => (m.Training!.Declaration, m.Training.Seconds))];
        yield return ("loss", trainings[0].Training!.Epochs[0].Validation is null ? "Loss by epoch, mean over seeds." : "Loss by epoch, mean over seeds: training dashed, validation solid.", Losses(trainings));
        if (trained.All(static m => m.Runs.All(static r => r.Scores is not null)))
        {
            yield return ("scores", "Normalised score of each episode, all seeds, and their mean; dashed: the mean of the data.", Scores(trained));
        }
        if (trained[0].Runs[0].Forecast is { } forecast)
        {
            yield return ("forecast", $"An example: {forecast.Title}, seed {trained[0].Runs[0].Key.Seed} of each model{(forecast.Lower.Length > 0 ? $"; the band is {trained[0].Model}'s interval of 80 %" : "")}.", Forecast(trained));
        }
        foreach (ModelSummary model in trained)
        {
            RunResult run = model.Runs[0];
            if (run.Confusion is { } confusion)
            {
                yield return ($"confusion-{model.Model}", $"{model.Model}, seed {run.Key.Seed}: true classes (rows) against predicted ones.", Confusion(confusion));
            }
        }
        if (trained.Any(static m => m.Runs[0].Density is not null))
        {
            yield return ("density", "The next interval: predicted probabilities, averaged over test events, over the histogram of what came.", Densities(trained));
        }
    }

    /// <summary>A column a model: each episode a dot, their mean a line.</summary>
    private static string Scores(ModelSummary[] models)
    {
        using var plot = new Plot();
        for (int i = 0; i < models.Length; i++)
        {
            double[] scores = [.. models[i].Runs.SelectMany(static r => r.Scores!.Episodes)];
            Color color = Palette[i % Palette.Length];
            // Beside each other in the order of their values, so that equal ones are seen.
            double[] places = [.. Enumerable.Range(0, scores.Length).Select(e => i - 0.3 + 0.6 * (e + 0.5) / scores.Length)];
            ScottPlot.Plottables.Scatter dots = plot.Add.Scatter(places, [.. scores.Order()], color.WithAlpha(.5));
            dots.LineWidth = 0;
            dots.MarkerSize = 6;
            ScottPlot.Plottables.LinePlot mean = plot.Add.Line(i - 0.35, scores.Average(), i + 0.35, scores.Average());
            mean.LineColor = color;
            mean.LineWidth = 3;
        }
        ScottPlot.Plottables.HorizontalLine reference = plot.Add.HorizontalLine(models[0].Runs[0].Scores!.Reference, 1.5f, Colors.Gray, LinePattern.Dashed);
        reference.LegendText = "mean of the data";
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. Enumerable.Range(0, models.Length).Select(static i => (double)i)], [.. models.Select(static m => OnTwoLines(m.Model))]);
        plot.Axes.SetLimitsX(-0.6, models.Length - 0.4);
        plot.YLabel("normalised score");
        plot.ShowLegend(Edge.Top);
        return plot.GetSvgXml(Width, Height);
    }

    private static string OnTwoLines(string name) => name.Contains(", ", StringComparison.Ordinal)
        ? name.Replace(", ", "\n", StringComparison.Ordinal) : name.Replace(' ', '\n');

    private static string Losses(ModelSummary[] models)
    {
        using var plot = new Plot();
        for (int i = 0; i < models.Length; i++)
        {
            IReadOnlyList<Epoch>[] runs = [.. models[i].Runs.Select(static r => r.Training!.Epochs)];
            int epochs = runs.Min(static e => e.Count);
            Line(plot, models[i].Model, Palette[i % Palette.Length], epochs, e => runs.Average(r => r[e].Validation ?? r[e].Training), LinePattern.Solid);
            if (runs[0][0].Validation is not null)
            {
                Line(plot, null, Palette[i % Palette.Length], epochs, e => runs.Average(r => r[e].Training), LinePattern.Dashed);
            }
        }
        plot.XLabel("epoch");
        plot.YLabel("loss");
        plot.ShowLegend(Edge.Right);
        return plot.GetSvgXml(Width, Height);
    }

    private static void Line(Plot plot, string? name, Color color, int count, Func<int, double> value, LinePattern pattern, double offset = 1)
    {
        ScottPlot.Plottables.Scatter line = plot.Add.Scatter(
            [.. Enumerable.Range(0, count).Select(i => i + offset)], (double[])[.. Enumerable.Range(0, count).Select(value)], color);
        line.MarkerSize = 0;
        line.LineWidth = 2;
        line.LinePattern = pattern;
        if (name is not null)
        {
            line.LegendText = name;
        }
    }

    private static string Forecast(ModelSummary[] models)
    {
        using var plot = new Plot();
        ForecastFigure figure = models[0].Runs[0].Forecast!;
        int start = figure.History.Length;
        if (figure.Lower.Length > 0)
        {
            double[] x = [.. Enumerable.Range(start, figure.Median.Length).Select(static i => (double)i)];
            ScottPlot.Plottables.FillY band = plot.Add.FillY(x, [.. figure.Lower.Select(static v => (double)v)], [.. figure.Upper.Select(static v => (double)v)]);
            band.FillColor = Palette[0].WithAlpha(.2);
            band.LineWidth = 0;
            band.LegendText = "80 % interval";
        }
        float[] truth = [.. figure.History, .. figure.Truth];
        Line(plot, "truth", Colors.Gray, truth.Length, i => truth[i], LinePattern.Solid, 0);
        for (int i = 0; i < models.Length; i++)
        {
            if (models[i].Runs[0].Forecast is { } forecast)
            {
                Line(plot, models[i].Model, Palette[i % Palette.Length], forecast.Median.Length, t => forecast.Median[t], LinePattern.Solid, start);
            }
        }
        plot.Add.VerticalLine(start - 0.5, 1, Colors.Gray, LinePattern.Dashed);
        plot.XLabel("row");
        plot.YLabel("scaled value");
        plot.ShowLegend(Alignment.UpperLeft);
        return plot.GetSvgXml(Width, Height);
    }

    private static string Confusion(ConfusionFigure figure)
    {
        using var plot = new Plot();
        int classes = figure.Labels.Length;
        var colours = new ScottPlot.Colormaps.Viridis();
        // Rectangles rather than a picture, which viewers would blur.
        Rectangle(-0.5, -0.5, classes, 0);
        for (int truth = 0; truth < classes; truth++)
        {
            double total = Math.Max(1, Enumerable.Range(0, classes).Sum(p => figure.Counts[truth * classes + p]));
            for (int predicted = 0; predicted < classes; predicted++)
            {
                if (figure.Counts[truth * classes + predicted] > 0)
                {
                    Rectangle(predicted - 0.5, classes - 1.5 - truth, 1, figure.Counts[truth * classes + predicted] / total);
                }
            }
        }
        plot.Add.ColorBar(new ShareScale(colours)).Label = "share of the true class";
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. Enumerable.Range(0, classes).Select(static i => (double)i)], figure.Labels);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. Enumerable.Range(0, classes).Select(i => (double)(classes - 1 - i))], figure.Labels);
        if (figure.Labels.Sum(static l => l.Length) > 40)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = 90;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleLeft;
            plot.Axes.Bottom.MinimumSize = 70;
        }
        plot.Axes.SetLimits(-0.5, classes - 0.5, -0.5, classes - 0.5);
        plot.HideGrid();
        plot.XLabel("predicted class");
        plot.YLabel("true class");
        return plot.GetSvgXml(Width * 2 / 3, Height * 6 / 5);

        void Rectangle(double left, double bottom, double size, double share)
        {
            ScottPlot.Plottables.Rectangle cell = plot.Add.Rectangle(left, left + size, bottom, bottom + size);
            cell.FillColor = colours.GetColor(share);
            cell.LineWidth = 0;
        }
    }

    /// <summary>Shares from 0 to 1 as colours.</summary>
    private sealed class ShareScale(IColormap colours) : IHasColorAxis
    {
        public IColormap Colormap { get; } = colours;

        public ScottPlot.Range GetRange() => new(0, 1);
    }

    private static string Densities(ModelSummary[] models)
    {
        using var plot = new Plot();
        DensityFigure first = models[0].Runs[0].Density!;
        double[] centres = [.. Enumerable.Range(0, first.Shares.Length).Select(i => Math.Log10(first.Edges[i] * first.Edges[i + 1]) / 2)];
        ScottPlot.Plottables.BarPlot bars = plot.Add.Bars(centres, first.Shares);
        foreach (Bar bar in bars.Bars)
        {
            bar.Size = centres[1] - centres[0];
            bar.FillColor = Colors.LightGray;
            bar.LineWidth = 0;
        }
        bars.LegendText = "what came";
        for (int i = 0; i < models.Length; i++)
        {
            if (models[i].Runs[0].Density is { } density)
            {
                ScottPlot.Plottables.Scatter line = plot.Add.Scatter(centres, density.Predicted, Palette[i % Palette.Length]);
                line.MarkerSize = 0;
                line.LineWidth = 2;
                line.LegendText = models[i].Model;
            }
        }
        plot.XLabel($"log10 of the interval in {first.Unit}");
        plot.YLabel("share of events");
        plot.ShowLegend(Alignment.UpperLeft);
        return plot.GetSvgXml(Width, Height);
    }
}
