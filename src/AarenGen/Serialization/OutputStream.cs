namespace AarenGen.Serialization;

/// <summary>Writes to a stream of the caller.</summary>
internal static class OutputStream
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Gathers many small writes, then flushes the stream; the caller disposes it.</summary>
    public static void Write(Stream stream, Action<Stream> write)
    {
        var buffered = new BufferedStream(stream, BufferBytes);
        write(buffered);
        buffered.Flush();
    }
}
