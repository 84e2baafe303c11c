using System.ComponentModel;
using System.Diagnostics;

namespace AarenGen.Tool.Projects;

/// <summary>Runs the .NET SDK.</summary>
internal static class DotNet
{
    private const int MaxErrors = 5;
    private const string Install = "install the .NET 10 SDK from https://dot.net, or add it to the PATH";

    /// <summary>Builds a project.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="stop">Ends the build.</param>
    /// <param name="program">The program; "dotnet" of the PATH unless a test names another.</param>
    /// <exception cref="UserException">There is no SDK, or the build fails.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static async Task BuildAsync(string folder, CancellationToken stop, string program = "dotnet")
    {
        var start = new ProcessStartInfo(program, ["build", "-c", "Release", "--nologo", "-v", "q", "-clp:NoSummary"])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // What a build or test around the tool sets for itself does not concern this one.
        foreach (string name in start.Environment.Keys.Where(static k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
            || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }
        // Nodes that stay would keep the pipes of the output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new UserException($"The project is built by the .NET SDK, but '{program}' was not found; {Install}.", cause: e);
        }
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(stop);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
            if (process.ExitCode != 0)
            {
                throw Failure(folder, await output + await errors);
            }
        }
    }

    private static UserException Failure(string folder, string output)
    {
        string[] lines = [.. output.Split('\n').Select(static l => l.Trim()).Where(static l => l.Length > 0)];
        if (lines.Any(static l => l.Contains("No .NET SDKs were found", StringComparison.OrdinalIgnoreCase)))
        {
            return new($"The project is built by the .NET SDK, but there is only a runtime; {Install}.");
        }
        string[] errors = [.. lines.Where(static l => l.Contains("error", StringComparison.OrdinalIgnoreCase)).Distinct()];
        return new($"{folder}: the project does not build: "
            + string.Join(" ", (errors.Length > 0 ? errors : lines).Take(MaxErrors)));
    }
}
