namespace Service;

/// <summary>Files that the user alone can read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes a file; one that is there is overwritten.</summary>
    public static void Write(string path, string text)
    {
        // The mode is that of a new file alone.
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using var file = new StreamWriter(path, options);
        file.Write(text);
    }
}
