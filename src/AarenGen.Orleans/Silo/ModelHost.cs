using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using AarenGen.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace AarenGen.Orleans;

/// <summary>A model in a silo: its weights as the cluster has them, and what its grains share.</summary>
internal sealed partial class ModelHost<TModel> : IModelHost, ILifecycleParticipant<ISiloLifecycle>, IDisposable
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>How long the silo steps without asking whether there are other weights, where nobody has told it.</summary>
    private static readonly TimeSpan WeightsAge = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of the numbers of a stream that has a grain of its own.</summary>
    private static readonly long SingleBytes =
        SequenceModel<TModel>.Description.StateBytes + sizeof(float) * SequenceModel<TModel>.Description.OutputWidth;

    private readonly IServiceProvider services;
    private readonly ILogger logger;
    private readonly Lazy<TModel> given;
    private readonly ConcurrentDictionary<long, Task<TModel>> models = [];
    private readonly ConcurrentDictionary<ShardWorker<TModel>, byte> workers = [];
    private readonly ConcurrentBag<SinglePool> pools = [];
    private readonly RecentFailures storing = new(), opening = new();
    private readonly SemaphoreSlim refreshing = new(1);
    private TModel? current;
    private long refreshed;
    private int streams;

    public ModelHost(IServiceProvider services, ILogger logger, Func<IServiceProvider, TModel> model, ClusterStreamsOptions options)
    {
        (this.services, this.logger, Options) = (services, logger, options);
        given = new(() => model(services) ?? throw new InvalidOperationException(
            $"AddStreams<{Name}> was given a function that returned no model."));
        Metrics = new(
            Name, () => Volatile.Read(ref streams) + workers.Keys.Sum(static w => (long)w.Pool.Count),
            () => workers.Keys.Sum(static w => w.Pool.MemoryBytes), () => workers.Keys.Sum(static w => (long)w.Pending));
    }

    public string Name { get; } = SequenceModel<TModel>.Description.Name;

    public ClusterStreamsOptions Options { get; }

    public PoolMetrics Metrics { get; }

    public SiloInfo Info
    {
        get
        {
            // Those that come and go meanwhile may be among them or not.
            ShardWorker<TModel>[] shards = [.. workers.Keys];
            long single = Volatile.Read(ref streams);
            return new(
                single + shards.Sum(static s => (long)s.StreamCount), shards.Sum(static s => (long)s.Pending),
                single * SingleBytes + shards.Sum(static s => s.Pool.MemoryBytes),
                opening.Message ?? shards.Select(static s => s.Pool.StoreFailure?.Message).FirstOrDefault(static f => f is not null)
                ?? storing.Message);
        }
    }

    private IModelGrain Grain => services.GetRequiredService<IGrainFactory>().GetGrain<IModelGrain>(Name);

    public void CountStreams(int change) => Interlocked.Add(ref streams, change);

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(
            $"streams of {Name}", ServiceLifecycleStage.ApplicationServices,
            cancellation =>
            {
                Storage();
                CheckStateBytes();
                return Task.CompletedTask;
            });
        lifecycle.Subscribe($"weights of {Name}", ServiceLifecycleStage.Active, cancellation => StartAsync());
    }

    public GrainStates StatesOf(GrainId grain) => new(Storage(), grain, storing, logger);

    public StoredModel Describe() => new(
        SequenceModel<TModel>.Description.Fingerprint, Options.Placement, Options.Placement == StreamPlacement.Shards ? Options.Shards : 0,
        null, null, null, false);

    public (byte[] Bytes, string Fingerprint) GivenWeights() => (SavedModel.Write(given.Value), given.Value.WeightFingerprint);

    public void CheckWeights(byte[] bytes, string fingerprint)
    {
        if (Read(bytes).WeightFingerprint != fingerprint)
        {
            throw new ModelFileException($"The weights of {Name} were damaged on their way into the storage; change them again.");
        }
    }

    public void Check(ModelReply reply)
    {
        StoredModel own = Describe();
        if (reply.Declaration != own.Declaration)
        {
            throw new InvalidOperationException(
                $"The cluster's streams of {Name} belong to another declaration; use a model declared like theirs, or another ServiceId.");
        }
        if (reply.Placement != own.Placement || reply.Shards != own.Shards)
        {
            throw new InvalidOperationException(
                $"The cluster's streams of {Name} have Placement {reply.Placement} and {reply.Shards} shards, and this silo's options say "
                + $"{own.Placement} and {own.Shards}; set Placement and Shards as they were, or use another ServiceId.");
        }
    }

    public async Task<IShardWorker> OpenShardAsync(GrainId shard, CarriedPages? carried, Action broken)
    {
        try
        {
            ModelReply reply = await Grain.GetAsync().ConfigureAwait(false);
            Check(reply);
            ShardWorker<TModel> worker = await ShardWorker<TModel>.OpenAsync(this, StatesOf(shard), carried, reply, broken)
                .ConfigureAwait(false);
            workers.TryAdd(worker, 0);
            opening.Remove(shard);
            return worker;
        }
        catch (Exception error)
        {
            // What others than this package say may name addresses.
            opening.Add(
                shard, error is IOException or ModelFileException ? error.Message
                : $"Shard '{shard.Key}' could not be opened; the log of the silo says why.");
            throw;
        }
    }

    /// <summary>Says that a shard has left.</summary>
    public void Closed(ShardWorker<TModel> worker) => workers.TryRemove(worker, out _);

    /// <summary>How the model is in the cluster.</summary>
    public Task<ModelReply> GetAsync() => Grain.GetAsync();

    /// <summary>The model with weights that are in use.</summary>
    /// <exception cref="IOException">They could not be read.</exception>
    /// <exception cref="ModelFileException">They are damaged.</exception>
    public async Task<TModel> GetModelAsync(WeightsInfo weights)
    {
        Task<TModel> loading = models.GetOrAdd(weights.Version, _ => LoadAsync(weights));
        try
        {
            return await loading.ConfigureAwait(false);
        }
        catch
        {
            models.TryRemove(new(weights.Version, loading));
            throw;
        }
    }

    public async Task RefreshAsync()
    {
        await refreshing.WaitAsync().ConfigureAwait(false);
        try
        {
            ModelReply reply = await Grain.GetAsync().ConfigureAwait(false);
            Check(reply);
            TModel model = await GetModelAsync(reply.Current).ConfigureAwait(false);
            foreach (long old in models.Keys.Where(v => v < (reply.Previous ?? reply.Current).Version))
            {
                models.TryRemove(old, out _);
            }
            Volatile.Write(ref current, model);
            Volatile.Write(ref refreshed, Environment.TickCount64);
        }
        finally
        {
            refreshing.Release();
        }
    }

    public async Task<byte[]?> UseStreamAsync(string id, byte[]? saved, Func<IStreamPool, Task> use)
    {
        TModel model = await GetCurrentAsync().ConfigureAwait(false);
        if (!pools.TryTake(out SinglePool? pool) || !ReferenceEquals(pool.Pool.Model, model))
        {
            // Those of earlier weights go.
            pool = new(new(model, Options.Pool, null, 0, Metrics, null));
        }
        if (saved is not null)
        {
            await using PoolPause<TModel> pause = await pool.Pool.PauseAsync(CancellationToken.None).ConfigureAwait(false);
            await pause.AddAsync([new(id, saved)]).ConfigureAwait(false);
        }
        await use(pool).ConfigureAwait(false);
        pool.Streams.Clear();
        for (int row = 0; row >= 0;)
        {
            row = await pool.Pool.CopyAsync(row, pool.Streams).ConfigureAwait(false);
        }
        byte[]? after = pool.Streams.Count == 0 ? null : pool.Streams[0].Data.ToArray();
        await pool.Pool.RemoveAsync([id]).ConfigureAwait(false);
        // A pool that failed does not come back.
        pools.Add(pool);
        return after;
    }

    public void Dispose() => Metrics.Dispose();

    /// <exception cref="InvalidOperationException">A state of the model may be longer than the provider takes.</exception>
    private void CheckStateBytes()
    {
        var pool = new StreamPool<TModel>(given.Value, Options.Pool, null, 0, Metrics, null);
        int bytes = Math.Max(StoredPage.MaxBytesOf(pool.SavedBytes), GrainStreamLog.MaxBytesOf(pool.Form.TokenWidth * sizeof(float)));
        if (bytes > Options.MaxStateBytes)
        {
            throw new InvalidOperationException(
                $"A stream of {Name} needs states of {bytes} bytes, and {nameof(ClusterStreamsOptions.MaxStateBytes)} is "
                + $"{Options.MaxStateBytes}; raise it, with a storage provider that takes such states.");
        }
    }

    private static TModel Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return SequenceModel<TModel>.Load(stream);
    }

    private IGrainStorage Storage() =>
        services.GetKeyedService<IGrainStorage>(Options.StorageProvider) ?? throw new InvalidOperationException(
            $"The streams of {Name} are kept by the grain storage provider '{Options.StorageProvider}', which the silo does not have. Add "
            + $"one of this name, such as AddRedisGrainStorage(\"{Options.StorageProvider}\", …), or set "
            + $"{nameof(ClusterStreamsOptions)}.{nameof(ClusterStreamsOptions.StorageProvider)}.");

    private async Task StartAsync()
    {
        try
        {
            ModelReply reply = await Grain.GetAsync().ConfigureAwait(false);
            Check(reply);
            if (reply.Current.Fingerprint != given.Value.WeightFingerprint)
            {
                LogOtherWeights(Name, given.Value.WeightFingerprint, reply.Current.Fingerprint);
            }
        }
        catch (Exception error) when (error is not InvalidOperationException)
        {
            // The first token tries again.
            LogUnreached(error, Name);
        }
    }

    private async ValueTask<TModel> GetCurrentAsync()
    {
        TModel? known = Volatile.Read(ref current);
        if (known is null)
        {
            await RefreshAsync().ConfigureAwait(false);
            return Volatile.Read(ref current)!;
        }
        if (Environment.TickCount64 - Volatile.Read(ref refreshed) > WeightsAge.TotalMilliseconds && refreshing.CurrentCount > 0)
        {
            // Nobody waits for it.
            Volatile.Write(ref refreshed, Environment.TickCount64);
            _ = Task.Run(async () =>
            {
                try
                {
                    await RefreshAsync().ConfigureAwait(false);
                }
                catch (Exception error)
                {
                    LogUnreached(error, Name);
                }
            });
        }
        return known;
    }

    private async Task<TModel> LoadAsync(WeightsInfo weights)
    {
        if (weights.Fingerprint == given.Value.WeightFingerprint)
        {
            return given.Value;
        }
        using var bytes = new MemoryStream();
        for (int piece = 0; piece < weights.Pieces; piece++)
        {
            bytes.Write(await Grain.GetPieceAsync(weights.Version, piece).ConfigureAwait(false));
        }
        TModel model = Read(bytes.ToArray());
        return model.WeightFingerprint == weights.Fingerprint ? model : throw new ModelFileException(
            $"Weights {weights.Version} of {Name} in the cluster's storage are damaged; use the model again with UseModelAsync.");
    }

    [LoggerMessage(
        1, LogLevel.Warning,
        "The silo was given weights {Given} of {Model}, and the cluster steps with {Current}; UseModelAsync changes those.")]
    private partial void LogOtherWeights(string model, string given, string current);

    [LoggerMessage(2, LogLevel.Warning, "The weights of {Model} could not be asked for; the first token tries again.")]
    private partial void LogUnreached(Exception exception, string model);

    [LoggerMessage(3, LogLevel.Warning, "A shard of {Model} could not write its changed streams; its log has all.")]
    public partial void LogUnwritten(Exception exception, string model);

    [LoggerMessage(4, LogLevel.Warning, "A shard of {Model} cannot go on in this silo.")]
    public partial void LogBroken(Exception? exception, string model);

    [LoggerMessage(
        5, LogLevel.Warning,
        "{Count} saved streams of {Model} are damaged, and the log had tokens of theirs, which are not read: {Streams}. Remove the "
        + "streams, or take them from a backup.")]
    public partial void LogDamaged(int count, string model, string streams);

    [LoggerMessage(6, LogLevel.Warning, "A shard of {Model} could not ask for the cluster's weights, or change to them; it tries again.")]
    public partial void LogUnchanged(Exception exception, string model);

    /// <summary>A pool that one stream after the other uses alone.</summary>
    private sealed class SinglePool(StreamPool<TModel> pool) : IStreamPool
    {
        public StreamPool<TModel> Pool { get; } = pool;

        public List<SavedStreamData> Streams { get; } = [];

        public (int Input, int Output) Widths => (Pool.Form.TokenWidth, Pool.Form.OutputWidth);

        public async ValueTask StepAsync(RequestGroup group, string id) =>
            await Pool.StepAsync([.. Enumerable.Range(0, group.Count).Select(i => new PendingToken(group, i))]).ConfigureAwait(false);

        public ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output) => Pool.FindAsync(id, output);

        public ValueTask<StreamInfo?> ResetAsync(string id) => Pool.ResetAsync(id);
    }
}
