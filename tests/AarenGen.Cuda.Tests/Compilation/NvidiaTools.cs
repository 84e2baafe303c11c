using System.Diagnostics;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>NVIDIA's programs behind the compiler, from the folder that a variable names or from the path. They need no GPU.</summary>
internal static class NvidiaTools
{
    private const string FolderVariable = "AARENGEN_CUDA_TOOLS";

    private static readonly Lazy<string?> Reason = new(FindReason), CompilerReason = new(FindCompiler);

    /// <summary>Why NVIDIA's own NVRTC cannot be had; null where it can.</summary>
    public static string? MissingCompiler => CompilerReason.Value;

    /// <summary>Why kernels cannot be looked at; null where they can.</summary>
    public static string? Missing => Reason.Value;

    /// <summary>
    /// What takes stand-ins away from a process of its own. The compiler's library is only one where the driver's is named as well: a file
    /// that is named alone is a toolkit's.
    /// </summary>
    public static (string Name, string? Value)[] WithoutStandIns { get; } =
        Requirements.IsSet(NativeLibraries.DriverVariable)
            ? [(NativeLibraries.DriverVariable, null), (NativeLibraries.CompilerVariable, null)] : [];

    /// <summary>Translates PTX to an architecture's code, and gives what the assembler says of each kernel.</summary>
    public static Task<string> AssembleAsync(string ptx, int architecture, string cubin) =>
        RunAsync("ptxas", "-v", $"-arch=sm_{architecture}", ptx, "-o", cubin);

    /// <summary>The instructions of each kernel as text.</summary>
    public static Task<string> DisassembleAsync(string cubin) => RunAsync("cuobjdump", "-sass", cubin);

    private static string? FindReason()
    {
        string[] missing = [.. ((string[])["ptxas", "cuobjdump", "nvdisasm"]).Where(static t => Find(t) is null)];
        if (missing.Length > 0 && !Requirements.IsSet(FolderVariable))
        {
            return $"{string.Join(", ", missing)} of the CUDA toolkit needed: put them on the path, or let {FolderVariable} name their "
                + $"folder; see CONTRIBUTING.md.";
        }
        return MissingCompiler;
    }

    /// <summary>
    /// A process of its own tells by its exit code. One that ends in another way found a compiler that does not work: tests fail then.
    /// </summary>
    private static string? FindCompiler()
    {
        if (WithoutStandIns.Length == 0 && Requirements.IsSet(NativeLibraries.CompilerVariable))
        {
            return null;
        }
        return Program.RunAsync(["start-compiler"], WithoutStandIns).GetAwaiter().GetResult().ExitCode == Program.Unavailable
            ? "NVIDIA's own NVRTC is needed: install libnvrtc of the CUDA toolkit (Debian non-free: libnvrtc11.2, libnvrtc-builtins11.8); "
                + "see CONTRIBUTING.md."
            : null;
    }

    private static string? Find(string tool)
    {
        string folders = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named
            ? named : Environment.GetEnvironmentVariable("PATH") ?? "";
        string file = OperatingSystem.IsWindows() ? tool + ".exe" : tool;
        return folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(f => Path.Combine(f, file))
            .FirstOrDefault(File.Exists);
    }

    private static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        string path = Find(tool) ?? throw new FileNotFoundException($"{tool} is not in the folder that {FolderVariable} names.");
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // cuobjdump starts nvdisasm by its name.
        start.Environment["PATH"] = Path.GetDirectoryName(path) + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync() + await errors;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
        return said;
    }
}
