using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>Rows of layers, and for each the mean and deviation that instance normalisation took; null where there is none.</summary>
internal readonly record struct SampleRows(Tensor Rows, Tensor? Means, Tensor? Deviations);

/// <summary>
/// Turns samples into the rows that layers see, as the library's SamplePreprocessor does: fills in what is missing, normalises, gathers
/// patches, and separates channels.
/// </summary>
internal sealed class SampleTranslator(TimeForm form, ModelDescription description, Modalities modalities)
{
    /// <summary>Added to the variance before its square root is taken.</summary>
    private const double Epsilon = 1e-5;

    private const string Name = "samples";

    private readonly GraphBuilder g = form.Graph;
    private readonly TokenShape shape = description.Tokens;
    private readonly int width = description.InputWidth, normalized = description.Tokens.Normalized(description.InputWidth);
    private readonly MissingInputs? missing = MissingInputs.Of(description);

    /// <summary>Samples that a row of layers, or its window, covers.</summary>
    private readonly int length = Math.Max(description.Tokens.PatchLength, description.Tokens.Window);

    public SampleRows Translate(Tensor samples)
    {
        if (shape.IsPlain)
        {
            return new(samples, null, null);
        }
        Tensor? gaps = null;
        Tensor kinds = modalities.At(form.SamplePositions);
        if (missing is not null)
        {
            Tensor isMissing = g.And(g.IsNaN(samples), modalities.Whether(kinds, m => Columns(m).Select(static c => c.IsAllowed)));
            samples = g.Where(isMissing, Replacements(samples, kinds), samples);
            gaps = isMissing;
        }
        Tensor frames = Frames("values", ElementType.Float, samples, "the last samples, standardised");
        Tensor? frameGaps = gaps is { } all
            ? Frames("missing", ElementType.Bool, all, "whether values of the last samples were missing") : null;
        (Tensor Mean, Tensor Deviation)? statistics = shape.Normalization switch
        {
            NormalizationSpan.Prefix => OfPrefix(samples, gaps),
            NormalizationSpan.Window => OfWindow(frames, frameGaps),
            _ => null,
        };
        Tensor rows = Rows(frames, frameGaps, statistics, modalities.At(form.LastSamplePositions));
        return statistics is var (mean, deviation) ? new(rows, OfChannels(mean), OfChannels(deviation)) : new(rows, null, null);
    }

    private MissingInputs.Column[] Columns(int modality) => missing!.At(modality).ToArray();

    /// <summary>The numbers that take the place of missing ones: the last one that was there, or 0.</summary>
    private Tensor Replacements(Tensor samples, Tensor kinds)
    {
        int carried = missing!.CarriedValues;
        if (carried == 0)
        {
            return g.Scalar(ElementType.Float, 0);
        }
        // For each value that is carried, the column of the sample that holds it; -1 in samples of other modalities.
        int[] Sources(int modality) =>
            [.. Enumerable.Range(0, carried).Select(k => Array.FindIndex(Columns(modality), c => c.Carried == k))];
        Tensor now = modalities.Choose(kinds, m => Gather(samples, Sources(m)));
        Tensor isThere = g.And(g.Not(g.IsNaN(now)), modalities.Whether(kinds, m => Sources(m).Select(static s => s >= 0)));
        Tensor last = form.Recur(
            Name, ofSamples: true, [new("carried", ElementType.Float, "the last values that were there, standardised", carried)],
            [now, isThere], static (body, state, inputs) =>
            {
                Tensor next = body.Where(inputs[1], inputs[0], state[0]);
                return ([next], [next]);
            })[0];
        return g.Where(
            modalities.Whether(kinds, m => Columns(m).Select(static c => c.Carried >= 0)),
            modalities.Choose(kinds, m => Gather(last, [.. Columns(m).Select(static c => c.Carried)])), 0);
    }

    /// <summary>Columns by their numbers; any where the number is -1.</summary>
    private Tensor Gather(Tensor x, int[] columns) => g.Gather(x, g.Integers([.. columns.Select(static c => (long)Math.Max(0, c))]), -1);

    /// <summary>The samples that each row covers: […, length, width].</summary>
    private Tensor Frames(string role, ElementType type, Tensor samples, string documentation) => form.Frames(
        form.WithPast(Name, ofSamples: true, new(role, type, documentation, width), samples, length - 1), length);

    /// <summary>Mean and deviation of all values so far, by Welford's method: […, 1, normalised].</summary>
    private (Tensor Mean, Tensor Deviation) OfPrefix(Tensor samples, Tensor? gaps)
    {
        Tensor values = g.Cast(g.Slice(samples, -1, 0, normalized), ElementType.Double);
        StateShape means = new("mean", ElementType.Double, "means of the normalised columns", normalized),
            squares = new("squares", ElementType.Double, "sums of squared deviations", normalized),
            counts = new("counts", ElementType.Double, "values that were there", normalized);
        Tensor[] results;
        if (gaps is { } isMissing)
        {
            results = form.Recur(
                Name, ofSamples: true, [means, squares, counts], [values, g.Not(g.Slice(isMissing, -1, 0, normalized))],
                static (body, state, inputs) =>
                {
                    Tensor isThere = inputs[1], count = body.Add(state[2], body.Cast(isThere, ElementType.Double));
                    Tensor difference = body.Where(isThere, body.Subtract(inputs[0], state[0]), 0);
                    Tensor mean = body.Add(state[0], body.Divide(difference, body.Max(count, 1)));
                    Tensor square = body.Add(state[1], body.Multiply(difference, body.Subtract(inputs[0], mean)));
                    return ([mean, square, count], [mean, body.Divide(square, body.Max(count, 1))]);
                });
        }
        else
        {
            Tensor seen = g.Cast(g.Add(form.SamplePositions, 1), ElementType.Double);
            results = form.Recur(Name, ofSamples: true, [means, squares], [values, seen], static (body, state, inputs) =>
            {
                Tensor difference = body.Subtract(inputs[0], state[0]), mean = body.Add(state[0], body.Divide(difference, inputs[1]));
                Tensor square = body.Add(state[1], body.Multiply(difference, body.Subtract(inputs[0], mean)));
                return ([mean, square], [mean, body.Divide(square, inputs[1])]);
            });
        }
        return (g.Unsqueeze(form.AtRows(results[0]), -2), g.Unsqueeze(Deviation(form.AtRows(results[1])), -2));
    }

    /// <summary>Mean and deviation of the last values, as many as the window has: […, 1, normalised].</summary>
    private (Tensor Mean, Tensor Deviation) OfWindow(Tensor frames, Tensor? gaps)
    {
        Tensor values = g.Cast(g.Slice(frames, -1, 0, normalized), ElementType.Double);
        // Of the places in a frame, the last ones, as many as there are samples and the window covers.
        Tensor count = g.Min(g.Add(form.LastSamplePositions, 1), shape.Window);
        Tensor places = g.Reshape(g.Integers([.. Enumerable.Range(0, length).Select(static i => (long)i)]), -1, 1);
        Tensor isThere = g.AtLeast(places, g.Subtract(g.Scalar(ElementType.Int64, length), g.Unsqueeze(count, -1)));
        if (gaps is { } isMissing)
        {
            isThere = g.And(isThere, g.Not(g.Slice(isMissing, -1, 0, normalized)));
        }
        Tensor present = g.Max(g.ReduceSum(g.Cast(isThere, ElementType.Double), -2), 1);
        Tensor mean = g.Divide(g.ReduceSum(g.Where(isThere, values, 0), -2), present);
        Tensor difference = g.Where(isThere, g.Subtract(values, mean), 0);
        return (mean, Deviation(g.Divide(g.ReduceSum(g.Multiply(difference, difference), -2), present)));
    }

    private Tensor Deviation(Tensor variance) => g.Apply("Sqrt", g.Add(variance, Epsilon));

    /// <summary>Patches as rows of layers: for each sample its features, then what says which are missing.</summary>
    private Tensor Rows(Tensor frames, Tensor? gaps, (Tensor Mean, Tensor Deviation)? statistics, Tensor kinds)
    {
        long start = length - shape.PatchLength;
        Tensor patch = g.Slice(frames, -2, start, Operators.End);
        if (statistics is var (mean, deviation))
        {
            Tensor first = g.Cast(g.Slice(patch, -1, 0, normalized), ElementType.Double);
            Tensor scaled = g.Cast(g.Divide(g.Subtract(first, mean), deviation), ElementType.Float);
            patch = normalized == width ? scaled : g.Concat(-1, scaled, g.Slice(patch, -1, normalized, Operators.End));
        }
        int channels = shape.Channels, features = width / channels, indicators = shape.IndicatorColumns / channels;
        Tensor? indicator = null;
        if (gaps is { } isMissing && indicators > 0)
        {
            // Frames have one more dimension than rows.
            Tensor indicated = g.And(
                g.Slice(isMissing, -2, start, Operators.End),
                modalities.Whether(g.Unsqueeze(kinds, -1), m => Columns(m).Select(static c => c.Indicator >= 0)));
            patch = g.Where(indicated, g.Scalar(ElementType.Float, 0), patch);
            indicator = channels > 1 ? indicated : Indicators(indicated, g.Unsqueeze(kinds, -1));
        }
        if (channels == 1)
        {
            patch = indicator is { } columns ? g.Concat(-1, patch, g.Cast(columns, ElementType.Float)) : patch;
            return g.Reshape(patch, [.. form.Leading, shape.PatchLength * (features + indicators)]);
        }
        long[] separate = [.. form.Leading, shape.PatchLength, channels, features];
        patch = g.Reshape(patch, separate);
        patch = indicator is { } own ? g.Concat(-1, patch, g.Cast(g.Reshape(own, separate), ElementType.Float)) : patch;
        int leading = form.Leading.Length;
        long[] order = [.. Enumerable.Range(0, leading).Select(static i => (long)i), leading + 1, leading, leading + 2];
        return g.Reshape(g.Transpose(patch, order), [.. form.Leading, channels, shape.PatchLength * (features + indicators)]);
    }

    /// <summary>The columns behind a row's features that say what is missing.</summary>
    private Tensor Indicators(Tensor indicated, Tensor kinds)
    {
        int[] Sources(int modality) =>
            [.. Enumerable.Range(0, shape.IndicatorColumns).Select(i => Array.FindIndex(Columns(modality), c => c.Indicator == i))];
        Tensor numbers = g.Cast(indicated, ElementType.Float);
        return g.Where(
            modalities.Whether(kinds, m => Sources(m).Select(static s => s >= 0)),
            modalities.Choose(kinds, m => Gather(numbers, Sources(m))), 0);
    }

    /// <summary>Statistics of frames as those of rows of layers: a row has those of its channel.</summary>
    private Tensor OfChannels(Tensor statistics) => form.ReshapeRows(statistics, normalized / shape.Channels);
}
