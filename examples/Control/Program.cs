using System.CommandLine;
using Control;
using Spectre.Console;

Option<string> environment = new("--environment") { DefaultValueFactory = static _ => "cartpole" };
Option<string> datasets = new("--datasets") { DefaultValueFactory = static _ => "control-data" };
Option<int?> size = new("--size");
Option<int?> iterations = new("--iterations");
Option<int> seed = new("--seed") { DefaultValueFactory = static _ => 1 };
var collect = new Command("collect", "Train a policy online and log trajectories") { environment, datasets, size, iterations, seed };
collect.SetAction((parsed, cancellation) =>
{
    try
    {
        Collection.Run(parsed.GetValue(environment)!, parsed.GetValue(datasets)!, parsed.GetValue(size), parsed.GetValue(iterations), parsed.GetValue(seed), cancellation);
        return Task.FromResult(0);
    }
    catch (UserException e)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]error:[/] {e.Message}");
        return Task.FromResult(1);
    }
    catch (OperationCanceledException)
    {
        AnsiConsole.MarkupLine("stopped; the same command goes on with the search");
        return Task.FromResult(130);
    }
});
return await new RootCommand("Control") { collect }.Parse(args).InvokeAsync();
