namespace AarenGen.Data;

/// <summary>A file's bytes, unpacked if it is compressed with gzip. Its beginning can be looked at before it is read.</summary>
internal sealed class FileSource : IDisposable
{
    private const int FirstHead = 1 << 16;
    private readonly Stream stream;
    private byte[] head = new byte[FirstHead];
    private int length;

    private FileSource(string path, Stream stream, bool isCompressed) => (Path, this.stream, IsCompressed) = (path, stream, isCompressed);

    /// <summary>The file as the caller named it.</summary>
    public string Path { get; }

    /// <summary>Whether the file is compressed with gzip.</summary>
    public bool IsCompressed { get; }

    /// <summary>The beginning of the bytes.</summary>
    public ReadOnlyMemory<byte> Head => head.AsMemory(0, length);

    /// <summary>Whether the beginning is all there is.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file; its first bytes show whether it is compressed with gzip.</param>
    /// <exception cref="TableException">There is no such file, it is a folder, or it may not be read.</exception>
    public static FileSource Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0)
        {
            throw new TableException("The data", null, null, "the file's name is empty; name a file.");
        }
        if (Directory.Exists(path))
        {
            throw new TableException(path, null, null, "this is a folder; name a file in it.");
        }
        var file = new GuardedStream(path, Guard(path, () => new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1, FileOptions.SequentialScan)));
        try
        {
            var source = new FileSource(path, file, isCompressed: false);
            source.Extend();
            return source.Head.Span is [0x1F, 0x8B, _, ..] ? Unpack(source) : source;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Doubles the beginning; false where it was all there is.</summary>
    public bool Extend()
    {
        if (IsWhole)
        {
            return false;
        }
        if (length == head.Length)
        {
            Array.Resize(ref head, 2 * head.Length);
        }
        int read = stream.ReadAtLeast(head.AsSpan(length), head.Length - length, throwOnEndOfStream: false);
        IsWhole = read < head.Length - length;
        length += read;
        return read > 0;
    }

    /// <summary>All bytes from the first; can be had once.</summary>
    /// <returns>A stream that owns the file: it closes the file even where the beginning is all there is.</returns>
    public Stream FromStart() => new PrefixedStream(Head, stream);

    public void Dispose() => stream.Dispose();

    /// <summary>Carries out what may fail because of the file, and says so in a line.</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (Translate(path, e) is { } mistake)
        {
            throw mistake;
        }
    }

    /// <summary>The line for a failure of the file system or of unpacking; null: it is none.</summary>
    public static TableException? Translate(string path, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException =>
            new(path, null, null, "there is no such file; check the path.", exception),
        UnauthorizedAccessException =>
            new(path, null, null, "the file may not be read; give yourself the permission, or copy it.", exception),
        InvalidDataException =>
            new(path, null, null, "the compressed data are damaged or end too early; fetch the file again.", exception),
        IOException => new(path, null, null, $"the file cannot be read: {exception.Message}", exception),
        _ => null,
    };

    private static FileSource Unpack(FileSource packed)
    {
        var unpacked = new FileSource(
            packed.Path, new GuardedStream(packed.Path, new UnpackingStream(packed.FromStart())), isCompressed: true);
        unpacked.Extend();
        return unpacked;
    }

    /// <summary>A stream whose failures are lines about the file.</summary>
    private sealed class GuardedStream(string path, Stream inner) : ForwardStream
    {
        public override int Read(Span<byte> buffer)
        {
            try
            {
                return inner.Read(buffer);
            }
            catch (Exception e) when (Translate(path, e) is { } mistake)
            {
                throw mistake;
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }
            base.Dispose(disposing);
        }
    }

    /// <summary>Bytes that were read already, then the rest of a stream.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
    {
        private int given;

        public override int Read(Span<byte> buffer)
        {
            if (given == prefix.Length)
            {
                return rest.Read(buffer);
            }
            int count = Math.Min(buffer.Length, prefix.Length - given);
            prefix.Span.Slice(given, count).CopyTo(buffer);
            given += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                rest.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
