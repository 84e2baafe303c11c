using System.ComponentModel;
using System.Diagnostics;

namespace AarenGen.Tests;

/// <summary>Skipped without a browser.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute() => Skip = Chromium.Missing;
}

/// <summary>Skipped without a browser.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumTheoryAttribute : TheoryAttribute
{
    public ChromiumTheoryAttribute() => Skip = Chromium.Missing;
}

/// <summary>The browser that the tests drive.</summary>
internal static class Chromium
{
    private static readonly string? Named = Environment.GetEnvironmentVariable("AARENGEN_CHROMIUM");

    /// <summary>The program; null where there is none.</summary>
    public static string? Path { get; } = Named ?? Find(Environment.GetEnvironmentVariable("PATH") ?? "");

    /// <summary>Why nothing can be driven; null where it can. A browser that the variable names is never taken for missing.</summary>
    public static string? Missing { get; } = Path is null ? "There is no Chromium; see CONTRIBUTING.md." : null;

    /// <summary>The first browser in these folders that says its version: its exit code decides.</summary>
    public static string? Find(string path) => path.Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(static folder => ((string[])["chromium", "chromium-browser", "google-chrome"]).Select(
            name => System.IO.Path.Combine(folder, name)))
        .FirstOrDefault(static file => File.Exists(file) && Runs(file));

    private static bool Runs(string file)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(file, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            // The file is not a program.
            return false;
        }
    }
}
