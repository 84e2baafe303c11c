using System.CommandLine;

namespace AarenGen.Tool.Files;

/// <summary>Where a command writes its result.</summary>
internal static class OutputFile
{
    /// <summary>The option to replace a file that is there.</summary>
    public static Option<bool> Force() => new("--force") { Description = "Replace the file if it is there" };

    /// <summary>Checks before long work that a file can be written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether one that is there is replaced.</param>
    /// <exception cref="UserException">It is a folder, its folder is not there, or it is there.</exception>
    public static void Check(string path, bool force)
    {
        if (path.Length == 0)
        {
            throw new UserException("--output is empty; name a file.", ExitCodes.Usage);
        }
        if (Directory.Exists(path))
        {
            throw new UserException($"{path} is a folder; name a file in it by --output.");
        }
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new UserException($"{path}: there is no folder {folder}; make it, or name another file by --output.");
        }
        if (!force && File.Exists(path))
        {
            throw new UserException($"{path} is there; name another file by --output, or replace it by --force.");
        }
    }
}
