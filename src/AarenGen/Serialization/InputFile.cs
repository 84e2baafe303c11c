namespace AarenGen.Serialization;

/// <summary>Opens and reads files.</summary>
internal static class InputFile
{
    /// <exception cref="ArgumentException">The path is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file is not there, is a directory, or may not be read.</exception>
    public static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return File.OpenRead(path);
        }
        catch (UnauthorizedAccessException e)
        {
            string reason = Directory.Exists(path) ? "it is a directory; name a file" : "permission was denied";
            throw new IOException($"Cannot read {path}: {reason}.", e);
        }
    }

    /// <summary>Reads a file. Messages about its content name it.</summary>
    /// <exception cref="ArgumentException">The path is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">The reader rejects the content.</exception>
    /// <exception cref="IOException">The file is not there, is a directory, or may not be read.</exception>
    public static void Read(string path, Action<Stream> reader)
    {
        using FileStream stream = Open(path);
        try
        {
            reader(stream);
        }
        catch (ModelFileException e)
        {
            throw new ModelFileException($"{path}: {e.Message}", e);
        }
    }
}
