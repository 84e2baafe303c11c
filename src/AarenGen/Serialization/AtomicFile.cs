using System.Diagnostics;
using System.Globalization;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace AarenGen.Serialization;

/// <summary>
/// Replaces files so that a reader, or a crash, sees the old contents or the new ones and nothing between: they are written to a temporary
/// file in the same directory, which is then renamed.
/// </summary>
/// <remarks>
/// A symbolic link stays and its target is replaced; an existing file keeps its mode. Each writer has its own temporary file, whose
/// name holds the machine and the process. The next writer in the directory removes those whose process no longer runs on this machine,
/// and those that nobody has written to for an hour.
/// </remarks>
internal static class AtomicFile
{
    /// <summary>Names of temporary files.</summary>
    public const string Pattern = Prefix + "*" + Suffix;
    private const string Prefix = ".aarengen-", Suffix = ".tmp";

    /// <summary>As many as Linux follows.</summary>
    private const int MaxLinks = 40;

    /// <summary>Directories with more entries are searched for abandoned files once a minute, smaller ones at every write.</summary>
    private const int CrowdedEntries = 1000;
    private const UnixFileMode AnyWrite = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1), SearchInterval = TimeSpan.FromMinutes(1);
    private static readonly string Machine = IdentifyMachine();

    /// <summary>On Windows, a rename fails while another one replaces the same file.</summary>
    private static readonly Lock Renaming = new();

    /// <summary>The crowded directory that was searched last, and when.</summary>
    private static Tuple<string, long>? lastSearch;

    /// <exception cref="ArgumentException">The path is null, empty or holds a null character.</exception>
    /// <exception cref="DirectoryNotFoundException">The directory does not exist.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it and says why. It is as it was.</exception>
    public static void Write(string path, Action<Stream> write) => Explain(path, "", target => Replace(target, write));

    /// <summary>Finds what would keep <see cref="Write"/> from writing a file, and leaves everything as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What is to be written, for the message.</param>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void CheckWritable(string path, string what) => Explain(path, $"{what} to ", static target =>
    {
        CheckTarget(target);
        string temporary;
        using (FileStream stream = CreateTemporary(target))
        {
            temporary = stream.Name;
        }
        Remove(temporary);
    });

    /// <summary>A new name for a temporary file that a process of this machine writes.</summary>
    public static string TemporaryName(string directory, int process)
    {
        string random = RandomNumberGenerator.GetHexString(16, lowercase: true);
        return Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Machine}-{process}-{random}{Suffix}"));
    }

    /// <summary>Finds the file that a path leads to and does something with it; errors name the path.</summary>
    private static void Explain(string path, string what, Action<string> use)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        try
        {
            use(FollowLinks(full));
        }
        catch (DirectoryNotFoundException e)
        {
            throw new DirectoryNotFoundException($"Cannot write {what}{full}: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new IOException($"Cannot write {what}{full}: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Cannot write {what}{full}: permission to create or replace files in its directory was denied.", e);
        }
    }

    /// <summary>Refuses what cannot be replaced; returns the mode of an existing file, where there are modes.</summary>
    private static UnixFileMode? CheckTarget(string target)
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
        // Reading the attributes also finds a name that is too long. Of a file that is missing they are all set, and another writer may
        // make it at any time, so whether it exists is what was read with them.
        var file = new FileInfo(target);
        FileAttributes attributes = file.Attributes;
        if (!file.Exists)
        {
            return null;
        }
        UnixFileMode? mode = OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(target);
        if (attributes.HasFlag(FileAttributes.ReadOnly) || (mode is { } bits && (bits & AnyWrite) == 0))
        {
            throw new IOException("the file is read-only; make it writable or name another.");
        }
        return mode;
    }

    private static void Replace(string target, Action<Stream> write)
    {
        UnixFileMode? mode = CheckTarget(target);
        RemoveAbandoned(Path.GetDirectoryName(target)!);
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
            }
            lock (Renaming)
            {
                File.Move(temporary, target, overwrite: true);
            }
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    private static FileStream CreateTemporary(string target)
    {
        string name = TemporaryName(Path.GetDirectoryName(target)!, Environment.ProcessId);
        return new(name, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
    }

    /// <summary>Removes the temporary files that writers left which were killed.</summary>
    private static void RemoveAbandoned(string directory)
    {
        if (lastSearch is (string last, long time) && last == directory && Stopwatch.GetElapsedTime(time) < SearchInterval)
        {
            return;
        }
        try
        {
            int entries = 0;
            var temporaries = new FileSystemEnumerable<(string Path, DateTimeOffset Written)>(
                directory, static (ref entry) => (entry.ToFullPath(), entry.LastWriteTimeUtc),
                new EnumerationOptions { AttributesToSkip = FileAttributes.Directory })
            {
                ShouldIncludePredicate = (ref entry) =>
                {
                    entries++;
                    return entry.FileName.StartsWith(Prefix) && entry.FileName.EndsWith(Suffix);
                },
            };
            foreach ((string path, DateTimeOffset written) in temporaries)
            {
                if (written < DateTimeOffset.UtcNow - AbandonedAfter || IsOfEndedProcess(Path.GetFileName(path)))
                {
                    Remove(path);
                }
            }
            if (entries > CrowdedEntries)
            {
                lastSearch = new(directory, Stopwatch.GetTimestamp());
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A directory that may be written to, but not listed.
        }
    }

    /// <summary>Whether a temporary file is of a process of this machine that no longer runs.</summary>
    private static bool IsOfEndedProcess(string name)
    {
        if (name[Prefix.Length..^Suffix.Length].Split('-') is not [string machine, string number, _] || machine != Machine
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int process))
        {
            return false;
        }
        try
        {
            Process.GetProcessById(process).Dispose();
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    /// <summary>Identifies what numbers of processes belong to: the machine since it was started, and the container.</summary>
    private static string IdentifyMachine()
    {
        string identity = Environment.MachineName;
        try
        {
            identity += File.ReadAllText("/proc/sys/kernel/random/boot_id") + new FileInfo("/proc/self/ns/pid").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not Linux.
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 8));
    }

    private static void Remove(string name)
    {
        try
        {
            File.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next writer tries again.
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
                if (++links > MaxLinks)
                {
                    throw new IOException($"it is a symbolic link that leads through more than {MaxLinks} others, or back to itself.");
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
