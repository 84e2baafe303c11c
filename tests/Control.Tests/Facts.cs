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

    public static string? MissingMuJoCo { get; } = FindMuJoCo();

    public static string? MissingH5py { get; } = File.Exists(Python) && Run("import h5py").ExitCode == 0
        ? null : "h5py is needed: install Debian's package python3-h5py.";

    /// <summary>Runs a Python program.</summary>
    public static (int ExitCode, string Output) Run(string program)
    {
        var start = new ProcessStartInfo(Python, ["-c", program]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static string? FindMuJoCo()
    {
        if (Environment.GetEnvironmentVariable(MuJoCoLibrary.Variable) is { Length: > 0 })
        {
            return null;
        }
        try
        {
            MuJoCoLibrary.Load();
            return null;
        }
        catch (UserException)
        {
            return $"MuJoCo 2.2.2 is needed: install Debian's package {MuJoCoLibrary.Package}, or set {MuJoCoLibrary.Variable}.";
        }
    }
}
