namespace AarenGen.Cuda.Interop;

/// <summary>Where NVRTC lies beside the folders of the system's loader: in CUDA toolkits, and in packages of conda and pip.</summary>
internal static class CompilerFolders
{
    /// <summary>Variables that name a toolkit or an environment of packages, in the order in which their folders are searched.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX", "VIRTUAL_ENV"];

    /// <param name="read">The value of a variable; null where it has none.</param>
    public static IReadOnlyList<string> Find(Func<string, string?> read) =>
        [.. (OperatingSystem.IsWindows() ? OnWindows(read) : OnUnix(read)).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string> OnUnix(Func<string, string?> read)
    {
        string?[] prefixes = [.. Variables.Select(read)];
        foreach (string prefix in prefixes.OfType<string>())
        {
            yield return Path.Combine(prefix, "lib64");
            yield return Path.Combine(prefix, "lib");
        }
        yield return "/usr/local/cuda/lib64";
        string?[] owners = [.. prefixes, read("HOME") is { } home ? Path.Combine(home, ".local") : null, "/usr/local", "/usr"];
        foreach (string python in owners.OfType<string>().SelectMany(static o => Subfolders(Path.Combine(o, "lib"), "python3*")))
        {
            foreach (string packages in (string[])["site-packages", "dist-packages"])
            {
                // Of CUDA 13 and newer all packages share a folder; before, each had its own.
                foreach (string all in Subfolders(Path.Combine(python, packages, "nvidia"), "cu1*"))
                {
                    yield return Path.Combine(all, "lib");
                }
                if (Path.Combine(python, packages, "nvidia", "cuda_nvrtc", "lib") is var own && Directory.Exists(own))
                {
                    yield return own;
                }
            }
        }
    }

    private static IEnumerable<string> OnWindows(Func<string, string?> read)
    {
        foreach (string prefix in Variables.Select(read).OfType<string>())
        {
            yield return Path.Combine(prefix, "bin");
            yield return Path.Combine(prefix, "bin", "x64");
            yield return Path.Combine(prefix, "Library", "bin");
            string packages = Path.Combine(prefix, "Lib", "site-packages", "nvidia");
            foreach (string all in Subfolders(packages, "cu1*"))
            {
                yield return Path.Combine(all, "bin", "x86_64");
            }
            yield return Path.Combine(packages, "cuda_nvrtc", "bin");
        }
    }

    /// <summary>Newer versions first; none where the folder cannot be read.</summary>
    private static string[] Subfolders(string folder, string pattern)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder, pattern).OrderDescending(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
