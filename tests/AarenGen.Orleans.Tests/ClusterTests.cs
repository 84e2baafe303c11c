using System.Diagnostics;
using System.Text;
using AarenGen.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;

namespace AarenGen.Orleans.Tests;

/// <summary>What a cluster does with streams: the same as one process.</summary>
public sealed class ClusterTests
{
    private static readonly string[] Ids = [.. Enumerable.Range(0, 50).Select(static i => $"sensor {i}")];

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task Outputs_are_those_of_one_process(StreamPlacement placement)
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), change: o => o with { Placement = placement });
        Reference reference = NewReference();
        for (int round = 1; round <= 5; round++)
        {
            await StepAllAsync(cluster, reference, round);
        }
        StreamServiceInfo info = await cluster.Streams.GetInfoAsync();
        Assert.Equal((Ids.Length, 0), (info.StreamCount, info.PendingTokens));
        Assert.Equal(SequenceModel<SmallModel>.Create(Cluster.ModelSeed).WeightFingerprint, info.WeightFingerprint);
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task Numbers_say_what_becomes_of_a_token(StreamPlacement placement)
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), silos: 1, change: o => o with { Placement = placement });
        IStreamService<SmallModel> streams = cluster.Streams;
        Reference reference = NewReference();
        float[] first = reference.Step("s", Reference.Token("s", 1)), second = reference.Step("s", Reference.Token("s", 2));
        Assert.Null(await streams.FindAsync("s"));
        Assert.Null(await streams.ResetAsync("s"));
        // One call: the second, the first twice, the second again, one too far, one without a number that is none, an id that is none.
        string[] ids = ["s", "s", "s", "s", "s", "s", ""];
        float[] tokens =
        [
            .. Reference.Token("s", 2), .. Reference.Token("s", 1), .. Reference.Token("s", 1), .. Reference.Token("s", 2),
            .. Reference.Token("s", 4), float.NaN, 0, 0, .. Reference.Token("s", 1),
        ];
        var outputs = new float[ids.Length * Reference.OutputWidth];
        var results = new StepResult[ids.Length];
        await streams.StepManyAsync(ids, tokens, outputs, results, new long[] { 2, 1, 1, 2, 4, 0, 1 });
        Assert.Equal(
            [
                StepStatus.Gap, StepStatus.Accepted, StepStatus.Repeated, StepStatus.Accepted, StepStatus.Gap, StepStatus.Invalid,
                StepStatus.Invalid,
            ],
            results.Select(static r => r.Status));
        Assert.Equal(
            [.. first, .. first, .. second], outputs[Reference.OutputWidth..(4 * Reference.OutputWidth)]);
        Assert.All(outputs[(4 * Reference.OutputWidth)..], static o => Assert.True(float.IsNaN(o)));
        var output = new float[Reference.OutputWidth];
        Assert.Equal(new StepResult(StepStatus.Repeated, 2), await streams.StepAsync("s", Reference.Token("s", 2), output, 2));
        Assert.Equal(second, output);
        StepRefusedException stale = await Assert.ThrowsAsync<StepRefusedException>(
            async () => await streams.StepAsync("s", Reference.Token("s", 1), output, 1));
        Assert.Equal((StepStatus.Stale, 2L), (stale.Result.Status, stale.Result.Sequence));

        output.AsSpan().Clear();
        StreamInfo info = (await streams.FindAsync("s", output))!.Value;
        Assert.Equal((2, 2), (info.Sequence, info.TokenCount));
        Assert.Equal(second, output);
        Assert.Equal((2, 0), ((await streams.ResetAsync("s"))!.Value.Sequence, (await streams.FindAsync("s"))!.Value.TokenCount));
        reference.Forget("s");
        Assert.Equal(new StepResult(StepStatus.Accepted, 3), await streams.StepAsync("s", Reference.Token("s", 1), output));
        Assert.Equal(first, output);
        Assert.Equal(1, await streams.RemoveAsync(["s", "t", "s"]));
        Assert.Equal(0, await streams.RemoveAsync(["s"]));
        Assert.Null(await streams.FindAsync("s"));
        Assert.Equal(new StepResult(StepStatus.Accepted, 1), await streams.StepAsync("s", Reference.Token("s", 1), output));
        Assert.Equal(first, output);
        await Assert.ThrowsAsync<ArgumentException>(async () => await streams.FindAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await streams.FindAsync("s", new float[1]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await streams.StepAsync("s", new float[1], output));
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task Streams_come_back_after_their_grains_left(StreamPlacement placement)
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), change: o => o with { Placement = placement });
        Reference reference = NewReference();
        for (int round = 1; round <= 4; round++)
        {
            await StepAllAsync(cluster, reference, round);
            foreach (GrainId grain in GrainsOf(placement))
            {
                await cluster.Host.DeactivateAsync(grain);
            }
        }
    }

    [Fact]
    public async Task Streams_come_back_after_the_whole_cluster_left()
    {
        var storage = new SharedStorage();
        Reference reference = NewReference();
        for (int round = 1; round <= 3; round++)
        {
            await using Cluster cluster = await Cluster.StartAsync(storage, silos: 1);
            await StepAllAsync(cluster, reference, round);
        }
    }

    [Fact]
    public async Task A_shard_that_moves_takes_its_streams_along()
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(storage, silos: 2);
        Reference reference = NewReference();
        await StepAllAsync(cluster, reference, 1);
        int PageReads() => storage.CountReads(static n => n.StartsWith("page/", StringComparison.Ordinal));
        int before = PageReads();
        foreach (GrainId grain in GrainsOf(StreamPlacement.Shards))
        {
            SiloAddress from = AddressOf(cluster, grain);
            SiloAddress to = cluster.Host.GetActiveSilos().Select(static s => s.SiloAddress).First(a => !a.Equals(from));
            await cluster.Host.MigrateAsync(grain, to);
            await WaitAsync(() => Task.FromResult(
                cluster.Host.TryGetGrainContext(grain, out IGrainContext? moved) && moved.Address.SiloAddress!.Equals(to)));
        }
        await StepAllAsync(cluster, reference, 2);
        Assert.Equal(before, PageReads());
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task Weights_change_in_all_silos_and_stay(StreamPlacement placement)
    {
        var storage = new SharedStorage();
        var other = SequenceModel<SmallModel>.Create(77);
        await using (Cluster cluster = await Cluster.StartAsync(storage, change: o => o with { Placement = placement }))
        {
            Reference reference = NewReference();
            await StepAllAsync(cluster, reference, 1);
            await StepAllAsync(cluster, reference, 2);
            await cluster.Streams.UseModelAsync(other);
            Assert.Equal(other.WeightFingerprint, (await cluster.Streams.GetInfoAsync()).WeightFingerprint);
            // States of other weights begin anew.
            await StepAllAsync(cluster, new(other), 3);
            await cluster.Streams.UseModelAsync(SequenceModel<SmallModel>.Create(78));
            await cluster.Streams.UseModelAsync(other);
            Assert.Equal(other.WeightFingerprint, (await cluster.Streams.FindAsync(Ids[0]))!.Value.WeightFingerprint);
        }
        // The silos are given the first weights again, and the cluster keeps its own.
        await using Cluster later = await Cluster.StartAsync(storage, silos: 1, change: o => o with { Placement = placement });
        Assert.Equal(other.WeightFingerprint, (await later.Streams.GetInfoAsync()).WeightFingerprint);
        var again = new Reference(other);
        Ids.ToList().ForEach(id => again.Step(id, Reference.Token(id, 3)));
        await StepAllAsync(later, again, 4);
    }

    [Fact]
    public async Task A_log_is_read_again_with_the_weights_of_then()
    {
        var storage = new SharedStorage();
        Reference reference = NewReference();
        await using Cluster cluster = await Cluster.StartAsync(
            storage, silos: 2, change: static o => o with { OnWeightChange = WeightChange.Keep });
        await StepAllAsync(cluster, reference, 1);
        // Silos die and leave their logs, whose streams are not in pages; then the model's grain tells of other weights before any shard
        // has read its log.
        storage.OnWrite = static (_, name) =>
            name.StartsWith("page/", StringComparison.Ordinal) ? StorageFault.Before : StorageFault.None;
        foreach (InProcessSiloHandle silo in cluster.Host.GetActiveSilos().ToArray())
        {
            await cluster.Host.StartAdditionalSiloAsync();
            await cluster.Host.KillSiloAsync(silo);
        }
        storage.OnWrite = null;
        var other = SequenceModel<SmallModel>.Create(77);
        await RetryAsync(() => cluster.Streams.UseModelAsync(other));
        var output = new float[Reference.OutputWidth];
        foreach (string id in Ids)
        {
            StreamInfo info = (await cluster.Streams.FindAsync(id, output))!.Value;
            Assert.Equal(1, info.Sequence);
            Assert.Equal(reference.LastOutput(id), output);
            Assert.NotEqual(other.WeightFingerprint, info.WeightFingerprint);
        }
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task Watching_goes_on_after_a_silo_was_killed(StreamPlacement placement)
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), change: o => o with { Placement = placement });
        Reference reference = NewReference();
        using var ending = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        IAsyncEnumerator<StreamOutput> watch =
            cluster.Streams.WatchAsync(Ids[0], 1000, ending.Token).GetAsyncEnumerator(ending.Token);
        long sequence = 0;
        await NextAsync();
        GrainId grain = placement == StreamPlacement.Streams ? GrainKeys.StreamOf("SmallModel", Ids[0])
            : GrainKeys.ShardOf("SmallModel", GrainKeys.ShardOf(Encoding.UTF8.GetBytes(Ids[0]), 4));
        await cluster.Host.KillSiloAsync(cluster.Host.GetSiloForAddress(AddressOf(cluster, grain))!);
        await NextAsync();
        await ending.CancelAsync();

        async Task NextAsync()
        {
            // Tokens go on until one of them is seen, which is then the one of its number.
            ValueTask<bool> next = watch.MoveNextAsync();
            Task<bool> seen = next.AsTask();
            var outputs = new Dictionary<long, float[]>();
            while (!seen.IsCompleted)
            {
                float[] token = Reference.Token(Ids[0], ++sequence);
                outputs[sequence] = reference.Step(Ids[0], token);
                var output = new float[Reference.OutputWidth];
                await RetryAsync(async () => await cluster.Streams.StepAsync(Ids[0], token, output, sequence, ending.Token));
                await Task.Delay(50, ending.Token);
            }
            Assert.True(await seen);
            StreamOutput received = watch.Current;
            Assert.Equal(Ids[0], received.Id);
            Assert.Equal(outputs[received.Sequence], received.Output.ToArray());
            Assert.Equal(Reference.Token(Ids[0], received.Sequence), received.Token.ToArray());
            // Those that were sent meanwhile.
            while (received.Sequence < sequence)
            {
                Assert.True(await watch.MoveNextAsync());
                received = watch.Current;
            }
        }
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task A_storage_that_fails_makes_tokens_unavailable_until_it_is_back(StreamPlacement placement)
    {
        var storage = new SharedStorage();
        var log = new KeptLog();
        await using Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1, change: o => o with { Placement = placement },
            configure: silo => silo.Services.AddLogging(l => l.AddProvider(log)));
        Reference reference = NewReference();
        await StepAllAsync(cluster, reference, 1);
        foreach (StorageFault fault in new[] { StorageFault.Before, StorageFault.After })
        {
            storage.OnWrite = (_, _) => fault;
            var output = new float[Reference.OutputWidth];
            StepRefusedException refused = await Assert.ThrowsAsync<StepRefusedException>(
                async () => await cluster.Streams.StepAsync(Ids[0], Reference.Token(Ids[0], 2), output, 2));
            Assert.Equal(StepStatus.Unavailable, refused.Result.Status);
            // What the provider says is for the log alone.
            Assert.Contains("The grain storage failed", refused.Result.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("did not answer", refused.Result.Message, StringComparison.Ordinal);
            Assert.Contains(log.Errors, static e => e.Message.Contains("did not answer", StringComparison.Ordinal));
        }
        storage.OnWrite = null;
        float[] tokens = [.. Ids.SelectMany(static id => Reference.Token(id, 2))];
        var outputs = new float[Ids.Length * Reference.OutputWidth];
        var results = new StepResult[Ids.Length];
        await cluster.Streams.StepManyAsync(Ids, tokens, outputs, results, Enumerable.Repeat(2L, Ids.Length).ToArray());
        Assert.All(results, static r => Assert.True(r.HasOutput && r.Sequence == 2));
        Assert.Equal(Ids.SelectMany(id => reference.Step(id, Reference.Token(id, 2))), outputs);
    }

    [Fact]
    public async Task A_small_log_is_cut_while_streams_go_on()
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), silos: 1, change: static o => o with { LogEntries = 16 });
        Reference reference = NewReference();
        var output = new float[Reference.OutputWidth];
        for (int i = 1; i <= 300; i++)
        {
            // One entry each.
            float[] token = Reference.Token("s", i);
            int sequence = i;
            await RetryAsync(async () => await cluster.Streams.StepAsync("s", token, output, sequence));
            Assert.Equal(reference.Step("s", token), output);
        }
    }

    [Fact]
    public async Task Many_tokens_of_one_stream_in_one_call_are_read_in_order()
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), silos: 1);
        Reference reference = NewReference();
        const int count = 10_000;
        string[] ids = [.. Enumerable.Repeat("s", count)];
        float[] tokens = [.. Enumerable.Range(1, count).SelectMany(static i => Reference.Token("s", i))];
        var outputs = new float[count * Reference.OutputWidth];
        var results = new StepResult[count];
        await cluster.Streams.StepManyAsync(ids, tokens, outputs, results);
        Assert.Equal(Enumerable.Range(1, count).Select(static i => new StepResult(StepStatus.Accepted, i)), results);
        Assert.Equal(Enumerable.Range(1, count).SelectMany(i => reference.Step("s", Reference.Token("s", i))), outputs);
        await Assert.ThrowsAsync<ArgumentException>(async () => await cluster.Streams.StepManyAsync(
            new string[cluster.Streams.MaxTokensPerCall + 1], default, default, default));
    }

    [Fact]
    public async Task Canceled_calls_end()
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), silos: 1);
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        var results = new StepResult[1];
        await cluster.Streams.StepManyAsync(
            new[] { "s" }, Reference.Token("s", 1), new float[Reference.OutputWidth], results, default, canceled.Token);
        Assert.Equal(StepStatus.Canceled, results[0].Status);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cluster.Streams.StepAsync(
            "s", Reference.Token("s", 1), new float[Reference.OutputWidth], 1, canceled.Token));
        Assert.Null(await cluster.Streams.FindAsync("s"));
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task A_provider_of_Orleans_keeps_raw_bytes(StreamPlacement placement)
    {
        await using Cluster cluster = await Cluster.StartAsync(
            null, silos: 1, change: o => o with { Placement = placement },
            configure: static silo => silo.AddMemoryGrainStorageAsDefault());
        Reference reference = NewReference();
        for (int round = 1; round <= 3; round++)
        {
            await StepAllAsync(cluster, reference, round);
            foreach (GrainId grain in GrainsOf(placement))
            {
                await cluster.Host.DeactivateAsync(grain);
            }
        }
        IServiceProvider services = cluster.Host.GetActiveSilos().First().ServiceProvider;
        var serializer = services.GetRequiredKeyedService<IGrainStorageSerializer>("Default");
        byte[] bytes = [1, 2, 3];
        Assert.Equal(bytes, serializer.Serialize(new RawBytes { Data = bytes }).ToArray());
        Assert.Equal(bytes, serializer.Deserialize<RawBytes>(new(bytes))!.Data);
        // States of other grains are the host's.
        Assert.Equal("a", serializer.Deserialize<string>(serializer.Serialize("a")));
    }

    [Fact]
    public async Task Another_number_of_shards_is_refused_at_the_start()
    {
        var storage = new SharedStorage();
        await using (Cluster cluster = await Cluster.StartAsync(storage, silos: 1))
        {
            await StepAllAsync(cluster, NewReference(), 1);
        }
        Exception error = await Assert.ThrowsAnyAsync<Exception>(
            () => Cluster.StartAsync(storage, silos: 1, change: static o => o with { Shards = 8 }));
        Assert.Contains("have Placement Shards and 4 shards", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_without_the_storage_provider_does_not_start()
    {
        Exception error = await Assert.ThrowsAnyAsync<Exception>(
            () => Cluster.StartAsync(new(), silos: 1, change: static o => o with { StorageProvider = "streams" }));
        Assert.Contains("grain storage provider 'streams', which the silo does not have", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_declaration_of_the_same_name_is_refused()
    {
        var storage = new SharedStorage();
        await using (Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1, configureClient: static c => c.AddStreams<Others.SmallModel>()))
        {
            IStreamService<Others.SmallModel> streams =
                cluster.Host.Client.ServiceProvider.GetRequiredService<IStreamService<Others.SmallModel>>();
            StepRefusedException refused = await Assert.ThrowsAsync<StepRefusedException>(
                async () => await streams.StepAsync("s", new float[2], new float[1]));
            Assert.Equal(StepStatus.Unavailable, refused.Result.Status);
            Assert.Contains("another declaration", refused.Message, StringComparison.Ordinal);
        }
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => Cluster.StartAsync(
            storage, silos: 1, follow: static silo => silo.AddStreams(_ => SequenceModel<Others.SmallModel>.Create(1))));
        Assert.Contains("belong to another declaration", error.ToString(), StringComparison.Ordinal);
        error = await Assert.ThrowsAnyAsync<Exception>(() => Cluster.StartAsync(
            storage, silos: 1, configure: static silo => silo.AddStreams(_ => SequenceModel<Others.SmallModel>.Create(1))));
        Assert.Contains("Streams of a model named SmallModel were added before", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_beyond_those_that_may_wait_are_refused()
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1, configureClient: static c => c.AddStreams<SmallModel>(static o => o with { MaxPendingTokens = 2 }));
        Assert.Equal(2, cluster.Streams.MaxTokensPerCall);
        await cluster.Streams.StepAsync("s", Reference.Token("s", 1), new float[Reference.OutputWidth]);
        storage.WriteTime = TimeSpan.FromSeconds(1);
        Task<StepResult>[] waiting =
        [
            .. Enumerable.Range(2, 2).Select(
                i => cluster.Streams.StepAsync("s", Reference.Token("s", i), new float[Reference.OutputWidth], i).AsTask()),
        ];
        StepRefusedException busy = await Assert.ThrowsAsync<StepRefusedException>(
            async () => await cluster.Streams.StepAsync("s", Reference.Token("s", 4), new float[Reference.OutputWidth], 4));
        Assert.Equal(StepStatus.Busy, busy.Result.Status);
        Assert.Equal([2, 3], (await Task.WhenAll(waiting)).Select(static r => r.Sequence));
    }

    /// <summary>Tokens wait as long as the options say, or as Orleans says where that is shorter.</summary>
    [Theory]
    [InlineData(200, 30_000)]
    [InlineData(600_000, 1_000)]
    public async Task Tokens_wait_for_an_answer_as_long_as_the_options_say(int stepTimeout, int responseTimeout)
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1,
            configureClient: c =>
            {
                c.Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMilliseconds(responseTimeout));
                c.AddStreams<SmallModel>(o => o with { StepTimeout = TimeSpan.FromMilliseconds(stepTimeout) });
            });
        await RetryAsync(async () => await cluster.Streams.StepAsync("s", Reference.Token("s", 1), new float[Reference.OutputWidth], 1));
        using var gate = new ManualResetEventSlim();
        storage.OnWrite = (_, _) =>
        {
            gate.Wait();
            return StorageFault.None;
        };
        StepRefusedException refused = await Assert.ThrowsAsync<StepRefusedException>(
            async () => await cluster.Streams.StepAsync("s", Reference.Token("s", 2), new float[Reference.OutputWidth], 2));
        Assert.Equal((StepStatus.Unavailable, ClusterFailure.OfTokens), (refused.Result.Status, refused.Result.Message));
        gate.Set();
        await RetryAsync(async () => await cluster.Streams.StepAsync("s", Reference.Token("s", 2), new float[Reference.OutputWidth], 2));
        await RetryAsync(async () => Assert.Equal(2, (await cluster.Streams.FindAsync("s"))!.Value.Sequence));
    }

    [Fact]
    public void Times_that_timers_do_not_take_are_refused()
    {
        TimeSpan tick = TimeSpan.FromTicks(1);
        foreach (TimeSpan time in new[] { TimeSpan.MaxValue, TimeSpan.FromDays(1) + tick, TimeSpan.Zero, tick })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new ClusterClientOptions { StepTimeout = time });
            Assert.Throws<ArgumentOutOfRangeException>(() => new ClusterStreamsOptions { CheckpointInterval = time });
        }
        IHealthChecksBuilder checks = new ServiceCollection().AddHealthChecks();
        foreach (TimeSpan time in new[] { TimeSpan.MaxValue, TimeSpan.Zero })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => checks.AddClusterStreams<SmallModel>(timeout: time));
        }
    }

    [Fact]
    public async Task A_message_with_more_tokens_than_may_wait_is_taken_where_none_waits()
    {
        await using Cluster cluster = await Cluster.StartAsync(
            new(), silos: 1, change: static o => o with { Shards = 1, MaxPendingTokens = 1 });
        await StepAllAsync(cluster, NewReference(), 1);
    }

    [Fact]
    public async Task States_are_no_longer_than_the_options_say()
    {
        const int most = 300_000;
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1, change: static o => o with { Shards = 1, MaxStateBytes = most, MaxBatch = 1 << 15 });
        // While the first token is written, others come that are more than one entry takes.
        string[] ids = [.. Enumerable.Range(0, 4000).Select(static i => new string('x', 250) + i)];
        float[] tokens = [.. ids.SelectMany(static id => Reference.Token(id, 1))];
        var results = new StepResult[ids.Length];
        await cluster.Streams.StepManyAsync(ids, tokens, new float[ids.Length * Reference.OutputWidth], results);
        Assert.All(results, static r => Assert.Equal(StepStatus.Accepted, r.Status));
        Assert.InRange(storage.LongestWrite, 200_000, most);
        Exception error = await Assert.ThrowsAnyAsync<Exception>(
            () => Cluster.StartAsync(new(), silos: 1, change: static o => o with { HistoryTokens = 40_000, MaxStateBytes = most }));
        Assert.Contains("raise it, with a storage provider that takes such states", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Longer_histories_than_those_of_a_full_page_are_kept()
    {
        // Two pages of streams; with a thousand tokens each has twelve thousand bytes more.
        string[] ids = [.. Enumerable.Range(0, 300).Select(static i => $"sensor {i}")];
        var storage = new SharedStorage { MaxBytes = 300_000 };
        Reference reference = NewReference();
        long round = 0;
        foreach (int history in new[] { 0, 1000, 1000 })
        {
            await using Cluster cluster = await Cluster.StartAsync(
                storage, silos: 1,
                change: o => o with { Shards = 1, MaxStateBytes = storage.MaxBytes, HistoryTokens = history });
            await StepAllAsync(cluster, reference, ++round, ids);
        }
        Assert.InRange(storage.LongestWrite, 100_000, storage.MaxBytes);
    }

    [Fact]
    public async Task A_shard_that_has_nothing_to_do_writes_nothing()
    {
        var storage = new SharedStorage();
        await using Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1, change: static o => o with { CheckpointInterval = TimeSpan.FromMilliseconds(20) });
        await StepAllAsync(cluster, NewReference(), 1);
        // Until all is in pages and the logs are cut.
        int writes = -1;
        await WaitAsync(async () =>
        {
            int before = storage.Writes;
            await Task.Delay(200);
            writes = storage.Writes;
            return before == writes;
        });
        await Task.Delay(500);
        Assert.Equal(writes, storage.Writes);
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task The_health_check_fails_where_the_storage_or_the_cluster_does(StreamPlacement placement)
    {
        var storage = new SharedStorage();
        Cluster cluster = await Cluster.StartAsync(
            storage, silos: 1, change: o => o with { Placement = placement }, configureClient: AddHealthCheck);
        try
        {
            await StepAllAsync(cluster, NewReference(), 1);
            var health = cluster.Host.Client.ServiceProvider.GetRequiredService<HealthCheckService>();
            HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["streams SmallModel"];
            Assert.Equal((HealthStatus.Healthy, (long)Ids.Length), (entry.Status, entry.Data["streams"]));
            storage.OnWrite = static (_, _) => StorageFault.Before;
            await Assert.ThrowsAsync<StepRefusedException>(
                async () => await cluster.Streams.StepAsync(Ids[0], Reference.Token(Ids[0], 2), new float[Reference.OutputWidth], 2));
            entry = (await health.CheckHealthAsync()).Entries["streams SmallModel"];
            Assert.Equal(HealthStatus.Unhealthy, entry.Status);
            Assert.Contains("grain storage failed", entry.Description, StringComparison.Ordinal);
            storage.OnWrite = null;
            await RetryAsync(
                async () => await cluster.Streams.StepAsync(Ids[0], Reference.Token(Ids[0], 2), new float[Reference.OutputWidth], 2));
            await WaitAsync(async () => (await health.CheckHealthAsync()).Status == HealthStatus.Healthy);
            await cluster.Host.KillSiloAsync(cluster.Host.GetActiveSilos().Single());
            Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_health_check_fails_where_a_shard_cannot_be_opened()
    {
        var storage = new SharedStorage();
        await using (Cluster first = await Cluster.StartAsync(storage, silos: 1))
        {
            await StepAllAsync(first, NewReference(), 1);
        }
        GrainId shard = GrainKeys.ShardOf("SmallModel", GrainKeys.ShardOf(Encoding.UTF8.GetBytes(Ids[0]), 4));
        var states = new GrainStates(storage, shard, new(), NullLogger.Instance);
        (byte[] page, string? etag) = await states.ReadAsync("page/0");
        await states.WriteAsync("page/0", page[..^1], etag);
        await using Cluster cluster = await Cluster.StartAsync(storage, silos: 1, configureClient: AddHealthCheck);
        await Assert.ThrowsAsync<StepRefusedException>(
            async () => await cluster.Streams.StepAsync(Ids[0], Reference.Token(Ids[0], 2), new float[Reference.OutputWidth], 2));
        var health = cluster.Host.Client.ServiceProvider.GetRequiredService<HealthCheckService>();
        HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["streams SmallModel"];
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("State 'page/0' is damaged", entry.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task Who_asks_how_a_service_is_brings_no_stream_into_memory(StreamPlacement placement)
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), change: o => o with { Placement = placement });
        await StepAllAsync(cluster, NewReference(), 1);
        Assert.Equal(Ids.Length, (await cluster.Streams.GetInfoAsync()).StreamCount);
        foreach (GrainId grain in GrainsOf(placement))
        {
            await cluster.Host.DeactivateAsync(grain);
        }
        Assert.Equal(0, (await cluster.Streams.GetInfoAsync()).StreamCount);
        Assert.All(GrainsOf(placement), g => Assert.False(cluster.Host.TryGetGrainContext(g, out _), g.ToString()));
    }

    [Fact]
    public async Task A_silo_serves_streams_that_are_in_other_silos()
    {
        await using Cluster cluster = await Cluster.StartAsync(new(), silos: 2);
        Reference reference = NewReference();
        foreach (InProcessSiloHandle silo in cluster.Host.GetActiveSilos())
        {
            var streams = silo.ServiceProvider.GetRequiredService<IStreamService<SmallModel>>();
            foreach (string id in Ids)
            {
                var output = new float[Reference.OutputWidth];
                StepResult result = await streams.StepAsync(id, Reference.Token(id, 1), output);
                Assert.Equal(reference.Step(id, Reference.Token(id, 1)), output);
                Assert.Equal(StepStatus.Accepted, result.Status);
            }
        }
    }

    private static Reference NewReference() => new(SequenceModel<SmallModel>.Create(Cluster.ModelSeed));

    private static IEnumerable<GrainId> GrainsOf(StreamPlacement placement) => placement == StreamPlacement.Shards
        ? Enumerable.Range(0, 4).Select(static i => GrainKeys.ShardOf("SmallModel", i))
        : Ids.Select(static id => GrainKeys.StreamOf("SmallModel", id));

    private static SiloAddress AddressOf(Cluster cluster, GrainId grain) =>
        cluster.Host.TryGetGrainContext(grain, out IGrainContext? context) ? context.Address.SiloAddress!
            : throw new InvalidOperationException($"{grain} is nowhere.");

    private static void AddHealthCheck(IClientBuilder client)
    {
        client.AddStreams<SmallModel>();
        client.Services.AddHealthChecks().AddClusterStreams<SmallModel>(timeout: TimeSpan.FromSeconds(3));
    }

    private static Task StepAllAsync(Cluster cluster, Reference reference, long round) => StepAllAsync(cluster, reference, round, Ids);

    private static async Task StepAllAsync(Cluster cluster, Reference reference, long round, string[] ids)
    {
        float[] tokens = [.. ids.SelectMany(id => Reference.Token(id, round))];
        var outputs = new float[ids.Length * Reference.OutputWidth];
        var results = new StepResult[ids.Length];
        await cluster.Streams.StepManyAsync(ids, tokens, outputs, results, Enumerable.Repeat(round, ids.Length).ToArray());
        Assert.All(results, r => Assert.Equal(new StepResult(StepStatus.Accepted, round), r));
        Assert.Equal(ids.SelectMany(id => reference.Step(id, Reference.Token(id, round))), outputs);
    }

    internal static async Task RetryAsync(Func<Task> call)
    {
        var time = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (Exception error) when (error is StepRefusedException or IOException && time.Elapsed < TimeSpan.FromMinutes(1))
            {
                await Task.Delay(50);
            }
        }
    }

    internal static async Task WaitAsync(Func<Task<bool>> isDone)
    {
        var time = Stopwatch.StartNew();
        while (!await isDone())
        {
            Assert.True(time.Elapsed < TimeSpan.FromMinutes(1), "It did not happen.");
            await Task.Delay(20);
        }
    }
}
