using System.Runtime.InteropServices;
using System.Text;

namespace AarenGen.Cuda.Interop;

/// <summary>A native library in this process, and the name or path that loaded it.</summary>
internal sealed record LoadedLibrary(nint Handle, string Path);

/// <summary>
/// Where a native library may be: the file that an environment variable names, then the system's loader by name, then known folders.
/// Any number of threads may ask; what was found once is kept, and a search without success is made again.
/// </summary>
internal sealed class LibrarySearch
{
    private readonly Lock gate = new();
    private readonly Func<string, nint> load;
    private LoadedLibrary? loaded;

    /// <param name="load">In place of the system's loader, for tests.</param>
    public LibrarySearch(Func<string, nint>? load = null) => this.load = load ?? LoadWithEntry;

    /// <summary>What the library is, as a sentence begins.</summary>
    public required string Description { get; init; }

    /// <summary>An entry that another library of the same name would lack.</summary>
    public required string Entry { get; init; }

    /// <summary>How to get it.</summary>
    public required string Remedy { get; init; }

    /// <summary>The environment variable that may name the file.</summary>
    public required string Variable { get; init; }

    /// <summary>The file that the variable names; null where it is not set.</summary>
    public string? NamedFile { get; init; }

    /// <summary>File names, the best first.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Folders where the loader does not look by itself.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <exception cref="CudaUnavailableException">None of the files loads.</exception>
    public LoadedLibrary Load()
    {
        lock (gate)
        {
            return loaded ??= Search();
        }
    }

    private LoadedLibrary Search()
    {
        var report = new StringBuilder($"{Description} was not found. Tried:");
        foreach ((string candidate, bool isPath) in Candidates())
        {
            string? reason;
            if (isPath && !File.Exists(candidate))
            {
                reason = "no such file";
            }
            else if (TryLoad(candidate, out nint handle, out reason))
            {
                return new(handle, candidate);
            }
            string source = candidate == NamedFile ? $" (from {Variable})" : "";
            report.Append($"\n  {candidate}{source}: {reason}");
        }
        report.Append($"\n{Remedy} Or let the environment variable {Variable} name the file.");
        throw new CudaUnavailableException(report.ToString(), CudaStatus.LibraryNotFound);
    }

    private IEnumerable<(string Candidate, bool IsPath)> Candidates()
    {
        if (NamedFile is not null)
        {
            yield return (NamedFile, true);
        }
        foreach (string name in Names)
        {
            yield return (name, false);
        }
        foreach (string folder in Folders)
        {
            foreach (string name in Names)
            {
                yield return (Path.Combine(folder, name), true);
            }
        }
    }

    private bool TryLoad(string candidate, out nint handle, out string? reason)
    {
        try
        {
            handle = load(candidate);
            reason = null;
            return true;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            handle = 0;
            reason = Shorten(e.Message, candidate);
            return false;
        }
    }

    private nint LoadWithEntry(string candidate)
    {
        nint handle = NativeLibrary.Load(candidate);
        if (!NativeLibrary.TryGetExport(handle, Entry, out _))
        {
            NativeLibrary.Free(handle);
            throw new EntryPointNotFoundException($"it loads, but has no entry {Entry}, so it is another library");
        }
        return handle;
    }

    /// <summary>The runtime's message begins with general advice; the loader's own words are its last line.</summary>
    private static string Shorten(string message, string candidate)
    {
        string line = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
            ?? message;
        return line.StartsWith(candidate + ": ", StringComparison.Ordinal) ? line[(candidate.Length + 2)..] : line;
    }
}
