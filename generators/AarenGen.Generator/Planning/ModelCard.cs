using System.Globalization;
using System.Text;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>The model card: what a reader wants to know of a model before running it.</summary>
internal static class ModelCard
{
    public static string Write(Plan plan)
    {
        string bytes = Bytes(plan.StateDoubles), flops = Grouped(plan.FlopsPerToken);
        string summary = $"{plan.Name}: {Grouped(plan.ParameterCount)} parameters, {bytes} bytes of state a stream, "
            + $"{flops} floating-point operations a token";
        var rows = new List<string[]> { Row("layer", "output", "parameters", "state"), Row("input", Grouped(plan.InputWidth)) };
        TokenShape shape = plan.Tokens;
        if (shape != TokenShape.Plain)
        {
            rows.Add(Row(
                Describe(shape, plan.Standardization is not null), Grouped(plan.RowInputWidth), "0", Bytes(plan.SampleStateDoubles)));
        }
        foreach (LayerPlan layer in plan.Trunk)
        {
            rows.Add(Row(layer));
        }
        foreach (HeadPlan head in plan.Heads)
        {
            foreach (LayerPlan layer in head.Layers)
            {
                rows.Add(Row(layer));
            }
            string weight = head.Weight != 1 ? FormattableString.Invariant($", weight {head.Weight:R}") : "";
            rows.Add(Row($"loss{(head.Name is null ? "" : " of " + head.Name)}: "
                + $"{head.Loss.Summary}{(head.IsPerSequence ? ", a sequence" : "")}{weight}"));
        }
        int[] widths = Enumerable.Range(0, 4).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder(summary).Append('\n');
        foreach (string[] row in rows)
        {
            string line = row[0].PadRight(widths[0]) + string.Concat(row.Skip(1).Select((cell, c) => "  " + cell.PadLeft(widths[c + 1])));
            text.Append('\n').Append(line.TrimEnd());
        }
        foreach (LayerPlan layer in plan.Layers.Where(static l => l.Remark is not null))
        {
            text.Append('\n').Append(layer.Name).Append(": ").Append(layer.Remark);
        }
        if (plan.Standardization is { } standardization)
        {
            text.Append('\n').Append(Describe(standardization, plan));
        }
        if (plan.Task is { } task)
        {
            text.Append('\n').Append(task.Summary);
            if (task.Record.Construction.Obstacle is { } cannot)
            {
                text.Append("\nno ReadTable, since code cannot make a ").Append(task.Record.Name).Append(": ").Append(cannot);
            }
        }
        if (plan.ScanObstacle is { } obstacle)
        {
            text.Append("\nno Forward(state, tokens, outputs, threads): ").Append(obstacle);
        }
        return text.ToString();
    }

    private static string Describe(TokenShape shape, bool isStandardized)
    {
        bool isNormalized = shape.Normalization != NormalizationSpan.None && shape.NormalizedColumns == 0;
        string mean = isStandardized || isNormalized ? "mean" : "0";
        List<string> parts = [.. shape.Missing.Select(m =>
            (m.Handling == MissingValues.CarryForward ? "missing: the last" : $"missing: {mean} with indicator")
            + $" (columns {Span(m.First, m.Count)}"
            + (m.Kinds > 1 ? FormattableString.Invariant($" of modality {m.Kind})") : ")"))];
        if (shape.Channels > 1)
        {
            parts.Add(FormattableString.Invariant($"{shape.Channels} channels by themselves"));
        }
        if (shape.Normalization != NormalizationSpan.None)
        {
            parts.Add(
                shape.Normalization == NormalizationSpan.Prefix
                    ? "normalised by the prefix" : FormattableString.Invariant($"normalised by {shape.Window} samples"));
            if (shape.NormalizedColumns > 0)
            {
                parts[parts.Count - 1] += $" (columns {Span(0, shape.NormalizedColumns)})";
            }
        }
        if (shape.PatchLength > 1 || shape.PatchStride > 1)
        {
            parts.Add(FormattableString.Invariant($"patches of {shape.PatchLength} every {shape.PatchStride}"));
        }
        return string.Join(", ", parts);
    }

    private static string Describe(StandardizationPlan standardization, Plan plan)
    {
        string by = standardization.Method switch
        {
            Standardization.Robust => "median and quartiles",
            Standardization.MinMax => "smallest and largest value",
            _ => "mean and deviation",
        };
        List<string> parts = [.. standardization.Columns.Select(static c =>
            $"columns {Span(c.First, c.Count)}" + (c.Kinds > 1 ? FormattableString.Invariant($" of modality {c.Kind}") : ""))];
        parts.AddRange(plan.Heads.Where(static h => h.Scaling.Count > 0).Select(h =>
            $"targets {Span(h.TargetOffset, h.Loss.TargetWidth)}" + (plan.Tokens.Channels > 1 ? " of each channel" : "")));
        return $"standardised by {by}{(standardization.PerSeries ? " of each series" : "")}: {string.Join(", ", parts)}";
    }

    private static string Span(int first, int count) =>
        count == 1 ? FormattableString.Invariant($"{first}") : FormattableString.Invariant($"{first}-{first + count - 1}");

    private static string[] Row(LayerPlan layer) => Row(
        $"{layer.Name}: {layer.Summary}{(layer.Repeat > 1 ? FormattableString.Invariant($" x {layer.Repeat}") : "")}",
        Grouped(layer.OutputWidth),
        Grouped(layer.Repeat * layer.Parameters.Sum(static p => (long)p.Rows * p.Columns)), Bytes((long)layer.State.Stride * layer.Repeat));

    private static string Bytes(long doubles) => Grouped(doubles * sizeof(double));

    private static string[] Row(string layer, string output = "", string parameters = "", string state = "") =>
        [layer, output, parameters, state];

    private static string Grouped(long n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
