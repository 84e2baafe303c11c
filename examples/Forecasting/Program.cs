using System.CommandLine;
using Forecasting;
using Spectre.Console;

var data = new Option<string>("--data") { Description = "CSV file with a header; a date column is ignored", DefaultValueFactory = static _ => Path.Combine(AppContext.BaseDirectory, "data", "co2.csv") };
var horizon = new Option<int>("--horizon") { Description = "Samples to forecast", DefaultValueFactory = static _ => 24 };
var epochs = new Option<int>("--epochs") { Description = "Times through the training part, at most", DefaultValueFactory = static _ => 60 };
var seed = new Option<int>("--seed") { Description = "Decides the start, the order and so the result", DefaultValueFactory = static _ => 1 };
var season = new Option<int?>("--season") { Description = "Samples in a season; found by autocorrelation where not given" };
var split = new Option<int[]>("--split") { Description = "Rows for training, validation and test, such as 8640 2880 2880; 70, 10 and 20 % where not given", AllowMultipleArgumentsPerToken = true, Arity = new ArgumentArity(3, 3) };
var output = new Option<string>("--output") { Description = "Folder for weights and pictures", DefaultValueFactory = static _ => "forecasting-output" };
foreach (Option<int> atLeastOne in (Option<int>[])[horizon, epochs])
{
    atLeastOne.Validators.Add(r =>
    {
        if (r.Tokens.Count > 0 && r.GetValue(atLeastOne) < 1)
        {
            r.AddError($"{atLeastOne.Name} must be at least 1.");
        }
    });
}

var command = new RootCommand("Trains a streaming forecaster on a series and compares it with naive baselines.") { data, horizon, epochs, seed, season, split, output };
command.SetAction((arguments, cancellation) =>
{
    try
    {
        return Task.FromResult(new Job(
            arguments.GetValue(data)!, arguments.GetValue(horizon), arguments.GetValue(epochs), arguments.GetValue(seed),
            arguments.GetValue(season), arguments.GetValue(split), arguments.GetValue(output)!).Run(cancellation));
    }
    catch (UserException e)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]error:[/] {e.Message}");
        return Task.FromResult(1);
    }
    catch (IOException e)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]error:[/] {e.Message}");
        return Task.FromResult(1);
    }
    catch (OperationCanceledException)
    {
        AnsiConsole.MarkupLine("stopped; nothing was saved");
        return Task.FromResult(130);
    }
});
return await command.Parse(args).InvokeAsync();
