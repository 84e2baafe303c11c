namespace AarenGen.Memory;

/// <summary>Working memory of the calling thread, shared by all models: nothing in it outlives a call.</summary>
internal static class Scratch
{
    [ThreadStatic]
    private static AlignedBuffer? buffer;

    /// <summary>At least this many floats with unspecified contents; allocates only when the thread never needed as many.</summary>
    public static Span<float> Get(int floats)
    {
        if (buffer is null || buffer.Length < floats)
        {
            buffer = new AlignedBuffer(floats);
        }
        return buffer.Span;
    }
}
