using System.CommandLine;
using System.CommandLine.Invocation;
using AarenGen.Tool;
using AarenGen.Tool.Commands;

var root = new RootCommand("From a table to a trained sequence model and a C# project of it.")
{
    TrainCommand.Create(), ProjectCommands.Backtest(), ProjectCommands.Stream(), ProjectCommands.Bench(), InspectCommand.Create(),
    ConvertCommand.Create(), ExportCommand.Create(), KernelsCommand.Create(), CompletionCommand.Create(),
};
ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction)
{
    // A word that is no command also lacks one.
    string message = (parsed.Errors.FirstOrDefault(e => parsed.UnmatchedTokens.Any(t => e.Message.Contains($"'{t}'")))
        ?? parsed.Errors[0]).Message;
    Console.Error.WriteLine($"error: {message.ReplaceLineEndings(" ")} See --help.");
    return ExitCodes.Usage;
}
// Time to write a state or to end an optimiser step after Ctrl-C.
return await parsed.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(30), EnableDefaultExceptionHandler = false });
