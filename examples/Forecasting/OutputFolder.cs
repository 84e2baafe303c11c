namespace Forecasting;

/// <summary>A folder for output, proved writable before the work whose results it is to hold.</summary>
internal static class OutputFolder
{
    /// <summary>Makes the folder, writes a file into it and deletes that again.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">Nothing can be written there: one line that says why.</exception>
    public static void Prepare(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string reason = path.Length == 0 ? "its name is empty" : File.Exists(path) ? "it is a file"
                : exception is UnauthorizedAccessException ? "access is denied" : exception.Message.TrimEnd('.');
            throw new IOException($"--output {path}: nothing can be written there ({reason}); name another folder, or change its permissions.", exception);
        }
    }
}
