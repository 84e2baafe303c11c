using AarenGen.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace AarenGen.Orleans.Tests;

/// <summary>Changes of a cluster's weights: one after the other, whole, and gone on with where they died.</summary>
public sealed class WeightTests
{
    private static readonly GrainId Model = GrainId.Create(GrainKeys.Model, "SmallModel");

    [Fact]
    public async Task Weights_of_two_callers_do_not_mix()
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(storage, silos: 1);
        IModelGrain grain = cluster.Grains.GetGrain<IModelGrain>("SmallModel");
        (SmallModel first, SmallModel second) = (SequenceModel<SmallModel>.Create(71), SequenceModel<SmallModel>.Create(72));
        byte[] firstBytes = SavedModel.Write(first), secondBytes = SavedModel.Write(second);
        ChangeReply firstBegun = await grain.BeginAsync(first.WeightFingerprint, firstBytes.Length);
        ChangeReply secondBegun = await grain.BeginAsync(second.WeightFingerprint, secondBytes.Length);
        Assert.True(secondBegun.Version > firstBegun.Version);
        ChangeReply refused = await grain.PutPieceAsync(firstBegun.Version, 0, firstBytes);
        Assert.Contains("Another caller has begun", refused.Failure, StringComparison.Ordinal);
        Assert.Null((await grain.PutPieceAsync(secondBegun.Version, 0, secondBytes)).Failure);
        Assert.Contains("Another caller", (await grain.CommitAsync(firstBegun.Version)).Failure, StringComparison.Ordinal);
        Assert.Null((await grain.CommitAsync(secondBegun.Version)).Failure);
        Assert.Equal(second.WeightFingerprint, (await cluster.Streams.GetInfoAsync()).WeightFingerprint);
        Assert.Equal(secondBytes, await grain.GetPieceAsync(secondBegun.Version, 0));
    }

    [Fact]
    public async Task Many_callers_at_once_leave_the_weights_of_one_of_them()
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), silos: 2);
        SmallModel[] models = [.. Enumerable.Range(80, 6).Select(static i => SequenceModel<SmallModel>.Create(i))];
        bool[] done = await Task.WhenAll(models.Select(async model =>
        {
            try
            {
                await cluster.Streams.UseModelAsync(model);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }));
        string[] changed = [.. models.Where((_, i) => done[i]).Select(static m => m.WeightFingerprint)];
        Assert.NotEmpty(changed);
        Assert.Contains((await cluster.Streams.GetInfoAsync()).WeightFingerprint, changed);
        await cluster.Streams.UseModelAsync(models[0]);
        await cluster.Streams.StepAsync("s", Reference.Token("s", 1), new float[Reference.OutputWidth]);
        Assert.Equal(models[0].WeightFingerprint, (await cluster.Streams.FindAsync("s"))!.Value.WeightFingerprint);
    }

    [Fact]
    public async Task Damaged_weights_are_refused()
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), silos: 1);
        IModelGrain grain = cluster.Grains.GetGrain<IModelGrain>("SmallModel");
        SmallModel other = SequenceModel<SmallModel>.Create(71);
        byte[] bytes = SavedModel.Write(other);
        bytes[^1] ^= 1;
        long version = (await grain.BeginAsync(other.WeightFingerprint, bytes.Length)).Version;
        Assert.Null((await grain.PutPieceAsync(version, 0, bytes)).Failure);
        Assert.NotNull((await grain.CommitAsync(version)).Failure);
        version = (await grain.BeginAsync(other.WeightFingerprint, bytes.Length)).Version;
        // Nothing was sent.
        Assert.Contains("not kept", (await grain.CommitAsync(version)).Failure, StringComparison.Ordinal);
        Assert.Equal(
            SequenceModel<SmallModel>.Create(Cluster.ModelSeed).WeightFingerprint,
            (await cluster.Streams.GetInfoAsync()).WeightFingerprint);
        await cluster.Streams.UseModelAsync(other);
        Assert.Equal(other.WeightFingerprint, (await cluster.Streams.GetInfoAsync()).WeightFingerprint);
    }

    [Fact]
    public async Task A_change_that_died_halfway_is_gone_on_with()
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(storage, silos: 1);
        float[] output = new float[Reference.OutputWidth];
        foreach (int i in Enumerable.Range(0, 20))
        {
            await cluster.Streams.StepAsync($"s{i}", Reference.Token("s", 1), output);
        }
        // The current weights are said, and no shard is told of them.
        storage.OnWrite = static (_, name) => name == "header" ? StorageFault.Before : StorageFault.None;
        SmallModel other = SequenceModel<SmallModel>.Create(71);
        await Assert.ThrowsAsync<IOException>(() => cluster.Streams.UseModelAsync(other));
        storage.OnWrite = null;
        await cluster.Host.DeactivateAsync(Model);
        IModelGrain grain = cluster.Grains.GetGrain<IModelGrain>("SmallModel");
        Assert.Equal(other.WeightFingerprint, (await grain.GetAsync()).Current.Fingerprint);
        await ClusterTests.WaitAsync(
            () => Task.FromResult(StoredModel.Read(storage.DataOf(Model, StoredModel.Name)).IsEverywhere));
        long version = (await grain.GetAsync()).Current.Version;
        for (int shard = 0; shard < 4; shard++)
        {
            byte[] header = storage.DataOf(GrainKeys.ShardOf("SmallModel", shard), StoredHeader.Name);
            Assert.Equal(version, StoredHeader.Read(header).Weights);
        }
    }

    [Fact]
    public async Task Callers_are_told_whether_their_weights_were_stored()
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(storage, silos: 1, change: static o => o with { Shards = 1 });
        await cluster.Streams.StepAsync("s", Reference.Token("s", 1), new float[Reference.OutputWidth]);
        storage.OnWrite = static (_, name) => name == "header" ? StorageFault.Before : StorageFault.None;
        (SmallModel first, SmallModel second) = (SequenceModel<SmallModel>.Create(71), SequenceModel<SmallModel>.Create(72));
        IOException failure = await Assert.ThrowsAsync<IOException>(() => cluster.Streams.UseModelAsync(first));
        Assert.Contains("The new weights are in use: 1 of 1 shards", failure.Message, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<IOException>(() => cluster.Streams.UseModelAsync(second));
        Assert.Contains("The weights were not stored", failure.Message, StringComparison.Ordinal);
        Assert.Equal(first.WeightFingerprint, (await cluster.Streams.GetInfoAsync()).WeightFingerprint);
        storage.OnWrite = null;
        await ClusterTests.RetryAsync(() => cluster.Streams.UseModelAsync(second));
        Assert.Equal(second.WeightFingerprint, (await cluster.Streams.GetInfoAsync()).WeightFingerprint);
    }

    [Fact]
    public async Task A_shard_that_cannot_ask_for_weights_says_that_in_the_log()
    {
        var storage = new SharedStorage();
        var log = new KeptLog();
        await using Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1, change: static o => o with { Shards = 1, CheckpointInterval = TimeSpan.FromMilliseconds(20) },
            configure: silo => silo.Services.AddLogging(l => l.AddProvider(log)));
        await cluster.Streams.StepAsync("s", Reference.Token("s", 1), new float[Reference.OutputWidth]);
        storage.OnRead = static (grain, _) => grain == Model;
        await cluster.Host.DeactivateAsync(Model);
        await ClusterTests.WaitAsync(() => Task.FromResult(
            log.Messages.Any(static m => m.Contains("could not ask for the cluster's weights", StringComparison.Ordinal))));
        storage.OnRead = null;
        Assert.DoesNotContain(log.Messages, static m => m.Contains("could not write its changed streams", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Weights_that_nobody_needs_leave_the_storage()
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(storage, silos: 1);
        for (int i = 0; i < 5; i++)
        {
            await cluster.Streams.UseModelAsync(SequenceModel<SmallModel>.Create(100 + i));
        }
        // The current ones and those before them.
        Assert.Equal(2, storage.Names.Count(static n => n.Name.StartsWith("weights/", StringComparison.Ordinal)));
    }
}
