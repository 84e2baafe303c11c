using System.Diagnostics;

namespace AarenGen.Benchmarks;

/// <summary>This program again, with a command that runs in a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>Starts it; its standard output is the caller's to read.</summary>
    public static Process Start(params string[] arguments) => Process.Start(Describe(arguments))!;

    /// <summary>How it is started.</summary>
    public static ProcessStartInfo Describe(params string[] arguments)
    {
        string host = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(ChildProcess).Assembly.Location] : [];
        return new(host, [.. program, .. arguments]) { RedirectStandardOutput = true };
    }
}
