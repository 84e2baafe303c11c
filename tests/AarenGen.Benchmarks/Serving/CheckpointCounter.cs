using System.Diagnostics.Metrics;

namespace AarenGen.Benchmarks;

/// <summary>Counts the checkpoints of all services of this process, by their metrics.</summary>
internal sealed class CheckpointCounter : IDisposable
{
    private readonly MeterListener listener = new();
    private long count;

    public CheckpointCounter()
    {
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "AarenGen.Serving" && instrument.Name == "aarengen.store.checkpoint.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref count));
        listener.Start();
    }

    public long Count => Volatile.Read(ref count);

    public void Dispose() => listener.Dispose();
}
