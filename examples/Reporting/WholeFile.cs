using System.Security.Cryptography;

namespace Reporting;

/// <summary>Files that appear completely or not at all: they are written under another name beside the target, then moved.</summary>
internal static class WholeFile
{
    private const string Prefix = ".writing-", Suffix = ".tmp";

    /// <summary>A running writer moves its file as soon as it has written it.</summary>
    private static readonly TimeSpan MinLeftoverAge = TimeSpan.FromMinutes(1);

    /// <summary>Writes a file and makes its folder. A symbolic link stays a link, and a file that is replaced keeps its mode.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the file of the given name.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Permission is lacking.</exception>
    public static void Write(string path, Action<string> write)
    {
        string target = new FileInfo(path).LinkTarget is null ? Path.GetFullPath(path)
            : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        string folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        // Its length does not depend on the target's name, which may have the maximum length.
        string temporary = Path.Combine(folder, Prefix + RandomNumberGenerator.GetHexString(16, lowercase: true) + Suffix);
        try
        {
            write(temporary);
            if (!OperatingSystem.IsWindows() && File.Exists(target))
            {
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes a text.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void WriteText(string path, string text) => Write(path, temporary => File.WriteAllText(temporary, text));

    /// <summary>Deletes unfinished files that killed processes left in a folder at least a minute ago.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, Prefix + "*" + Suffix)
            .Where(static p => DateTime.UtcNow - File.GetLastWriteTimeUtc(p) > MinLeftoverAge))
        {
            try
            {
                // A file that another process is writing cannot be opened exclusively.
                using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                }
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
            }
        }
    }
}
