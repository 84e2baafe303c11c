using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AarenGen.Serving.Tests;

/// <summary>
/// What a service and a pool count, and their activities. Other tests count, too, so that each looks at its own model alone.
/// </summary>
public sealed class ServiceTelemetryTests : ServiceTestBase
{
    private const string Name = "AarenGen.Serving";

    [Fact]
    public async Task A_service_counts_tokens_by_what_became_of_them()
    {
        using var meter = new Measurements(nameof(CountedModel));
        await using StreamService<CountedModel> service = await StreamService<CountedModel>.StartAsync(
            CountedModel.Create(1), Store,
            new() { Shards = 1, MaxDelay = TimeSpan.Zero, MaxPendingTokens = 5, Pool = new() { MaxStreams = 2 } });
        await service.Step(("a", 1, [1]), ("b", 1, [1]), ("c", 1, [1]));
        await service.Step(("a", 2, [1]), ("a", 2, [1]), ("a", 1, [1]), ("a", 9, [1]), ("a", 0, [float.NaN]));
        await service.Step(("", 1, [1]));
        await service.StepManyAsync((string[])["b"], new float[1], new float[1], new StepResult[1], default, new(canceled: true));
        TaskCompletionSource gate = Hold(StoreOperation.Append);
        Task waiting = service.Step([.. Enumerable.Range(2, 4).Select(n => ("b", (long)n, (float[])[1]))]);
        await Until(() => service.PendingTokens == 4);
        Assert.Equal(4, meter.Observe("aarengen.tokens.pending"));
        await service.Step(("a", 3, [1]), ("a", 4, [1]));
        gate.SetResult();
        await waiting;
        Store.Fails = static (o, _) => o == StoreOperation.Append ? StoreFault.Before : StoreFault.None;
        await service.Step(("a", 3, [1]));
        Store.Fails = static (_, _) => StoreFault.None;
        await service.CheckpointAsync();
        // One of them has left memory.
        foreach (string id in (string[])["a", "b", "c"])
        {
            Assert.NotNull(await service.FindAsync(id));
        }
        Assert.Equal(8, meter.Sum("aarengen.tokens", "accepted"));
        Assert.Equal(1, meter.Sum("aarengen.tokens", "repeated"));
        Assert.Equal(1, meter.Sum("aarengen.tokens", "stale"));
        Assert.Equal(1, meter.Sum("aarengen.tokens", "gap"));
        Assert.Equal(2, meter.Sum("aarengen.tokens", "invalid"));
        Assert.Equal(1, meter.Sum("aarengen.tokens", "canceled"));
        Assert.Equal(2, meter.Sum("aarengen.tokens", "busy"));
        Assert.Equal(1, meter.Sum("aarengen.tokens", "unavailable"));
        Assert.Equal(service.StreamCount, meter.Observe("aarengen.streams"));
        Assert.Equal(service.MemoryBytes, meter.Observe("aarengen.streams.memory"));
        Assert.Equal(0, meter.Observe("aarengen.tokens.pending"));
        Assert.True(meter.Sum("aarengen.streams.evicted") > 0);
        Assert.True(meter.Sum("aarengen.streams.loaded") > 0);
        Assert.Equal(1, meter.Sum("aarengen.store.failures"));
        // Batches of those tokens that reached the store or needed none.
        Assert.Equal(13, meter.Sum("aarengen.batch.tokens"));
        Assert.True(meter.Count("aarengen.step.duration") >= 5);
        // The checkpoint has said in the log that one append failed.
        Assert.Equal(4, meter.Count("aarengen.store.append.duration"));
        // The start made one.
        Assert.Equal(2, meter.Count("aarengen.store.checkpoint.duration"));
        await service.StopAsync();
        Assert.Equal(0, meter.Observe("aarengen.streams"));
    }

    [Fact]
    public async Task A_pool_alone_counts_them_too()
    {
        using var meter = new Measurements(nameof(PooledModel));
        await using (var pool = new StreamPool<PooledModel>(PooledModel.Create(1)))
        {
            await pool.Step(("a", 1, [1]), ("a", 1, [1]), ("", 1, [1]), ("b", 0, [1]));
            Assert.Equal(2, meter.Sum("aarengen.tokens", "accepted"));
            Assert.Equal(1, meter.Sum("aarengen.tokens", "repeated"));
            Assert.Equal(1, meter.Sum("aarengen.tokens", "invalid"));
            Assert.Equal(2, meter.Observe("aarengen.streams"));
        }
        Assert.Equal(0, meter.Observe("aarengen.streams"));
    }

    [Fact]
    public async Task Calls_and_checkpoints_are_activities()
    {
        var activities = new ConcurrentQueue<Activity>();
        using var parent = new Activity("test").Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            // Those of other tests have other parents.
            ActivityStopped = a =>
            {
                if (a.TraceId == parent.TraceId)
                {
                    activities.Enqueue(a);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using StreamService<SmallModel> service = await StartAsync(new() { Shards = 1, MaxDelay = TimeSpan.Zero });
        activities.Clear();
        await service.Step(("a", 1, Token(1)), ("b", 1, Token(1)));
        await service.CheckpointAsync();
        Assert.Equal(["AarenGen.Step", "AarenGen.Checkpoint"], activities.Select(static a => a.OperationName));
        Assert.Equal(2, activities.First().GetTagItem("aarengen.tokens"));
        Assert.All(activities, a => Assert.Equal(parent.SpanId, a.ParentSpanId));
    }

    /// <summary>What the meters of a model have measured.</summary>
    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener listener = new();
        private readonly Lock access = new();
        private readonly List<(string Instrument, double Value, object? Status)> all = [];

        public Measurements(string model)
        {
            listener.InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == Name
                    && instrument.Meter.Tags!.Single(static t => t.Key == "aarengen.model").Value is string name
                    && name.EndsWith(model, StringComparison.Ordinal))
                {
                    Assert.NotNull(instrument.Unit);
                    Assert.NotNull(instrument.Description);
                    l.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<int>((i, v, t, _) => Add(i, v, t));
            listener.SetMeasurementEventCallback<long>((i, v, t, _) => Add(i, v, t));
            listener.SetMeasurementEventCallback<double>((i, v, t, _) => Add(i, v, t));
            listener.Start();
        }

        public double Sum(string instrument, string? status = null)
        {
            lock (access)
            {
                return all.Where(m => m.Instrument == instrument && (string?)m.Status == status).Sum(static m => m.Value);
            }
        }

        public int Count(string instrument)
        {
            lock (access)
            {
                return all.Count(m => m.Instrument == instrument);
            }
        }

        /// <summary>What an instrument says now; 0 where it is gone.</summary>
        public double Observe(string instrument)
        {
            lock (access)
            {
                all.RemoveAll(m => m.Instrument == instrument);
            }
            listener.RecordObservableInstruments();
            return Sum(instrument);
        }

        public void Dispose() => listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (access)
            {
                all.Add((instrument.Name, value, tags.Length > 0 ? tags[0].Value : null));
            }
        }
    }
}
