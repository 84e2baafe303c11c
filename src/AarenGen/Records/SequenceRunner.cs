namespace AarenGen;

/// <summary>
/// Runs whole sequences through a model, in chunks, so that memory does not grow with their length. One thread at a time may use it.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="cancellation">Stops before the next chunk.</param>
internal sealed class SequenceRunner<TModel>(TModel model, CancellationToken cancellation)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int ChunkTokens = 1024;

    private StreamState<TModel> state = model.CreateState();
    private float[] tokens = [], outputs = [];

    /// <summary>Scores sequences, or other parts of data, in parallel.</summary>
    /// <param name="model">The model.</param>
    /// <param name="count">The number of parts.</param>
    /// <param name="threads">Threads at most, 1 or more.</param>
    /// <param name="score">Scores the part of an index; several threads call it, each with a runner of its own.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The scores in the order of the parts. Sums in this order are the same for any number of threads.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TScore[] Score<TScore>(
        TModel model, int count, int threads, Func<SequenceRunner<TModel>, int, TScore> score, CancellationToken cancellation)
    {
        var scores = new TScore[count];
        Parallel.For(
            0, count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            () => new SequenceRunner<TModel>(model, cancellation),
            (i, _, runner) =>
            {
                scores[i] = score(runner, i);
                return runner;
            },
            static _ => { });
        return scores;
    }

    /// <summary>Runs a sequence from its first token to its last.</summary>
    /// <param name="data">The sequences.</param>
    /// <param name="index">The sequence.</param>
    /// <param name="takeOutput">
    /// Takes the number of each token after which there is an output, in order, and the output, [OutputWidth], which is overwritten later.
    /// </param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(SequenceData data, int index, Action<int, ReadOnlySpan<float>> takeOutput)
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        int width = description.OutputWidth, length = data.GetLength(index), chunk = Math.Min(length, ChunkTokens);
        if (tokens.Length < chunk * data.TokenWidth)
        {
            (tokens, outputs) = (new float[chunk * data.TokenWidth], new float[chunk * width]);
        }
        string? series = data.GetSeries(index);
        if (series != state.Series)
        {
            state = model.CreateStateOf(series);
        }
        state.Reset();
        for (int first = 0; first < length; first += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(chunk, length - first);
            Span<float> read = tokens.AsSpan(0, count * data.TokenWidth), written = outputs.AsSpan(0, count * width);
            data.ReadTokens(index, first, read);
            model.Forward(state, read, written);
            for (int i = 0; i < count; i++)
            {
                if (description.Tokens.HasOutputAfter(first + i + 1))
                {
                    takeOutput(first + i, written.Slice(i * width, width));
                }
            }
        }
    }
}
