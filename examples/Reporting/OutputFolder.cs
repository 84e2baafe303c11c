namespace Reporting;

/// <summary>A folder for output; checked to be writable before hours of work.</summary>
internal static class OutputFolder
{
    /// <summary>Makes the folder, writes a file into it and deletes that again; deletes unfinished files of killed processes.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="option">The option that names it.</param>
    /// <exception cref="IOException">Nothing can be written there: one line that says why.</exception>
    public static void Prepare(string path, string option = "--output")
    {
        try
        {
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
            WholeFile.RemoveLeftovers(path);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new IOException($"{(path.Length == 0 ? "The output folder" : path)}: nothing can be written there "
                + $"({Reason(path, exception)}). Name another folder by {option}, or change its permissions.", exception);
        }
    }

    private static string Reason(string path, Exception exception) => exception switch
    {
        _ when path.Length == 0 => "its name is empty",
        _ when File.Exists(path) => "it is a file",
        UnauthorizedAccessException => "access is denied",
        _ => exception.Message.TrimEnd('.'),
    };
}
