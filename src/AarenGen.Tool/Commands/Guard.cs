using System.CommandLine;

namespace AarenGen.Tool.Commands;

/// <summary>Runs commands so that no mistake shows more than a line.</summary>
internal static class Guard
{
    /// <summary>What messages of the readers call options, which have names of their own here.</summary>
    private static readonly (string Property, string Option)[] Options =
    [
        ("set TableOptions.DecimalMark", "say --decimal-mark"), ("TableOptions.DecimalMark", "--decimal-mark"),
        ("TableOptions.MissingWords", "--missing"), ("TableOptions.DateOrder", "--date-order"), ("(DateOrder)", "(--date-order)"),
    ];

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
            foreach ((string property, string option) in Options)
            {
                message = message.Replace(property, option, StringComparison.Ordinal);
            }
            await Console.Error.WriteLineAsync($"error: {message.ReplaceLineEndings(" ")}");
            if (Environment.GetEnvironmentVariable("AARENGEN_TRACE") is "1")
            {
                await Console.Error.WriteLineAsync(e.ToString());
            }
            return e is UserException { ExitCode: var code } ? code : ExitCodes.Failed;
        }
    }
}
