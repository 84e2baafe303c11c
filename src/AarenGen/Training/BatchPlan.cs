namespace AarenGen.Training;

/// <summary>
/// Divides some sequences, or the same-numbered chunk of each, among passes of about as many rows as stay in a core's cache.
/// </summary>
/// <param name="data">The sequences.</param>
/// <param name="rowsOf">The rows of a chunk of a sequence of some samples.</param>
/// <param name="largestBatch">Sequences that may be planned at once, at most all.</param>
internal sealed class BatchPlan(SequenceData data, Func<int, int, int> rowsOf, int largestBatch)
{
    /// <summary>Rows of a pass; a longer sequence, or chunk of one, is a separate pass.</summary>
    public const int RowsPerPass = 128;

    private readonly int[] starts = new int[largestBatch + 1];

    /// <summary>The passes through all sequences in order.</summary>
    public static BatchPlan All(SequenceData data, Func<int, int> rowsOf)
    {
        var plan = new BatchPlan(data, (length, _) => rowsOf(length), data.Count);
        plan.Plan(Enumerable.Range(0, data.Count).ToArray(), chunk: 0);
        return plan;
    }

    public int Passes { get; private set; }

    public ReadOnlyMemory<int> Sequences { get; private set; }

    public void Plan(ReadOnlyMemory<int> sequences, int chunk)
    {
        Sequences = sequences;
        Passes = 0;
        long tokens = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            int length = rowsOf(data.GetLength(sequences.Span[i]), chunk);
            if (i > 0 && tokens + length > RowsPerPass)
            {
                starts[++Passes] = i;
                tokens = 0;
            }
            tokens += length;
        }
        starts[++Passes] = sequences.Length;
    }

    /// <summary>The place of a pass's first sequence among all that were planned.</summary>
    public int First(int pass) => starts[pass];

    public ReadOnlySpan<int> Pass(int pass) => Sequences.Span[starts[pass]..starts[pass + 1]];
}
