using System.Globalization;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace AarenGen.Orleans;

/// <summary>
/// What all shards of a model share. It keeps the weights that step, and those before them until all shards have changed: a shard that
/// starts reads its log with the weights of then.
/// </summary>
/// <remarks>
/// A change of weights stores that it begins, then the weights under names of their own, then that they are the current ones, and lets the
/// shards change. Each of it names the state that it replaces, so that of two activations of the grain, or of two callers, one is refused.
/// What dies halfway is done by the next activation, or removed by the next change.
/// </remarks>
[GrainType(GrainKeys.Model), HashBasedPlacement, Reentrant]
internal sealed partial class ModelGrain(IServiceProvider services, IGrainFactory grains, ILogger<ModelGrain> logger)
    : Grain, IModelGrain, IDisposable
{
    private const int Attempts = 3;

    /// <summary>What callers are told of weights that are the current ones, where shards could not be reached.</summary>
    private const string InUse = "The new weights are in use";

    /// <summary>Held while weights change, and while the state is read or written: shards ask for it while they change.</summary>
    private readonly SemaphoreSlim changing = new(1), stateGate = new(1);
    private IModelHost host = null!;
    private GrainStates states = null!;
    private StoredWeights weights = null!;
    private StoredModel? model;
    private string? etag;
    private bool isKnown;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (host, _) = GrainKeys.HostOf(services, this.GetPrimaryKeyString());
        states = host.StatesOf(GrainContext.GrainId);
        weights = new(states);
        StoredModel? stored = await ReadAsync();
        if (stored?.Current is null)
        {
            // The first silo's weights are the cluster's.
            await StoreFirstAsync(host.Describe() with { Staged = stored?.Staged });
        }
        else if (!stored.IsEverywhere)
        {
            // A call of its own, after this one: the shards ask the grain while they change.
            await this.AsReference<IModelGrain>().ResumeAsync();
        }
    }

    public async Task<ModelReply> GetAsync()
    {
        StoredModel stored = await ReadAsync() ?? throw Lost();
        return new(stored.Declaration, stored.Placement, stored.Shards, stored.Current ?? throw Lost(), stored.Previous);
    }

    public Task<byte[]> GetPieceAsync(long version, int piece) => weights.ReadAsync(version, piece);

    public Task<ChangeReply> BeginAsync(string fingerprint, long bytes) => ChangeAsync(async stored =>
    {
        if (!stored.IsEverywhere)
        {
            stored = await RollAsync(stored, "The weights were not stored, since those before them are not in use everywhere");
        }
        stored = await StageAsync(stored, fingerprint, bytes);
        return stored.Staged!.Version;
    });

    public Task<ChangeReply> PutPieceAsync(long version, int piece, byte[] bytes) => ChangeAsync(async stored =>
    {
        CheckStaged(stored, version);
        await weights.WriteAsync(version, piece, bytes);
        return version;
    });

    public Task<ChangeReply> CommitAsync(long version) => ChangeAsync(async stored =>
    {
        WeightsInfo staged = CheckStaged(stored, version);
        byte[] bytes = await weights.ReadAsync(staged);
        await Task.Run(() => host.CheckWeights(bytes, staged.Fingerprint));
        stored = await WriteAsync(stored with { Current = staged, Previous = stored.Current, Staged = null, IsEverywhere = false });
        await RollAsync(stored, InUse);
        return version;
    });

    public async Task ResumeAsync()
    {
        ChangeReply reply = await ChangeAsync(async stored =>
        {
            stored = stored.IsEverywhere ? stored : await RollAsync(stored, InUse);
            return stored.Current!.Version;
        });
        if (reply.Failure is not null)
        {
            LogUnfinished(host.Name, reply.Failure);
        }
    }

    public void Dispose()
    {
        changing.Dispose();
        stateGate.Dispose();
    }

    private async Task StoreFirstAsync(StoredModel stored)
    {
        (byte[] bytes, string fingerprint) = host.GivenWeights();
        stored = await StageAsync(stored, fingerprint, bytes.Length);
        WeightsInfo staged = stored.Staged!;
        byte[][] pieces = [.. bytes.Chunk(host.Options.MaxStateBytes)];
        for (int i = 0; i < pieces.Length; i++)
        {
            await weights.WriteAsync(staged.Version, i, pieces[i]);
        }
        await WriteAsync(stored with { Current = staged, Staged = null, IsEverywhere = true });
    }

    /// <summary>Says that weights begin to be stored, and removes those that nobody needs.</summary>
    private async Task<StoredModel> StageAsync(StoredModel stored, string fingerprint, long bytes)
    {
        foreach (WeightsInfo old in new[] { stored.Previous, stored.Staged }.OfType<WeightsInfo>())
        {
            await weights.RemoveAsync(old);
        }
        long pieces = (bytes + host.Options.MaxStateBytes - 1) / host.Options.MaxStateBytes;
        return await WriteAsync(stored with { Previous = null, Staged = new(stored.NextVersion, fingerprint, checked((int)pieces)) });
    }

    private async Task<ChangeReply> ChangeAsync(Func<StoredModel, Task<long>> change)
    {
        await changing.WaitAsync();
        try
        {
            return new(await change(await ReadAsync() ?? throw Lost()), host.Options.MaxStateBytes, null);
        }
        catch (Exception error) when (error is IOException or ModelFileException)
        {
            return new(0, 0, error.Message);
        }
        catch (Exception error)
        {
            LogFailed(error, host.Name);
            return new(0, 0, "The weights could not be changed; the silo's log says why.");
        }
        finally
        {
            changing.Release();
        }
    }

    private static WeightsInfo CheckStaged(StoredModel stored, long version) => stored.Staged is { } staged && staged.Version == version
        ? staged : throw new IOException("Another caller has begun to change the weights; change them again after that.");

    /// <summary>Lets one shard after the other use the current weights.</summary>
    /// <param name="stored">The state of the model.</param>
    /// <param name="outcome">What the caller is told of its own weights, where some shards could not be reached.</param>
    /// <exception cref="IOException">Some could not be reached.</exception>
    private async Task<StoredModel> RollAsync(StoredModel stored, string outcome)
    {
        var failed = new List<string>();
        if (stored.Placement == StreamPlacement.Streams)
        {
            // Streams have their weights from their silo.
            await grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<ModelControl>(
                ModelControl.NameOf(host.Name), ModelControl.Refresh);
        }
        for (int shard = 0; shard < stored.Shards; shard++)
        {
            if (!await RollAsync(grains.GetGrain<IStreamsGrain>(GrainKeys.ShardOf(host.Name, shard)), shard))
            {
                failed.Add(shard.ToString(CultureInfo.InvariantCulture));
            }
        }
        if (failed.Count > 0)
        {
            throw new IOException(
                $"{outcome}: {failed.Count} of {stored.Shards} shards could not be reached, and change within the interval between "
                + $"checkpoints after they come back: {string.Join(", ", failed.Take(3))}.");
        }
        return await WriteAsync(stored with { IsEverywhere = true });
    }

    private async Task<bool> RollAsync(IStreamsGrain grain, int shard)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await grain.UseWeightsAsync();
                return true;
            }
            catch (Exception error) when (attempt == Attempts)
            {
                LogUnreached(error, shard, host.Name);
                return false;
            }
            catch (Exception)
            {
                // Its silo may just have gone.
                await Task.Delay(TimeSpan.FromSeconds(attempt));
            }
        }
    }

    /// <summary>The state, which is read where it is not known; null: there is none.</summary>
    private async ValueTask<StoredModel?> ReadAsync()
    {
        if (isKnown)
        {
            return model;
        }
        await stateGate.WaitAsync();
        try
        {
            if (!isKnown)
            {
                (byte[] data, etag) = await states.ReadAsync(StoredModel.Name);
                model = data.Length == 0 ? null : StoredModel.Read(data);
                isKnown = true;
            }
            return model;
        }
        finally
        {
            stateGate.Release();
        }
    }

    /// <exception cref="IOException">The provider failed, or another activation has written.</exception>
    private async Task<StoredModel> WriteAsync(StoredModel changed)
    {
        await stateGate.WaitAsync();
        try
        {
            isKnown = false;
            etag = await states.WriteAsync(StoredModel.Name, changed.Write(), etag);
            (model, isKnown) = (changed, true);
            return changed;
        }
        catch (StateConflictException error)
        {
            DeactivateOnIdle();
            throw new IOException($"The state of model {host.Name} was written elsewhere at the same moment; try again.", error);
        }
        finally
        {
            stateGate.Release();
        }
    }

    private IOException Lost() => new($"The storage has lost the state of model {host.Name}; restore a backup.");

    [LoggerMessage(1, LogLevel.Warning, "The weights of {Model} could not be changed.")]
    private partial void LogFailed(Exception exception, string model);

    [LoggerMessage(2, LogLevel.Warning, "Shard {Shard} of {Model} could not be told of the new weights.")]
    private partial void LogUnreached(Exception exception, int shard, string model);

    [LoggerMessage(3, LogLevel.Warning, "A change of the weights of {Model} that was begun earlier could not be finished: {Failure}")]
    private partial void LogUnfinished(string model, string failure);
}
