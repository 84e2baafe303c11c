namespace AarenGen.Tool.Files;

/// <summary>Opens and replaces files; what goes wrong is a line.</summary>
internal static class InputFiles
{
    /// <summary>Opens a file to read it.</summary>
    /// <exception cref="UserException">It is not there, a folder, or may not be read.</exception>
    public static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UserException($"{path} is a folder; name a file in it.");
        }
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserException($"{path}: there is no such file; check the path.", cause: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserException($"{path}: the file cannot be read ({e.Message.TrimEnd('.')}).", cause: e);
        }
    }

    /// <summary>Writes a file; one that is there is replaced as a whole.</summary>
    /// <exception cref="UserException">It cannot be written.</exception>
    public static void Replace(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Environment.ProcessId}.writing";
        try
        {
            using (FileStream file = File.Create(temporary))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            File.Delete(temporary);
            throw new UserException($"{path}: the file cannot be written ({e.Message.TrimEnd('.')}).", cause: e);
        }
    }
}
