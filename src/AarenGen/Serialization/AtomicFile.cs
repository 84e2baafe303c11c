using System.Security.Cryptography;
using System.Text;

namespace AarenGen.Serialization;

/// <summary>
/// Replaces files so that a reader, or a crash, sees the old contents or the new ones and nothing between: they are written to a temporary
/// file in the same directory, which is then renamed.
/// </summary>
/// <remarks>
/// A symbolic link stays and its target is replaced; an existing file keeps its mode. The temporary file has one of a few short names that
/// follow from the target's, and is locked while it is written: what a killed process left is not locked, and the next writer of the same
/// file removes it without searching the directory.
/// </remarks>
internal static class AtomicFile
{
    /// <summary>Names of temporary files.</summary>
    public const string Pattern = ".aarengen-*.tmp";

    /// <summary>Processes that may write one file at the same time; the threads of a process take turns.</summary>
    private const int Slots = 8;

    /// <summary>As many as Linux follows.</summary>
    private const int MostLinks = 40;
    private const UnixFileMode AnyWrite = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private static readonly Lock[] Turns = [.. Enumerable.Range(0, 64).Select(static _ => new Lock())];

    /// <exception cref="DirectoryNotFoundException">The directory does not exist.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it and says why. It is as it was.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        try
        {
            string target = FollowLinks(full);
            lock (Turns[(uint)target.GetHashCode(StringComparison.Ordinal) % (uint)Turns.Length])
            {
                Replace(target, write);
            }
        }
        catch (DirectoryNotFoundException e)
        {
            throw new DirectoryNotFoundException($"Cannot write {full}: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new IOException($"Cannot write {full}: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Cannot write {full}: permission to create or replace files in its directory was denied.", e);
        }
    }

    /// <summary>The name of a temporary file for a target, in its directory.</summary>
    public static string TemporaryName(string target, int slot)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(target)));
        return Path.Combine(Path.GetDirectoryName(target)!, $".aarengen-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}-{slot}.tmp");
    }

    private static void Replace(string target, Action<Stream> write)
    {
        string? directory = Path.GetDirectoryName(target);
        if (directory is null || Directory.Exists(target) || Path.EndsInDirectorySeparator(target))
        {
            throw new IOException("it is a directory; name a file.");
        }
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"the directory {directory} does not exist; create it first.");
        }
        UnixFileMode? mode = !OperatingSystem.IsWindows() && File.Exists(target) ? File.GetUnixFileMode(target) : null;
        if (File.Exists(target) && (new FileInfo(target).IsReadOnly || (mode is { } bits && (bits & AnyWrite) == 0)))
        {
            throw new IOException("the file is read-only; make it writable or name another.");
        }
        FileStream stream = CreateTemporary(target);
        string temporary = stream.Name;
        try
        {
            using (stream)
            {
                if (!OperatingSystem.IsWindows() && mode is { } old)
                {
                    File.SetUnixFileMode(stream.SafeFileHandle, old);
                }
                write(stream);
                stream.Flush(flushToDisk: true);
                if (OperatingSystem.IsWindows())
                {
                    // Only there must a file be closed to be renamed; elsewhere it stays locked until it is.
                    stream.Dispose();
                }
                File.Move(temporary, target, overwrite: true);
            }
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    /// <summary>A new temporary file, locked; what killed processes left for this target is gone.</summary>
    private static FileStream CreateTemporary(string target)
    {
        FileStream? stream = null;
        IOException? failure = null;
        for (int slot = 0; slot < Slots; slot++)
        {
            string name = TemporaryName(target, slot);
            if (File.Exists(name))
            {
                RemoveUnlocked(name);
            }
            if (stream is not null)
            {
                continue;
            }
            try
            {
                stream = new FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
            }
            catch (IOException e)
            {
                // Another process writes the same file, or this directory cannot be written to, which then is so for all names.
                failure = e;
            }
        }
        return stream ?? throw failure!;
    }

    private static void RemoveUnlocked(string name)
    {
        try
        {
            using (new FileStream(name, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                if (!OperatingSystem.IsWindows())
                {
                    File.Delete(name);
                }
            }
            if (OperatingSystem.IsWindows())
            {
                File.Delete(name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its writer lives, or it belongs to another user.
        }
    }

    private static void Remove(string name)
    {
        try
        {
            File.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error that led here says more; the next writer tries again.
        }
    }

    /// <summary>
    /// The file at the end of a chain of symbolic links, which need not exist. A relative link starts from the directory that the link
    /// really lies in, so directories are resolved as well.
    /// </summary>
    private static string FollowLinks(string full)
    {
        if (new FileInfo(full).LinkTarget is null)
        {
            return full;
        }
        string resolved = Path.GetPathRoot(full)!;
        var left = new Stack<string>(Parts(full));
        int links = 0;
        while (left.TryPop(out string? part))
        {
            if (part == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? resolved;
            }
            else if (part != "." && Path.Combine(resolved, part) is var next && new FileInfo(next).LinkTarget is { } link)
            {
                if (++links > MostLinks)
                {
                    throw new IOException($"it is a symbolic link that leads through more than {MostLinks} others, or back to itself.");
                }
                resolved = Path.IsPathRooted(link) ? Path.GetPathRoot(link)! : resolved;
                foreach (string inner in Parts(link))
                {
                    left.Push(inner);
                }
            }
            else if (part != ".")
            {
                resolved = Path.Combine(resolved, part);
            }
        }
        return resolved;

        // The last first, as a stack takes them.
        static IEnumerable<string> Parts(string path) => path[(Path.GetPathRoot(path) ?? "").Length..]
            .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse();
    }
}
