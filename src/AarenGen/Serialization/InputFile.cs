namespace AarenGen.Serialization;

/// <summary>Opens files to read.</summary>
internal static class InputFile
{
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
            throw new IOException(
                Directory.Exists(path) ? $"Cannot read {path}: it is a directory; name a file." : $"Cannot read {path}: permission was denied.",
                e);
        }
    }
}
