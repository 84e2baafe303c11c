using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>A process that finds no CUDA, though this machine may have it.</summary>
internal static class HiddenLibraries
{
    /// <summary>
    /// Puts files that are not libraries in a folder, under the names that are searched for, and gives what lets a process's loader meet
    /// them first, which ends its search.
    /// </summary>
    public static (string Name, string? Value)[] In(string folder)
    {
        foreach (string name in NativeLibraries.CreateDriverSearch().Names.Concat(NativeLibraries.CreateCompilerSearch().Names))
        {
            File.WriteAllText(Path.Combine(folder, name), "no library");
        }
        return [("LD_LIBRARY_PATH", folder), .. CompilerFolders.Variables.Select(static v => (v, (string?)null))];
    }

    /// <summary>Why a process of this machine may find CUDA in any case; null where it does not.</summary>
    public static string? WhyVisible => Are(NativeLibraries.CreateCompilerSearch()) && Are(NativeLibraries.CreateDriverSearch())
        ? null : "CUDA cannot be hidden here: this test needs Linux without a CUDA toolkit in its usual folders.";

    /// <summary>Whether a process with these finds none: on Linux, where no toolkit lies in a folder that is searched besides.</summary>
    public static bool Are(LibrarySearch search)
    {
        string[] cleared = [.. CompilerFolders.Variables.Select(Environment.GetEnvironmentVariable).OfType<string>()];
        IEnumerable<string> folders = search.Folders.Where(f => !cleared.Any(c => f.StartsWith(c, StringComparison.Ordinal)));
        return OperatingSystem.IsLinux() && !folders.Any(f => search.Names.Any(n => File.Exists(Path.Combine(f, n))));
    }
}
