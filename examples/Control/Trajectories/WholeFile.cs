namespace Control;

/// <summary>Files that are there as a whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes beside the file, then puts the new one in its place; makes the folder.</summary>
    public static void Write(string path, Action<string> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string temporary = path + ".part";
        write(temporary);
        File.Move(temporary, path, overwrite: true);
    }
}
