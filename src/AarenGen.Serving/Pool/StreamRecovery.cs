using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>Brings pools to where the last process left their streams: applies the logs of a store to its records.</summary>
internal static class StreamRecovery
{
    private const int TokensPerBatch = 1 << 12;

    /// <summary>Applies all logs and empties them.</summary>
    /// <param name="pools">The pools, which nobody else uses yet.</param>
    /// <param name="store">Their store.</param>
    /// <param name="poolOf">The pool of a stream, by the hash of its id.</param>
    /// <param name="cancellationToken">Ends it; the logs stay.</param>
    /// <exception cref="IOException">The store cannot be read or written, or a log lacks tokens.</exception>
    /// <exception cref="ModelFileException">The store belongs to another declaration, or is damaged.</exception>
    public static async Task RunAsync<TModel>(
        IReadOnlyList<StreamPool<TModel>> pools, IStreamStore store, Func<ulong, int> poolOf, CancellationToken cancellationToken)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        await StoreOwner.ClaimAsync(store, StreamRows<TModel>.Declaration, cancellationToken).ConfigureAwait(false);
        ReplayGroup[] groups =
            [.. pools.Select(static _ => new ReplayGroup(StreamPool<TModel>.InputWidth, StreamPool<TModel>.OutputWidth))];
        IReadOnlyDictionary<int, long> ends = await StreamLog.ReadAsync(
            store, StreamRows<TModel>.Declaration, StreamPool<TModel>.InputWidth,
            async (id, sequence, token) =>
            {
                int pool = poolOf(StreamTable.HashOf(id.Span));
                if (token.IsEmpty)
                {
                    await ReplayAsync(pools[pool], groups[pool]).ConfigureAwait(false);
                    await pools[pool].ReplayResetAsync(StreamId.Decode(id.Span), sequence).ConfigureAwait(false);
                }
                else if (groups[pool].Add(id.Span, sequence, token.Span) == TokensPerBatch)
                {
                    await ReplayAsync(pools[pool], groups[pool]).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        for (int pool = 0; pool < pools.Count; pool++)
        {
            await ReplayAsync(pools[pool], groups[pool]).ConfigureAwait(false);
            await pools[pool].CheckpointAsync(cancellationToken).ConfigureAwait(false);
        }
        // All is in records; what comes is the log of this process alone, however many parts it has.
        foreach ((int log, long last) in ends)
        {
            await store.TruncateAsync(log, last, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask ReplayAsync<TModel>(StreamPool<TModel> pool, ReplayGroup group)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        await pool.StepAsync(group.Begin(), isLogged: false).ConfigureAwait(false);
        group.End();
    }

    /// <summary>Tokens of a log that are read again.</summary>
    private sealed class ReplayGroup : StepGroup
    {
        private readonly float[] tokens, outputs;
        private readonly long[] sequences = new long[TokensPerBatch];
        private readonly StepResult[] results = new StepResult[TokensPerBatch];
        private readonly List<PendingToken> pending = [];
        private readonly int inputWidth, outputWidth;

        public ReplayGroup(int inputWidth, int outputWidth)
        {
            (this.inputWidth, this.outputWidth) = Widths = (inputWidth, outputWidth);
            (tokens, outputs) = (new float[TokensPerBatch * inputWidth], new float[TokensPerBatch * outputWidth]);
            BeginEmpty(TokensPerBatch);
        }

        /// <summary>Adds a token; returns how many there are.</summary>
        public int Add(ReadOnlySpan<byte> id, long sequence, ReadOnlySpan<byte> token)
        {
            token.CopyTo(MemoryMarshal.AsBytes(tokens.AsSpan(Count * inputWidth, inputWidth)));
            sequences[Count] = sequence;
            pending.Add(new(this, Count));
            Add(id);
            return Count;
        }

        public List<PendingToken> Begin()
        {
            Tokens = tokens.AsMemory(0, Count * inputWidth);
            Outputs = outputs.AsMemory(0, Count * outputWidth);
            Sequences = sequences.AsMemory(0, Count);
            Results = results.AsMemory(0, Count);
            return pending;
        }

        /// <exception cref="IOException">A token could not be read.</exception>
        public void End()
        {
            for (int i = 0; i < Count; i++)
            {
                if (results[i].Status is not (StepStatus.Accepted or StepStatus.Repeated or StepStatus.Stale))
                {
                    throw new IOException(
                        $"Token {sequences[i]} of stream '{IdText(i)}' in the log of the store cannot be read: {results[i].Message} "
                        + "Restore a backup of the store; or mend what the message says.");
                }
            }
            pending.Clear();
            BeginEmpty(TokensPerBatch);
        }

        protected override void Complete()
        {
        }
    }
}
