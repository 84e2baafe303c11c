namespace AarenGen.Serving;

/// <summary>How many streams pools without a store may have together. Any thread may call it.</summary>
internal sealed class StreamQuota(int max)
{
    private int taken;

    public int Max => max;

    /// <summary>Takes a place of a stream; false: there is none.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref taken) <= max)
        {
            return true;
        }
        Interlocked.Decrement(ref taken);
        return false;
    }

    public void Release() => Interlocked.Decrement(ref taken);
}
