using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Reporting;

/// <summary>Pictures of results, as SVG. Colour-blind readers can distinguish the colours (Okabe and Ito).</summary>
internal static class Charts
{
    /// <summary>Small figures with large letters stay readable when a page halves them.</summary>
    private const int Width = 760, Height = 400;

    private const float FontSize = 16;

    private const int MaxNameLength = 40, MinHistory = 8;

    /// <summary>Models that have a colour of their own in every picture and report.</summary>
    private static readonly string[] known =
        ["Aaren", "MinGru", "MinLstm", "Transformer", "behaviour cloning", "Forgetting Aaren", "Forgetting Aaren by channel"];

    /// <summary>Models in one picture; more lines could not be told apart.</summary>
    private const int MaxModels = 6;

    /// <summary>The pictures of a group, each with a caption.</summary>
    public static IEnumerable<(string Name, string Caption, string Svg)> Of(Group group)
    {
        ModelSummary[] trained = [.. group.Models.Where(static m => m.Training is not null)];
        if (trained.Length == 0)
        {
            yield break;
        }
        // A model that was scored in several ways has one line of training.
        ModelSummary[] trainings = [.. trained.DistinctBy(static m => (m.Training!.Declaration, m.Training.Seconds))];
        string shown = trainings.Length > MaxModels ? string.Create(CultureInfo.InvariantCulture, $" The {MaxModels} best models.") : "";
        trainings = Best(trainings);
        yield return ("loss", (trainings[0].Training!.Epochs[0].Validation is null ? "Loss by epoch, mean over seeds."
            : "Loss by epoch, mean over seeds: training dashed, validation solid.") + shown, Losses(trainings));
        if (trained.All(static m => m.Runs.All(static r => r.Scores is not null)))
        {
            yield return ("scores", "Normalised score of each episode, all seeds, and their mean; dashed: the mean of the data.",
                Scores(trained));
        }
        ModelSummary[] allForecasting = [.. trained.Where(static m => m.Runs[0].Forecast is not null)], forecasting = Best(allForecasting);
        if (forecasting.Length > 0)
        {
            ForecastFigure forecast = forecasting[0].Runs[0].Forecast!;
            string of = forecasting.Length < allForecasting.Length
                ? string.Create(CultureInfo.InvariantCulture, $" of the {MaxModels} best") : "";
            yield return ("forecast",
                $"An example: {forecast.Title}, seed {forecasting[0].Runs[0].Key.Seed} of each model{of}"
                + $"{(forecast.Lower.Length > 0 ? $"; the band is {forecasting[0].Model}'s interval of 80 %" : "")}.",
                Forecast(forecasting));
        }
        if (trained.MaxBy(Goodness)!.Runs[0] is { Confusion: { } confusion } run)
        {
            yield return ("confusion", $"{run.Key.Model}, seed {run.Key.Seed}: true classes (rows) against predicted ones.",
                Confusion(confusion));
        }
        ModelSummary[] predicting = Best([.. trained.Where(static m => m.Runs[0].Density is not null)]);
        if (predicting.Length > 0)
        {
            yield return ("density",
                "The next interval: predicted probabilities, averaged over test events, over the histogram of the true intervals.",
                Densities(predicting));
        }
    }

    /// <summary>The models that a picture shows: the best by their first score, in the order of the table.</summary>
    private static ModelSummary[] Best(ModelSummary[] models)
    {
        if (models.Length <= MaxModels)
        {
            return models;
        }
        var best = models.OrderByDescending(Goodness).Take(MaxModels).ToHashSet();
        return [.. models.Where(best.Contains)];
    }

    private static double Goodness(ModelSummary model) =>
        model.Runs[0].Metrics[0].HigherIsBetter ? model.Scores[0].Mean : -model.Scores[0].Mean;

    /// <summary>A model's colour, the same in every picture; lighter for a variant of a model, which is named "model, variant".</summary>
    private static Color ColorOf(string model, IEnumerable<ModelSummary> models)
    {
        string[] names = [.. known, .. models.Select(static m => Base(m.Model)).Except(known)];
        Color color = Plots.Colors[Array.IndexOf(names, Base(model)) % Plots.Colors.Count];
        return Base(model) == model ? color : color.WithAlpha(.55);

        static string Base(string name) => name.Split(", ")[0];
    }

    /// <summary>One column per model: each episode is a dot, their mean a line.</summary>
    private static string Scores(ModelSummary[] models)
    {
        using Plot plot = Plots.Create(FontSize);
        for (int i = 0; i < models.Length; i++)
        {
            double[] scores = [.. models[i].Runs.SelectMany(static r => r.Scores!.Episodes).Where(double.IsFinite).Order()];
            if (scores.Length == 0)
            {
                continue;
            }
            Color color = ColorOf(models[i].Model, models);
            // Side by side in the order of their values, so that equal values are visible.
            double[] places = [.. Enumerable.Range(0, scores.Length).Select(e => i - 0.3 + 0.6 * (e + 0.5) / scores.Length)];
            ScottPlot.Plottables.Scatter dots = plot.Add.Scatter(places, scores, color.WithAlpha(.5));
            dots.LineWidth = 0;
            dots.MarkerSize = 7;
            ScottPlot.Plottables.LinePlot mean = plot.Add.Line(i - 0.35, scores.Average(), i + 0.35, scores.Average());
            mean.LineColor = color;
            mean.LineWidth = 3;
        }
        ScottPlot.Plottables.HorizontalLine reference =
            plot.Add.HorizontalLine(models[0].Runs[0].Scores!.Reference, 1.5f, Colors.Gray, LinePattern.Dashed);
        reference.LegendText = "mean of the data";
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            [.. Enumerable.Range(0, models.Length).Select(static i => (double)i)], [.. models.Select(static m => OnLines(m.Model))]);
        plot.Axes.SetLimitsX(-0.6, models.Length - 0.4);
        plot.YLabel("score (0: random, 100: expert)");
        return Plots.Draw(plot, Width, Height, Edge.Top);
    }

    /// <summary>A name under its column: a line for the model, and one for each two words of the way in which it acts.</summary>
    private static string OnLines(string name)
    {
        string[] parts = Short(name).Split(", ");
        if (parts.Length == 1)
        {
            return parts[0].Replace(' ', '\n');
        }
        string way = parts[1].Replace(" steps", "\nsteps", StringComparison.Ordinal)
            .Replace(" states", "\nstates", StringComparison.Ordinal);
        return $"{parts[0]}\n{way}";
    }

    private static string Losses(ModelSummary[] models)
    {
        using Plot plot = Plots.Create(FontSize);
        foreach (ModelSummary model in models)
        {
            IReadOnlyList<Epoch>[] runs = [.. model.Runs.Select(static r => r.Training!.Epochs)];
            int epochs = runs.Min(static e => e.Count);
            Color color = ColorOf(model.Model, models);
            Line(plot, model.Model, color, epochs, e => runs.Average(r => r[e].Validation ?? r[e].Training), LinePattern.Solid, first: 1);
            if (runs[0][0].Validation is not null)
            {
                Line(plot, null, color, epochs, e => runs.Average(r => r[e].Training), LinePattern.Dashed, first: 1);
            }
        }
        int last = models.Max(static m => m.Runs.Min(static r => r.Training!.Epochs.Count));
        Plots.WholeTicks(plot, 1, last);
        plot.XLabel("epoch");
        plot.YLabel("loss");
        return Plots.Draw(plot, Width, Height);
    }

    /// <summary>A line through the finite values of neighbouring places; a dot if there is only one.</summary>
    private static void Line(Plot plot, string? name, Color color, int count, Func<int, double> value, LinePattern pattern, int first) =>
        Plots.AddLine(
            plot, name is null ? null : Short(name), color, [.. Enumerable.Range(0, count).Select(i => (double)i + first)],
            [.. Enumerable.Range(0, count).Select(value)], pattern);

    private static string Forecast(ModelSummary[] models)
    {
        using Plot plot = Plots.Create(FontSize);
        ForecastFigure figure = models[0].Runs[0].Forecast!;
        int horizon = figure.Median.Length;
        // History twice as long as the forecast: more would leave the forecast too little space.
        float[] history = figure.History[^Math.Min(figure.History.Length, Math.Max(MinHistory, 2 * horizon))..];
        if (figure.Lower.Length > 0)
        {
            int[] finite = [.. Enumerable.Range(0, horizon).Where(t => float.IsFinite(figure.Lower[t]) && float.IsFinite(figure.Upper[t]))];
            if (finite.Length > 1)
            {
                ScottPlot.Plottables.FillY band = plot.Add.FillY(
                    [.. finite.Select(static t => t + 1.0)], [.. finite.Select(t => (double)figure.Lower[t])],
                    [.. finite.Select(t => (double)figure.Upper[t])]);
                band.FillColor = ColorOf(models[0].Model, models).WithAlpha(.2);
                band.LineWidth = 0;
                band.LegendText = "80 % interval";
            }
        }
        float[] truth = [.. history, .. figure.Truth];
        Line(plot, "truth", Colors.Gray, truth.Length, i => truth[i], LinePattern.Solid, first: 1 - history.Length);
        foreach (ModelSummary model in models)
        {
            float[] median = model.Runs[0].Forecast!.Median;
            Line(plot, model.Model, ColorOf(model.Model, models), median.Length, t => median[t], LinePattern.Solid, first: 1);
        }
        plot.Add.VerticalLine(0.5, 1, Colors.Gray, LinePattern.Dashed);
        Plots.WholeTicks(plot, 1 - history.Length, horizon);
        plot.XLabel("rows after the last one seen");
        plot.YLabel("scaled value");
        return Plots.Draw(plot, Width, Height);
    }

    private static string Confusion(ConfusionFigure figure)
    {
        using Plot plot = Plots.Create(FontSize);
        int classes = figure.Labels.Length;
        string[] labels = [.. figure.Labels.Select(static l => Short(l))];
        var colours = new ScottPlot.Colormaps.Viridis();
        // Rectangles instead of an image, which viewers would blur.
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
        ScottPlot.Panels.ColorBar bar = plot.Add.ColorBar(new ShareScale(colours));
        bar.Label = "fraction of the true class";
        bar.LabelStyle.FontSize = FontSize;
        bar.LabelStyle.Bold = false;
        bar.Axis.TickLabelStyle.FontSize = FontSize - 2;
        // Many classes: only some have labels, so that labels do not overlap.
        int[] named = [.. Enumerable.Range(0, classes).Where(i => i % ((classes + MaxTicks - 1) / MaxTicks) == 0)];
        plot.Axes.Bottom.TickGenerator = new NumericManual([.. named.Select(static i => (double)i)], [.. named.Select(i => labels[i])]);
        plot.Axes.Left.TickGenerator =
            new NumericManual([.. named.Select(i => (double)(classes - 1 - i))], [.. named.Select(i => labels[i])]);
        float size = named.Length > MaxTicks / 2 ? FontSize - 5 : FontSize - 2;
        plot.Axes.Bottom.TickLabelStyle.FontSize = plot.Axes.Left.TickLabelStyle.FontSize = size;
        int longest = labels.Max(static l => l.Length);
        if (named.Sum(i => labels[i].Length + 1) > 40)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = 90;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleLeft;
            plot.Axes.Bottom.MinimumSize = 40 + longest * size * 0.6f;
        }
        plot.Axes.SetLimits(-0.5, classes - 0.5, -0.5, classes - 0.5);
        plot.HideGrid();
        plot.XLabel("predicted class");
        plot.YLabel("true class");
        return Plots.Draw(plot, Width * 3 / 4, Height * 5 / 4);

        void Rectangle(double left, double bottom, double size, double share)
        {
            ScottPlot.Plottables.Rectangle cell = plot.Add.Rectangle(left, left + size, bottom, bottom + size);
            cell.FillColor = colours.GetColor(share);
            cell.LineWidth = 0;
        }
    }

    private const int MaxTicks = 30;

    /// <summary>Fractions from 0 to 1 as colours.</summary>
    private sealed class ShareScale(IColormap colours) : IHasColorAxis
    {
        public IColormap Colormap { get; } = colours;

        public ScottPlot.Range GetRange() => new(0, 1);
    }

    private static string Densities(ModelSummary[] models)
    {
        using Plot plot = Plots.Create(FontSize);
        DensityFigure first = models[0].Runs[0].Density!;
        double[] centres = [.. Enumerable.Range(0, first.Shares.Length).Select(i => Math.Log10(first.Edges[i] * first.Edges[i + 1]) / 2)];
        ScottPlot.Plottables.BarPlot bars = plot.Add.Bars(centres, first.Shares);
        foreach (Bar bar in bars.Bars)
        {
            bar.Size = Math.Log10(first.Edges[1] / first.Edges[0]);
            bar.FillColor = Colors.LightGray;
            bar.LineWidth = 0;
        }
        bars.LegendText = "what came";
        foreach (ModelSummary model in models)
        {
            DensityFigure density = model.Runs[0].Density!;
            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(centres, density.Predicted, ColorOf(model.Model, models));
            line.MarkerSize = 0;
            line.LineWidth = 2;
            line.LegendText = Short(model.Model);
        }
        plot.Axes.Bottom.TickGenerator =
            new NumericAutomatic { LabelFormatter = static x => Math.Pow(10, x).ToString("G2", CultureInfo.InvariantCulture) };
        plot.XLabel($"interval in {Short(first.Unit)}, logarithmic");
        plot.YLabel("fraction of events");
        return Plots.Draw(plot, Width, Height);
    }

    private static string Short(string name) => Plots.Shorten(name, MaxNameLength);
}
