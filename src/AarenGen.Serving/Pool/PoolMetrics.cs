using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AarenGen.Serving;

/// <summary>What pools and services count. Names and units follow the conventions of OpenTelemetry.</summary>
internal sealed class PoolMetrics : IDisposable
{
    /// <summary>The name of the meter and of the source of activities.</summary>
    public const string Name = "AarenGen.Serving";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly KeyValuePair<string, object?>[] StatusTags =
        [.. Enum.GetNames<StepStatus>().Select(static n => new KeyValuePair<string, object?>("aarengen.status", n.ToLowerInvariant()))];

    /// <summary>How many values <see cref="StepStatus"/> has.</summary>
    private static readonly int StatusCount = StatusTags.Length;

    private readonly Meter meter;
    private readonly SafeCounter tokens;

    public PoolMetrics(string model, Func<long> streams, Func<long> memoryBytes, Func<long>? pending = null)
    {
        meter = new(new MeterOptions(Name) { Tags = [new("aarengen.model", model)] });
        tokens = new(meter.CreateCounter<long>("aarengen.tokens", "{token}", "Tokens by what became of them."));
        BatchTokens = new(meter.CreateHistogram<int>("aarengen.batch.tokens", "{token}", "Tokens that were stepped together."));
        StepDuration = new(meter.CreateHistogram<double>("aarengen.step.duration", "s", "From the arrival of tokens to their results."));
        AppendDuration = new(meter.CreateHistogram<double>("aarengen.store.append.duration", "s", "Appending a batch to the log."));
        CheckpointDuration = new(meter.CreateHistogram<double>("aarengen.store.checkpoint.duration", "s", "Writing all changed streams."));
        Evictions = new(meter.CreateCounter<long>("aarengen.streams.evicted", "{stream}", "Streams that left memory for the store."));
        Loads = new(meter.CreateCounter<long>("aarengen.streams.loaded", "{stream}", "Streams that came back from the store."));
        StoreFailures = new(meter.CreateCounter<long>("aarengen.store.failures", "{failure}", "Calls of the store that failed."));
        meter.CreateObservableGauge("aarengen.streams", streams, "{stream}", "Streams in memory.");
        meter.CreateObservableGauge("aarengen.streams.memory", memoryBytes, "By", "Memory of streams.");
        if (pending is not null)
        {
            meter.CreateObservableGauge("aarengen.tokens.pending", pending, "{token}", "Tokens that wait or are being stepped.");
        }
    }

    public SafeHistogram<int> BatchTokens { get; }

    public SafeHistogram<double> StepDuration { get; }

    public SafeHistogram<double> AppendDuration { get; }

    public SafeHistogram<double> CheckpointDuration { get; }

    public SafeCounter Evictions { get; }

    public SafeCounter Loads { get; }

    public SafeCounter StoreFailures { get; }

    /// <summary>Counts tokens by what became of them.</summary>
    public void CountTokens(ReadOnlySpan<StepResult> results)
    {
        Span<int> byStatus = stackalloc int[StatusCount];
        byStatus.Clear();
        foreach (StepResult result in results)
        {
            byStatus[(int)result.Status]++;
        }
        for (int status = 0; status < byStatus.Length; status++)
        {
            if (byStatus[status] > 0)
            {
                tokens.Add(byStatus[status], StatusTags[status]);
            }
        }
    }

    public void Dispose() => meter.Dispose();

    /// <summary>Counts. A listener that throws, which .NET lets through, is no matter of the streams.</summary>
    internal readonly struct SafeCounter(Counter<long> counter)
    {
        public void Add(long value)
        {
            try
            {
                counter.Add(value);
            }
            catch (Exception)
            {
                // It has missed this.
            }
        }

        public void Add(long value, KeyValuePair<string, object?> tag)
        {
            try
            {
                counter.Add(value, tag);
            }
            catch (Exception)
            {
                // It has missed this.
            }
        }
    }

    /// <summary>Records. A listener that throws, which .NET lets through, is no matter of the streams.</summary>
    internal readonly struct SafeHistogram<T>(Histogram<T> histogram) where T : struct
    {
        public void Record(T value)
        {
            try
            {
                histogram.Record(value);
            }
            catch (Exception)
            {
                // It has missed this.
            }
        }
    }
}
