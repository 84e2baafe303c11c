using System.Globalization;

namespace AarenGen;

/// <summary>Sequences of records with a label each. Thread-safe.</summary>
internal sealed class LabelledSequences(ClassificationLayout layout, IReadOnlyList<(RecordSequence Records, int Label)> sequences)
    : SequenceData
{
    public override int Count => sequences.Count;

    public override int TokenWidth => layout.Description.InputWidth;

    public override int TargetWidth => 1;

    public ClassificationLayout Layout => layout;

    public int Label(int index) => sequences[index].Label;

    public override int GetLength(int index) => sequences[index].Records.Count;

    public override void ReadTokens(int index, Span<float> tokens) => ReadTokens(index, 0, tokens);

    public override void ReadTokens(int index, int first, Span<float> tokens)
    {
        for (int i = 0; i * TokenWidth < tokens.Length; i++)
        {
            ReadOnlySpan<double> values = sequences[index].Records.Values(first + i);
            for (int c = 0; c < TokenWidth; c++)
            {
                tokens[i * TokenWidth + c] = (float)values[c];
            }
        }
    }

    internal override string Locate(int index, int token) => sequences[index].Records.Where(token);

    internal override string ColumnName(int column) => $"{layout.Columns[column].Name} ({base.ColumnName(column)})";

    public override float ReadTarget(int index, int token, Span<float> target)
    {
        target[0] = Label(index);
        return 1;
    }

    /// <summary>Finds the label of each sequence.</summary>
    /// <param name="layout">Where it stands.</param>
    /// <param name="sequences">The sequences.</param>
    /// <param name="names">The names of the labels.</param>
    /// <param name="unlabelled">The number of sequences that have none, and are left out.</param>
    /// <exception cref="RecordException">A sequence has two labels, or fewer records than a patch.</exception>
    public static LabelledSequences Of(
        ClassificationLayout layout, IReadOnlyList<RecordSequence> sequences, IReadOnlyList<string> names, out int unlabelled)
    {
        var labelled = new List<(RecordSequence, int)>();
        foreach (RecordSequence sequence in sequences)
        {
            CheckLength(layout, sequence);
            double label = double.NaN;
            for (int r = 0; r < sequence.Count; r++)
            {
                double own = sequence.Values(r)[layout.LabelColumn];
                if (!double.IsNaN(own) && !double.IsNaN(label) && own != label)
                {
                    throw new RecordException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{sequence.Where(r)}, has {names[(int)own]} as {layout.Columns[^1].Name}, but one before it has "
                        + $"{names[(int)label]}; a sequence has one label."));
                }
                label = double.IsNaN(own) ? label : own;
            }
            if (!double.IsNaN(label))
            {
                labelled.Add((sequence, (int)label));
            }
        }
        unlabelled = sequences.Count - labelled.Count;
        return new(layout, labelled);
    }

    /// <summary>Checks that a model gives an output of a sequence.</summary>
    /// <exception cref="RecordException">It has fewer records than a patch.</exception>
    public static void CheckLength(ClassificationLayout layout, RecordSequence sequence)
    {
        int min = layout.Description.Tokens.PatchLength;
        if (sequence.Count < min)
        {
            throw new RecordException(string.Create(
                CultureInfo.InvariantCulture,
                $"The series {TableException.Quote(sequence.Key)} has {sequence.Count} records, fewer than a patch of {min}; leave it out, "
                + $"or declare a shorter [Patch]."));
        }
    }

    /// <summary>
    /// Divides them: of each label a fraction, drawn by a seed, is the second part; one of each label at least remains in the first.
    /// </summary>
    public (LabelledSequences First, LabelledSequences Second) Divide(double fraction, int seed)
    {
        (IReadOnlyList<(RecordSequence, int)> first, IReadOnlyList<(RecordSequence, int)> second) =
            TaskTraining.Divide(sequences, static s => s.Label, fraction, seed);
        return (new(layout, first), new(layout, second));
    }
}
