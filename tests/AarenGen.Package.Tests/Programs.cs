using System.Diagnostics;

namespace AarenGen.Package.Tests;

/// <summary>Runs programs as a user's shell does.</summary>
internal static class Programs
{
    /// <summary>Runs a program that must succeed; returns its output.</summary>
    public static string Run(string folder, string program, string arguments, params (string Name, string Value)[] variables)
    {
        (int exitCode, string output) = Start(folder, program, arguments, variables);
        Assert.True(exitCode == 0, $"{program} {arguments} ended with {exitCode}:\n{output}");
        return output;
    }

    /// <summary>Runs a program; returns its output, with its errors where it failed.</summary>
    public static (int ExitCode, string Output) Start(
        string folder, string program, string arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(
            program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // What the test host and the build of the tests have for themselves must not reach another build.
        string[] own = ["MSBUILD", "VSTEST", "MINVER"];
        foreach (string name in start.Environment.Keys
            .Where(k => own.Any(o => k.StartsWith(o, StringComparison.OrdinalIgnoreCase))).ToArray())
        {
            start.Environment.Remove(name);
        }
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : $"{output}\n{errors.Result}");
    }
}
