using System.ComponentModel;
using System.Diagnostics;

namespace AarenGen.Package.Tests;

/// <summary>Skipped without a linker for NativeAOT.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NativeFactAttribute : FactAttribute
{
    public NativeFactAttribute() => Skip = Linker.Missing;
}

/// <summary>Skipped without git.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GitFactAttribute : FactAttribute
{
    public GitFactAttribute() => Skip = Git.Missing;
}

/// <summary>Skipped without git.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GitTheoryAttribute : TheoryAttribute
{
    public GitTheoryAttribute() => Skip = Git.Missing;
}

/// <summary>The program that versions come from.</summary>
internal static class Git
{
    /// <summary>Why there are no versions; null where git is there.</summary>
    public static string? Missing { get; } = Find();

    private static string? Find()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("git", "--version") { RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? null : "git does not run.";
        }
        catch (Win32Exception)
        {
            return "There is no git; see CONTRIBUTING.md.";
        }
    }
}

/// <summary>The C compiler that NativeAOT links with.</summary>
internal static class Linker
{
    /// <summary>Why programs cannot be linked; null where they can.</summary>
    public static string? Missing { get; } = Find(Environment.GetEnvironmentVariable("PATH") ?? "");

    /// <summary>As <see cref="Missing"/>, for the programs in these folders: the compiler's exit code decides.</summary>
    public static string? Find(string path)
    {
        const string missing = "NativeAOT needs Linux with clang or gcc and zlib1g-dev; see CONTRIBUTING.md.";
        string[] folders = path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        // As NativeAOT looks for them.
        string? compiler = ((string[])["clang", "gcc"]).SelectMany(name => folders.Select(f => Path.Combine(f, name)))
            .FirstOrDefault(File.Exists);
        return OperatingSystem.IsLinux() && compiler is not null && Links(compiler) ? null : missing;
    }

    private static bool Links(string compiler)
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-linker").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "program.c"), "int main(void) { return 0; }\n");
            using Process process = Process.Start(
                new ProcessStartInfo(compiler, ["program.c", "-o", "program", "-lz", "-ldl", "-lm", "-lpthread"])
            {
                WorkingDirectory = folder,
                RedirectStandardError = true,
            })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            // The file is not a program.
            return false;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
