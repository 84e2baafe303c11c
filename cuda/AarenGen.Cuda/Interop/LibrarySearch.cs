using System.Runtime.InteropServices;

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
    public LibrarySearch(Func<string, nint>? load = null) => this.load = load ?? LoadWithEntries;

    /// <summary>What the library is, as a sentence begins.</summary>
    public required string Description { get; init; }

    /// <summary>Entries that another library of the same name would lack.</summary>
    public required IReadOnlyList<string> Entries { get; init; }

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

    /// <summary>The first library that loads.</summary>
    /// <exception cref="CudaUnavailableException">None of the files loads.</exception>
    public LoadedLibrary Load()
    {
        lock (gate)
        {
            if (loaded is null)
            {
                var passedOver = new List<string>();
                loaded = LoadAll(passedOver).FirstOrDefault() ?? throw NotFound(passedOver);
            }
            return loaded;
        }
    }

    /// <summary>Loads one library after the other, in order, as they are asked for; one that has several names comes once.</summary>
    /// <param name="passedOver">Receives each place where there is none, and why.</param>
    public IEnumerable<LoadedLibrary> LoadAll(ICollection<string> passedOver)
    {
        var known = new HashSet<nint>();
        foreach (string candidate in Candidates(passedOver))
        {
            if (!TryLoad(candidate, out nint handle, out string? reason))
            {
                passedOver.Add($"{candidate}{(candidate == NamedFile ? $" (from {Variable})" : "")}: {reason}");
            }
            else if (known.Add(handle))
            {
                yield return new(handle, candidate);
            }
        }
    }

    /// <summary>What to throw where none of the libraries serves.</summary>
    /// <param name="passedOver">All that was tried, and why it does not serve.</param>
    /// <param name="status">Whether there is none, or too old a one.</param>
    public CudaUnavailableException NotFound(
        IEnumerable<string> passedOver, CudaStatus status = CudaStatus.LibraryNotFound) => new(
        Attempts.Describe(
            $"{Description} was not found.", passedOver, $"{Remedy} Or let the environment variable {Variable} name the file."), status);

    /// <summary>Names for the system's loader, and paths of files that exist.</summary>
    private IEnumerable<string> Candidates(ICollection<string> passedOver)
    {
        if (NamedFile is not null)
        {
            if (File.Exists(NamedFile))
            {
                yield return NamedFile;
            }
            else
            {
                passedOver.Add($"{NamedFile} (from {Variable}): no such file");
            }
        }
        foreach (string name in Names)
        {
            yield return name;
        }
        foreach (string folder in Folders)
        {
            string[] files = [.. Names.Select(n => Path.Combine(folder, n)).Where(File.Exists)];
            if (files.Length == 0)
            {
                passedOver.Add($"{folder}: {(Directory.Exists(folder) ? "no such file in it" : "no such folder")}");
            }
            foreach (string file in files)
            {
                yield return file;
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

    private nint LoadWithEntries(string candidate)
    {
        nint handle = NativeLibrary.Load(candidate);
        string[] missing = MissingEntries(handle, Entries);
        if (missing.Length > 0)
        {
            NativeLibrary.Free(handle);
            throw new EntryPointNotFoundException(
                $"it loads, but has no entry {string.Join(", ", missing)}, so it is another library");
        }
        return handle;
    }

    /// <summary>The entries that a library lacks.</summary>
    public static string[] MissingEntries(nint library, IReadOnlyList<string> entries) =>
        [.. entries.Where(e => !NativeLibrary.TryGetExport(library, e, out _))];

    /// <summary>The runtime's message begins with general advice; the loader's own words are its last line.</summary>
    private static string Shorten(string message, string candidate)
    {
        string line = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
            ?? message;
        return line.StartsWith(candidate + ": ", StringComparison.Ordinal) ? line[(candidate.Length + 2)..] : line;
    }
}
