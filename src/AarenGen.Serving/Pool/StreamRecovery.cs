using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>Brings pools to where the last process left their streams: applies the logs of a store to its saved streams.</summary>
internal static class StreamRecovery
{
    /// <summary>Records are large and are not stepped together, so that more of them are not faster.</summary>
    private const int TokensPerBatch = 1 << 12, RecordsPerBatch = 1 << 8;

    /// <summary>Applies all logs and empties them.</summary>
    /// <param name="pools">The pools, which nobody else uses yet.</param>
    /// <param name="store">Their store.</param>
    /// <param name="poolOf">The pool of a stream, by the hash of its id.</param>
    /// <param name="cancellationToken">Ends it; the logs stay.</param>
    /// <returns>
    /// Saved streams that are damaged and that are in a log: they are set aside, since one of them is no reason to stop the others. And
    /// how many bytes the logs had.
    /// </returns>
    /// <exception cref="IOException">The store cannot be read or written, or a log lacks tokens.</exception>
    /// <exception cref="ModelFileException">The store belongs to another declaration or version, or what says so is damaged.</exception>
    public static async Task<(IReadOnlyList<string> Damaged, long LogBytes)> RunAsync<TModel>(
        IReadOnlyList<StreamPool<TModel>> pools, IStreamStore store, Func<ulong, int> poolOf, CancellationToken cancellationToken)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        await StoreOwner.ClaimAsync(store, pools[0].Form.Declaration, cancellationToken).ConfigureAwait(false);
        PoolReplay<TModel>[] replays = [.. pools.Select(static p => new PoolReplay<TModel>(p))];
        IReadOnlyDictionary<int, long> ends;
        long bytes;
        try
        {
            (ends, bytes) = await StreamLog.ReadAsync(
                store, pools[0].Form.Declaration, pools[0].Form.TokenWidth,
                (kind, id, sequence, token) =>
                {
                    PoolReplay<TModel> replay = replays[poolOf(StreamTable.HashOf(id.Span))];
                    return kind switch
                    {
                        StreamEventKind.Token or StreamEventKind.Advance => replay.AddAsync(id, sequence, token),
                        StreamEventKind.Reset => replay.ResetAsync(StreamId.Decode(id.Span), sequence),
                        _ => replay.RemoveAsync(id.ToArray()),
                    };
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also where the reading has failed: nobody uses pools and store any more when this ends.
            await Task.WhenAll(replays.Select(static r => r.EndAsync())).ConfigureAwait(false);
        }
        var damaged = new List<string>();
        foreach (PoolReplay<TModel> replay in replays)
        {
            damaged.AddRange(await replay.CheckAsync(store).ConfigureAwait(false));
        }
        await Task.WhenAll(pools.Select(p => Task.Run(() => p.CheckpointAsync(cancellationToken), CancellationToken.None)))
            .ConfigureAwait(false);
        // All is saved; what comes is the log of this process alone, however many parts it has.
        foreach ((int log, long last) in ends)
        {
            await store.TruncateAsync(log, last, cancellationToken).ConfigureAwait(false);
        }
        return (damaged, bytes);
    }

    /// <summary>Lets a pool read the tokens of a log again, while further ones are read from it and other pools do the same.</summary>
    private sealed class PoolReplay<TModel>(StreamPool<TModel> pool) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        /// <summary>
        /// What is wrong with the first token of a stream that cannot be read. It is no mistake where a removal follows: the log may begin
        /// in the middle of the stream that was removed, and the store has nothing of it, or the stream after it.
        /// </summary>
        private readonly Dictionary<string, string> unread = [];

        private ReplayGroup filled = NewGroup(pool), stepped = NewGroup(pool);
        private Task stepping = Task.CompletedTask;

        public ValueTask AddAsync(ReadOnlyMemory<byte> id, long sequence, ReadOnlyMemory<byte> token) =>
            filled.Add(id.Span, sequence, token.Span) == filled.Capacity ? StepAsync() : ValueTask.CompletedTask;

        public async ValueTask ResetAsync(string id, long sequence)
        {
            await StepAsync().ConfigureAwait(false);
            await stepping.ConfigureAwait(false);
            try
            {
                await pool.ReplayResetAsync(id, sequence).ConfigureAwait(false);
            }
            catch (ModelFileException error)
            {
                unread.TryAdd(id, $"The reset of stream '{id}' in the log of the store cannot be done: {error.Message}");
            }
        }

        public async ValueTask RemoveAsync(byte[] id)
        {
            await StepAsync().ConfigureAwait(false);
            await stepping.ConfigureAwait(false);
            await pool.ReplayRemovalAsync(id).ConfigureAwait(false);
            unread.Remove(StreamId.Decode(id));
        }

        public async Task EndAsync()
        {
            await StepAsync().ConfigureAwait(false);
            await stepping.ConfigureAwait(false);
        }

        /// <summary>Says what could not be read, once the whole log is.</summary>
        /// <returns>Saved streams that are damaged, so that no log helps.</returns>
        /// <exception cref="IOException">A token could not be read though its saved stream can, or the store cannot be.</exception>
        public async Task<IEnumerable<string>> CheckAsync(IStreamStore store)
        {
            string[] ids = [.. unread.Keys];
            var damaged = new HashSet<string>();
            await store.ReadAsync(
                ids,
                (i, data) =>
                {
                    if (!SavedStreamFormat.IsSound(data, StreamId.Encode(ids[i])))
                    {
                        damaged.Add(ids[i]);
                    }
                },
                CancellationToken.None).ConfigureAwait(false);
            return unread.FirstOrDefault(u => !damaged.Contains(u.Key)).Value is { } message ? throw new IOException(message) : damaged;
        }

        /// <summary>Begins to step what was added, once what was added before is stepped.</summary>
        private async ValueTask StepAsync()
        {
            await stepping.ConfigureAwait(false);
            (filled, stepped) = (stepped, filled);
            ReplayGroup group = stepped;
            stepping = Task.Run(async () =>
            {
                await pool.StepAsync(group.Begin(), isLogged: false).ConfigureAwait(false);
                group.End(unread);
            });
        }

        private static ReplayGroup NewGroup(StreamPool<TModel> pool) => new(
            pool.Form.Records is null ? TokensPerBatch : RecordsPerBatch, pool.Form.TokenWidth, pool.Form.OutputWidth);
    }

    /// <summary>Tokens of a log that are read again.</summary>
    private sealed class ReplayGroup : StepGroup
    {
        private readonly float[] tokens, outputs;
        private readonly long[] sequences;
        private readonly StepResult[] results;
        private readonly List<PendingToken> pending = [];
        private readonly int inputWidth, outputWidth;

        public ReplayGroup(int most, int inputWidth, int outputWidth)
        {
            (this.inputWidth, this.outputWidth) = Widths = (inputWidth, outputWidth);
            (tokens, outputs) = (new float[most * inputWidth], new float[most * outputWidth]);
            (sequences, results) = (new long[most], new StepResult[most]);
            BeginIds(most);
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

        /// <summary>Says of streams whose tokens could not be read what is wrong with the first one.</summary>
        public void End(Dictionary<string, string> unread)
        {
            for (int i = 0; i < Count; i++)
            {
                if (results[i].Status is not (StepStatus.Accepted or StepStatus.Repeated or StepStatus.Stale))
                {
                    unread.TryAdd(
                        IdText(i),
                        $"Token {sequences[i]} of stream '{IdText(i)}' in the log of the store cannot be read: {results[i].Message} "
                        + "Start with the weights that wrote the log, which FindLogWeightsAsync of the store tells; mend what the message "
                        + "says; or restore a backup of the store.");
                }
            }
            pending.Clear();
            BeginIds(results.Length);
        }

        protected override void Complete()
        {
        }
    }
}
