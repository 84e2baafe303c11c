using System.Diagnostics;

namespace AarenGen.Soak;

/// <summary>This program in another process.</summary>
internal static class ChildProcess
{
    /// <summary>Starts a command of this program, by a launcher if one is given.</summary>
    /// <param name="launcher">A program and its arguments that run what follows them; may be empty.</param>
    /// <param name="command">The command and its arguments.</param>
    public static Process Start(IEnumerable<string> launcher, params string[] command) => Start(launcher, redirectInput: false, command);

    /// <inheritdoc cref="Start(IEnumerable{string}, string[])"/>
    /// <param name="launcher">A program and its arguments that run what follows them; may be empty.</param>
    /// <param name="redirectInput">Whether the caller writes its standard input.</param>
    /// <param name="command">The command and its arguments.</param>
    public static Process Start(IEnumerable<string> launcher, bool redirectInput, params string[] command)
    {
        string host = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? [host, Path.Combine(AppContext.BaseDirectory, "AarenGen.Soak.dll")]
            : [host];
        string[] words = [.. launcher, .. program, .. command];
        return Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = redirectInput, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
    }
}
