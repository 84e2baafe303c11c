namespace AarenGen.Serving;

/// <summary>The seconds since a pool began.</summary>
internal sealed class PoolClock(TimeProvider time)
{
    private readonly long started = time.GetTimestamp();

    public uint Now => (uint)time.GetElapsedTime(started).TotalSeconds;
}
