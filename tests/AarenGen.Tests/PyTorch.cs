using System.ComponentModel;
using System.Diagnostics;

namespace AarenGen.Tests;

/// <summary>Skipped where Python has no PyTorch.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PyTorchFactAttribute : FactAttribute
{
    public PyTorchFactAttribute() => Skip = PyTorch.Missing;
}

/// <summary>Python with PyTorch: the system's before another, since Debian's package belongs to it.</summary>
internal static class PyTorch
{
    private static readonly string? Interpreter = ((string[])["/usr/bin/python3", "python3"]).FirstOrDefault(i => Has(i, "torch"));

    /// <summary>A folder with what stands in for the package safetensors; null where that is there.</summary>
    private static readonly string? StandIn = Interpreter is null || Has(Interpreter, "safetensors")
        ? null : Path.Combine(Repository.Root, "tests", "AarenGen.Tests", "Python");

    /// <summary>Why it cannot be had; null where it can.</summary>
    public static string? Missing => Interpreter is null ? "PyTorch is needed (Debian: python3-torch); see CONTRIBUTING.md." : null;

    public static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        RunAsync(Interpreter!, StandIn, arguments);

    private static bool Has(string interpreter, string package)
    {
        try
        {
            string code = $"import importlib.util, sys; sys.exit(importlib.util.find_spec('{package}') is None)";
            return RunAsync(interpreter, null, ["-c", code]).GetAwaiter().GetResult().ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string interpreter, string? packages, string[] arguments)
    {
        var start = new ProcessStartInfo(interpreter, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (packages is not null)
        {
            start.Environment["PYTHONPATH"] = packages;
        }
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync() + await errors;
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
