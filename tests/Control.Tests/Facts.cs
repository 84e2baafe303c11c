using System.Diagnostics;

namespace Control.Tests;

/// <summary>Skipped where MuJoCo is not found; a library that the variable names is never taken for missing: then tests fail.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MuJoCoFactAttribute : FactAttribute
{
    public MuJoCoFactAttribute() => Skip = Requirements.MissingMuJoCo;
}

/// <summary><see cref="MuJoCoFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MuJoCoTheoryAttribute : TheoryAttribute
{
    public MuJoCoTheoryAttribute() => Skip = Requirements.MissingMuJoCo;
}

/// <summary>Skipped where Python has no h5py, which writes files as D4RL's are and reads ours.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class H5pyFactAttribute : FactAttribute
{
    public H5pyFactAttribute() => Skip = Requirements.MissingH5py;
}

internal static class Requirements
{
    /// <summary>Debian's Python, which has Debian's packages.</summary>
    public const string Python = "/usr/bin/python3";

    public static string? MissingMuJoCo { get; } = FindMuJoCo(
        Environment.GetEnvironmentVariable(MuJoCoLibrary.Variable), MuJoCoLibrary.Load);

    public static string? MissingH5py { get; } = FindH5py(Python);

    /// <summary>Why tests in MuJoCo are skipped; null where its library loads or is named.</summary>
    public static string? FindMuJoCo(string? named, Action load)
    {
        if (!string.IsNullOrEmpty(named))
        {
            return null;
        }
        try
        {
            load();
            return null;
        }
        catch (UserException)
        {
            return $"MuJoCo 2.2.2 is needed: install Debian's package {MuJoCoLibrary.Package}, or set {MuJoCoLibrary.Variable}.";
        }
    }

    /// <summary>Why tests with h5py are skipped, as a Python says by its exit code.</summary>
    public static string? FindH5py(string python) =>
        File.Exists(python) && Run("import h5py", python).ExitCode == 0 ? null : "h5py is needed: install Debian's package python3-h5py.";

    /// <summary>Runs a Python program.</summary>
    public static (int ExitCode, string Output) Run(string program, string python = Python)
    {
        var start = new ProcessStartInfo(python, ["-c", program]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
