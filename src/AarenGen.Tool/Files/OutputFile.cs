using System.CommandLine;
using AarenGen.Serialization;

namespace AarenGen.Tool.Files;

/// <summary>Where a command writes its result.</summary>
internal static class OutputFile
{
    /// <summary>The option to replace a file that is there.</summary>
    public static Option<bool> Force() => new("--force") { Description = "Replace the file if it is there" };

    /// <summary>Checks before long work that a file can be written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether one that is there is replaced.</param>
    /// <exception cref="UserException">The path is empty, or the file is there.</exception>
    /// <exception cref="IOException">It cannot be written: it is a folder, its folder is missing, or permission was denied.</exception>
    public static void Check(string path, bool force)
    {
        if (path.Length == 0)
        {
            throw new UserException("--output is empty; name a file.", ExitCodes.Usage);
        }
        if (!force && File.Exists(path))
        {
            throw new UserException($"{path} is there; name another file by --output, or replace it by --force.");
        }
        AtomicFile.CheckWritable(path, "the result");
    }
}
