using System.ComponentModel;
using System.Diagnostics;

namespace AarenGen.Serving.Tests;

/// <summary>A program's own file system of 2 MiB, mounted where a test says.</summary>
internal static class SmallDisk
{
    private static readonly string[][] Ways =
    [
        ["unshare", "--mount"],
        ["unshare", "--user", "--map-root-user", "--mount"],
    ];

    private static readonly string[]? Found = Ways.FirstOrDefault(static w => Succeeds([.. w, .. Mount(Path.GetTempPath()), "true"]));

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Missing { get; } = Found is null ? "This process may not mount a file system (unshare)." : null;

    /// <summary>What runs the program that follows it, with the file system mounted in a folder.</summary>
    public static string[] Launcher(string folder) => [.. Found!, .. Mount(folder)];

    private static string[] Mount(string folder) =>
        ["sh", "-c", $"mount -t tmpfs -o size=2m tmpfs '{folder}' && exec \"$@\"", "sh"];

    private static bool Succeeds(string[] words)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>Skipped where no small disk can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.Missing;
}
