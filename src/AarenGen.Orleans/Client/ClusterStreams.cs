using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AarenGen.Serving;
using Microsoft.Extensions.Logging;
using Orleans;

namespace AarenGen.Orleans;

/// <summary>The streams of a model in a cluster, for those who send tokens.</summary>
internal sealed class ClusterStreams<TModel> : IStreamService<TModel>, IDisposable
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int TokensPerMessage = 1 << 12, MaxKeptTokens = 1 << 11, MaxKeptCalls = 256;

    private static readonly string Name = SequenceModel<TModel>.Description.Name;
    private static readonly int InputWidth = SequenceModel<TModel>.Description.InputWidth;
    private static readonly int OutputWidth = SequenceModel<TModel>.Description.OutputWidth;

    private readonly IGrainFactory grains;
    private readonly ClusterClientOptions options;
    private readonly ClusterFailure failure;
    private readonly ConcurrentBag<StepCall> calls = [];
    private readonly ConcurrentDictionary<string, GrainSender> streams = [];
    private readonly SemaphoreSlim learning = new(1);
    private Cluster? cluster;
    private long pending;

    public ClusterStreams(IGrainFactory grains, ClusterClientOptions options, ILogger logger)
    {
        (this.grains, this.options) = (grains, options);
        failure = new(logger, Name);
    }

    public int MaxTokensPerCall => options.MaxPendingTokens;

    public async ValueTask<StepResult> StepAsync(
        string id, ReadOnlyMemory<float> token, Memory<float> output, long sequence = 0, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StepCall call = Rent();
        (call.SingleId[0], call.SingleSequence[0]) = (id, sequence);
        await StepAsync(
            call, call.SingleId, token, output, call.SingleResult, call.SingleSequence, cancellationToken).ConfigureAwait(false);
        StepResult result = call.SingleResult[0];
        Return(call);
        return result.HasOutput ? result : throw (result.Status == StepStatus.Canceled
            ? new OperationCanceledException(cancellationToken) : new StepRefusedException(result));
    }

    public async ValueTask StepManyAsync(
        ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences = default, CancellationToken cancellationToken = default)
    {
        if (ids.Length > MaxTokensPerCall)
        {
            throw new ArgumentException(
                $"There are {ids.Length} tokens; at most {MaxTokensPerCall} are taken in one call. Send fewer, or set "
                + $"{nameof(ClusterClientOptions.MaxPendingTokens)}.",
                nameof(ids));
        }
        StepCall call = Rent();
        await StepAsync(call, ids, tokens, outputs, results, sequences, cancellationToken).ConfigureAwait(false);
        Return(call);
    }

    public async ValueTask<StreamInfo?> FindAsync(
        string id, Memory<float> output = default, CancellationToken cancellationToken = default)
    {
        if (!output.IsEmpty && output.Length != OutputWidth)
        {
            throw new ArgumentException($"An output of {Name} has {OutputWidth} numbers, and there are {output.Length}.", nameof(output));
        }
        IStreamsGrain grain = await GrainOfAsync(id, cancellationToken).ConfigureAwait(false);
        InfoReply reply = await CallAsync(() => grain.FindAsync(id, !output.IsEmpty), cancellationToken).ConfigureAwait(false);
        if (reply is { Exists: true, Output.Length: > 0 })
        {
            MemoryMarshal.Cast<byte, float>(reply.Output).CopyTo(output.Span);
        }
        return InfoOf(reply);
    }

    public async ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken = default)
    {
        IStreamsGrain grain = await GrainOfAsync(id, cancellationToken).ConfigureAwait(false);
        return InfoOf(await CallAsync(() => grain.ResetAsync(id), cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask<int> RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        foreach (string id in ids)
        {
            StreamId.Encode(id);
        }
        Cluster known = await ClusterAsync(cancellationToken).ConfigureAwait(false);
        var calls = new List<Task<RemoveReply>>();
        foreach (IGrouping<IStreamsGrain, string> some in ids.Distinct().ToLookup(id => GrainOf(known, id)))
        {
            string[] together = [.. some];
            calls.Add(CallAsync(() => some.Key.RemoveAsync(together), cancellationToken));
        }
        int removed = 0;
        string? refusal = null;
        foreach (RemoveReply reply in await Task.WhenAll(calls).ConfigureAwait(false))
        {
            removed += reply.Removed;
            refusal ??= reply.Failure;
        }
        return refusal is null ? removed : throw new IOException(refusal);
    }

    public IAsyncEnumerable<StreamOutput> WatchAsync(string id, int capacity = 64, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        StreamId.Encode(id);
        // Outputs count from the call and not from the first read.
        return WatchAsync(BeginWatchAsync(id, capacity, cancellationToken), cancellationToken);
    }

    public async Task UseModelAsync(TModel model, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        byte[] bytes = SavedModel.Write(model);
        IModelGrain grain = grains.GetGrain<IModelGrain>(Name);
        ChangeReply begun = await ChangeAsync(() => grain.BeginAsync(model.WeightFingerprint, bytes.Length)).ConfigureAwait(false);
        foreach ((int piece, byte[] some) in bytes.Chunk(begun.PieceBytes).Index())
        {
            await ChangeAsync(() => grain.PutPieceAsync(begun.Version, piece, some)).ConfigureAwait(false);
        }
        await ChangeAsync(() => grain.CommitAsync(begun.Version)).ConfigureAwait(false);

        async Task<ChangeReply> ChangeAsync(Func<Task<ChangeReply>> change)
        {
            ChangeReply reply = await CallAsync(change, cancellationToken).ConfigureAwait(false);
            return reply.Failure is null ? reply : throw new IOException(reply.Failure);
        }
    }

    public async ValueTask<StreamServiceInfo> GetInfoAsync(CancellationToken cancellationToken = default)
    {
        ModelReply model = await CallAsync(grains.GetGrain<IModelGrain>(Name).GetAsync, cancellationToken).ConfigureAwait(false);
        // The silos and not the grains: a call would bring those into memory, and keep them there.
        object?[] replies = await CallAsync(
            () => grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<ModelControl>(
                ModelControl.NameOf(Name), ModelControl.Tell),
            cancellationToken).ConfigureAwait(false);
        SiloInfo[] silos = [.. replies.OfType<SiloInfo>()];
        // Tokens of streams that have grains of their own wait where they are sent.
        long waiting = model.Placement == StreamPlacement.Streams ? Volatile.Read(ref pending) : silos.Sum(static s => s.Pending);
        return new(
            model.Current.Fingerprint, silos.Sum(static s => s.Streams), waiting, silos.Sum(static s => s.MemoryBytes),
            silos.Select(static s => s.Failure).FirstOrDefault(static f => f is not null));
    }

    public void Dispose() => learning.Dispose();

    private async ValueTask StepAsync(
        StepCall call, ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences, CancellationToken cancellationToken)
    {
        int valid = call.Receive(ids.Span, tokens, outputs, results, sequences, InputWidth, OutputWidth, cancellationToken);
        if (valid == 0)
        {
            return;
        }
        // Before anything is awaited: tokens of a stream keep the order of their calls.
        if (Volatile.Read(ref cluster) is not { } known)
        {
            try
            {
                known = await ClusterAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                call.Refuse(StepStatus.Canceled, null!);
                return;
            }
            catch (IOException error)
            {
                call.Refuse(StepStatus.Unavailable, error.Message);
                return;
            }
        }
        if (Interlocked.Add(ref pending, valid) > MaxTokensPerCall)
        {
            Interlocked.Add(ref pending, -valid);
            call.Refuse(
                StepStatus.Busy, $"{MaxTokensPerCall} tokens wait for the cluster already; send the token again later.");
            return;
        }
        Send(call, known);
        await call.Task.ConfigureAwait(false);
    }

    private void Send(StepCall call, Cluster known)
    {
        if (call.Count == 1)
        {
            SendTo(known, call, [new(call, 0)]);
            return;
        }
        var tokens = new PendingToken[call.Count];
        var placeOf = new int[call.Count];
        int count = 0;
        for (int i = 0; i < call.Count; i++)
        {
            if (call.HasId(i))
            {
                tokens[count] = new(call, i);
                placeOf[count++] = known.Senders.Length == 0 ? i : GrainKeys.ShardOf(call.Id(i), known.Senders.Length);
            }
        }
        if (known.Senders.Length == 0)
        {
            foreach (IGrouping<string, PendingToken> some in tokens.Take(count).ToArray().GroupBy(t => call.IdText(t.Index)))
            {
                SendTo(known, call, [.. some]);
            }
            return;
        }
        // The sort is not stable; places and tokens together are.
        var order = new (int Place, int Index)[count];
        for (int i = 0; i < count; i++)
        {
            order[i] = (placeOf[i], i);
        }
        Array.Sort(order);
        var sorted = new PendingToken[count];
        for (int i = 0; i < count; i++)
        {
            sorted[i] = tokens[order[i].Index];
        }
        for (int i = 0; i < count;)
        {
            int first = i;
            while (i < count && order[i].Place == order[first].Place)
            {
                i++;
            }
            known.Senders[order[first].Place].TryAdd(sorted.AsSpan(first, i - first));
        }
    }

    /// <summary>Sends tokens of one stream, or of one shard.</summary>
    private void SendTo(Cluster known, StepCall call, ReadOnlySpan<PendingToken> tokens)
    {
        if (known.Senders.Length > 0)
        {
            known.Senders[GrainKeys.ShardOf(tokens[0].Id, known.Senders.Length)].TryAdd(tokens);
            return;
        }
        string id = call.IdText(tokens[0].Index);
        while (!streams.GetOrAdd(id, NewSender).TryAdd(tokens))
        {
            // It is about to leave.
            Thread.Yield();
        }
    }

    private GrainSender NewSender(string id) => new(
        grains.GetGrain<IStreamsGrain>(GrainKeys.StreamOf(Name, id)), options.StepTimeout, failure, TokensPerMessage, Finished,
        () => streams.TryRemove(id, out _));

    private void Finished(int tokens) => Interlocked.Add(ref pending, -tokens);

    private async Task<OutputWatch> BeginWatchAsync(string id, int capacity, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new(grains, await GrainOfAsync(id, cancellationToken).ConfigureAwait(false), id, capacity);
            }
            catch (IOException)
            {
                // The cluster cannot be reached now; outputs that nobody receives are missed in any case.
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async IAsyncEnumerable<StreamOutput> WatchAsync(
        Task<OutputWatch> beginning, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using OutputWatch watch = await beginning.WaitAsync(cancellationToken).ConfigureAwait(false);
        await foreach (StreamOutput output in watch.Outputs.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return output;
        }
    }

    private async ValueTask<IStreamsGrain> GrainOfAsync(string id, CancellationToken cancellationToken)
    {
        StreamId.Encode(id);
        return GrainOf(await ClusterAsync(cancellationToken).ConfigureAwait(false), id);
    }

    private IStreamsGrain GrainOf(Cluster known, string id) => grains.GetGrain<IStreamsGrain>(
        known.Senders.Length == 0 ? GrainKeys.StreamOf(Name, id)
        : GrainKeys.ShardOf(Name, GrainKeys.ShardOf(StreamId.Encode(id), known.Senders.Length)));

    /// <summary>How the cluster places the streams, which stays as it is.</summary>
    /// <exception cref="IOException">It cannot be reached.</exception>
    private async ValueTask<Cluster> ClusterAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref cluster) is { } known)
        {
            return known;
        }
        await learning.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (cluster is not null)
            {
                return cluster;
            }
            ModelReply model = await CallAsync(grains.GetGrain<IModelGrain>(Name).GetAsync, cancellationToken).ConfigureAwait(false);
            if (model.Declaration != SequenceModel<TModel>.Description.Fingerprint)
            {
                throw new IOException(
                    $"The cluster's streams of {Name} belong to another declaration; use a model declared like theirs.");
            }
            var learned = new Cluster(
            [
                .. Enumerable.Range(0, model.Shards).Select(i => new GrainSender(
                    grains.GetGrain<IStreamsGrain>(GrainKeys.ShardOf(Name, i)), options.StepTimeout, failure, TokensPerMessage, Finished,
                    idle: null)),
            ]);
            Volatile.Write(ref cluster, learned);
            return learned;
        }
        finally
        {
            learning.Release();
        }
    }

    private static StreamInfo? InfoOf(InfoReply reply) => reply.Failure switch
    {
        FailureKind.Store => throw new IOException(reply.Message),
        FailureKind.Data => throw new ModelFileException(reply.Message!),
        _ => reply.Exists ? new(reply.Sequence, reply.TokenCount, reply.Weights) : null,
    };

    private async Task<TReply> CallAsync<TReply>(Func<Task<TReply>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw failure.TellOfCall(error);
        }
    }

    private StepCall Rent() => calls.TryTake(out StepCall? call) ? call : new();

    private void Return(StepCall call)
    {
        call.Clear();
        // Those of large calls go, since in time all would be large.
        if (call.Capacity <= MaxKeptTokens && calls.Count < MaxKeptCalls)
        {
            calls.Add(call);
        }
    }

    /// <summary>A sender for each shard; none: each stream has a grain of its own.</summary>
    private sealed record Cluster(GrainSender[] Senders);
}
