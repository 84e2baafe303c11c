using System.CommandLine;

namespace AarenGen.Tool.Commands;

/// <summary>Runs commands so that no mistake shows more than a line.</summary>
internal static class Guard
{
    /// <summary>Sets what a command does.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">Does it; gives the exit code.</param>
    public static void Runs(this Command command, Func<ParseResult, CancellationToken, Task<int>> run) =>
        command.SetAction((parsed, stop) => RunAsync(() => run(parsed, stop)));

    /// <summary>Runs something; mistakes are a line on the error stream and an exit code.</summary>
    public static async Task<int> RunAsync(Func<Task<int>> run)
    {
        try
        {
            // Ctrl-C is handled only while the caller waits for a task.
            return await Task.Run(run);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return ExitCodes.Stopped;
        }
        catch (Exception e)
        {
            // A bug is a line, too: its trace is there for those who ask for it.
            string message = e is ArgumentException { ParamName: { } name }
                ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message;
            await Console.Error.WriteLineAsync($"error: {message.ReplaceLineEndings(" ")}");
            if (Environment.GetEnvironmentVariable("AARENGEN_TRACE") is "1")
            {
                await Console.Error.WriteLineAsync(e.ToString());
            }
            return e is UserException { ExitCode: var code } ? code : ExitCodes.Failed;
        }
    }
}
