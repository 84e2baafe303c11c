using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>
/// Standardises tokens and scales outputs back, in double as the library does. Where each series has statistics, the input "series" says
/// which: 0 are those of all data, and i those of the i-th name of the model's metadata.
/// </summary>
internal sealed class StandardizationTranslator
{
    public const string Input = "series";

    private readonly TimeForm form;
    private readonly GraphBuilder g;
    private readonly ModelDescription description;

    /// <summary>The statistics of all data, then those of each series.</summary>
    private readonly IReadOnlyList<StandardizationStatistics> statistics;

    /// <summary>Which of them each stream has; null: it has those of all data.</summary>
    private readonly Tensor? series;

    public StandardizationTranslator(TimeForm form, ModelDescription description, IReadOnlyList<StandardizationStatistics> statistics)
    {
        this.form = form;
        this.description = description;
        this.statistics = statistics;
        g = form.Graph;
        if (description.IsPerSeries)
        {
            Tensor given = g.Input(
                Input, ElementType.Int64, "0: the statistics of all data; i: those of the i-th series of the metadata", "batch");
            // An index below 0 would count from the end; as one beyond the end it is an error.
            series = form.PerStream(g.Where(g.AtLeast(given, 0), given, statistics.Count));
        }
    }

    /// <summary>Standardised tokens.</summary>
    public Tensor Standardize(Tensor tokens, Modalities modalities, Tensor kinds)
    {
        if (statistics.Count == 0 || statistics.All(static s => s.Tokens.All(static c => c == ColumnScale.None)))
        {
            return tokens;
        }
        int width = description.InputWidth;
        Tensor centers = modalities.Choose(kinds, m => Table(s => Columns(s, m).Select(static c => c.Center), width)),
            scales = modalities.Choose(kinds, m => Table(s => Columns(s, m).Select(static c => c.Scale), width));
        return g.Cast(g.Divide(g.Subtract(g.Cast(tokens, ElementType.Double), centers), scales), ElementType.Float);

        IEnumerable<ColumnScale> Columns(StandardizationStatistics of, int modality) => of.Tokens.Skip(modality * width).Take(width);
    }

    /// <summary>The outputs of a head in the units of its targets.</summary>
    public Tensor Restore(HeadDescription head, Tensor outputs)
    {
        if (statistics.Count == 0 || head.Scaling.Count == 0)
        {
            return outputs;
        }
        (double[] Centers, double[] Scales)[] all = [.. statistics.Select(s => Standardizer.OutputScales(description, s.TargetScales))];
        int width = head.OutputWidth;
        long[] shape = form.OfRows(width);
        int[] places = [.. Enumerable.Range(0, description.Tokens.Channels)
            .SelectMany(channel => Enumerable.Range(channel * description.RowOutputWidth + head.OutputOffset, width))];
        Tensor scales = Table(s => places.Select(p => all[s].Scales[p]), shape),
            centers = Table(s => places.Select(p => all[s].Centers[p]), shape);
        return g.Cast(g.Add(g.Multiply(g.Cast(outputs, ElementType.Double), scales), centers), ElementType.Float);
    }

    private Tensor Table(Func<StandardizationStatistics, IEnumerable<double>> of, params long[] shape) =>
        Table(s => of(statistics[s]), shape);

    /// <summary>Numbers of the statistics of each stream.</summary>
    private Tensor Table(Func<int, IEnumerable<double>> of, params long[] shape)
    {
        if (series is not { } index)
        {
            return g.Constant([.. of(0)], shape);
        }
        double[] all = [.. Enumerable.Range(0, statistics.Count).SelectMany(of)];
        return g.Gather(g.Constant(all, [statistics.Count, .. shape]), index, 0);
    }
}
