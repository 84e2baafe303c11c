namespace AarenGen.Training;

/// <summary>Cuts some sequences into passes of whole sequences, each about as many rows as stay in a core's cache.</summary>
/// <param name="data">The sequences.</param>
/// <param name="rowsOf">The rows of a sequence of some samples.</param>
/// <param name="largestBatch">Sequences that may be planned at once, at most all.</param>
internal sealed class BatchPlan(SequenceData data, Func<int, int> rowsOf, int largestBatch)
{
    /// <summary>Rows of a pass; a longer sequence is a separate pass.</summary>
    public const int RowsPerPass = 128;

    private readonly int[] starts = new int[largestBatch + 1];

    /// <summary>The passes through all sequences in order.</summary>
    public static BatchPlan All(SequenceData data, Func<int, int> rowsOf)
    {
        var plan = new BatchPlan(data, rowsOf, data.Count);
        plan.Plan(Enumerable.Range(0, data.Count).ToArray());
        return plan;
    }

    public int Passes { get; private set; }

    public ReadOnlyMemory<int> Sequences { get; private set; }

    public void Plan(ReadOnlyMemory<int> sequences)
    {
        Sequences = sequences;
        Passes = 0;
        int tokens = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            int length = rowsOf(data.GetLength(sequences.Span[i]));
            if (i > 0 && tokens + length > RowsPerPass)
            {
                starts[++Passes] = i;
                tokens = 0;
            }
            tokens += length;
        }
        starts[++Passes] = sequences.Length;
    }

    public ReadOnlySpan<int> Pass(int pass) => Sequences.Span[starts[pass]..starts[pass + 1]];
}
