using System.CommandLine;
using AarenGen.Tool.Projects;

namespace AarenGen.Tool.Commands;

/// <summary>Commands that the program of a project carries out. Their options are the program's, which reads and checks them.</summary>
internal static class ProjectCommands
{
    /// <summary><c>aarengen backtest</c>.</summary>
    public static Command Backtest() => Forward(
        "backtest", "Tests a model on the past, beside simple forecasts.",
        [new Argument<string>("table") { Description = "A table with the columns of the one that the model was trained on" }],
        new Option<string>("--from") { Description = "Forecast what begins then or later; without it, what the training left" },
        new Option<bool>("--json") { Description = "Write the report as JSON" },
        new Option<string>("--html") { Description = "Also write the report as a page, with pictures" });

    /// <summary><c>aarengen stream</c>.</summary>
    public static Command Stream() => Forward(
        "stream", "Reads rows from standard input (CSV or JSON lines), writes forecasts to standard output (JSON lines).", [],
        new Option<string>("--state") { Description = "File of the streams' states; it is read if it is there" },
        new Option<int>("--state-every") { Description = "Rows between two writes of the state; 1000 without it" },
        new Option<bool>("--replay") { Description = "The input begins at the first row again: skip those that the state knows" },
        new Option<bool>("--skip-errors") { Description = "Report a row that cannot be used, and go on" });

    /// <summary><c>aarengen bench</c>.</summary>
    public static Command Bench() => Forward(
        "bench", "Measures steps per second and the time of a step.", [],
        new Option<int>("--steps") { Description = "Steps that are measured; 10,000 without it" },
        new Option<bool>("--json") { Description = "Write the result as JSON" });

    private static Command Forward(string name, string description, Argument<string>[] arguments, params Option[] options)
    {
        Argument<string> folder = new("folder") { Description = ProjectFolder.Description };
        var command = new Command(name, description) { folder };
        foreach (Argument<string> argument in arguments)
        {
            command.Add(argument);
        }
        foreach (Option option in options)
        {
            command.Add(option);
        }
        command.Runs(async (parsed, stop) =>
        {
            var project = ProjectFolder.OpenTrained(parsed.GetValue(folder)!);
            await project.BuildAsync(stop);
            IEnumerable<string> given = options.Where(o => parsed.GetResult(o) is { Implicit: false }).SelectMany(o =>
                parsed.GetResult(o)!.Tokens is { Count: > 0 } tokens ? (string[])[o.Name, tokens[0].Value] : [o.Name]);
            return project.Run([name, .. arguments.Select(a => parsed.GetValue(a)!), .. given]);
        });
        return command;
    }
}
