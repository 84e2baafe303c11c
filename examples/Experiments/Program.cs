using System.CommandLine;
using System.Globalization;
using Experiments;
using Spectre.Console;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

Option<string> mixers = new("--mixers") { Description = "Mixers to compare: aaren, transformer, mingru, minlstm", DefaultValueFactory = static _ => "aaren,transformer,mingru,minlstm" };
Option<int> seeds = new("--seeds") { Description = "Seeds 1 to this", DefaultValueFactory = static _ => 3 };
Option<int?> epochs = new("--epochs") { Description = "Epochs, at most; what suits the task by default" };
Option<string> output = new("--output") { Description = "Folder of results; a second run with the same folder goes on with what is missing", DefaultValueFactory = static _ => "results" };

Option<string> data = new("--data") { Description = "Table with a header, .csv or .csv.gz", Required = true };
Option<string> horizon = new("--horizon") { Description = "Rows to forecast, several parted by commas", DefaultValueFactory = static _ => "96" };
Option<bool> intervals = new("--intervals") { Description = "Predict quantiles, for intervals of 80 %, rather than means" };
Option<int?> stride = new("--stride") { Description = "Rows from one training window to the next; 2 by default, more for long series" };
var forecasting = new Command("forecasting", "Forecast all columns of a series") { data, horizon, intervals, stride, mixers, seeds, epochs, output };
forecasting.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Forecasting.Plan(
    parsed.GetValue(data)!, [.. List(parsed.GetValue(horizon)!).Select(static h => Whole(h, "--horizon"))], Mixers(parsed), Seeds(parsed),
    Epochs(parsed, 12), parsed.GetValue(intervals), parsed.GetValue(stride) is { } s ? Whole(s.ToString(CultureInfo.InvariantCulture), "--stride") : null)));

Option<string> train = new("--train") { Description = "Labelled sequences to learn from, .ts", Required = true };
Option<string> test = new("--test") { Description = "Labelled sequences to score on, .ts", Required = true };
var classification = new Command("classification", "Tell classes of sequences apart") { train, test, mixers, seeds, epochs, output };
classification.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Classification.Plan(
    parsed.GetValue(train)!, parsed.GetValue(test)!, Mixers(parsed), Seeds(parsed), Epochs(parsed, 60))));

Option<string> times = new("--times") { Description = "Times, a line a sequence; several files parted by commas: the first is the test part", Required = true };
Option<string> marks = new("--marks") { Description = "Marks, a line a sequence; as many files as --times, in the same order", DefaultValueFactory = static _ => "" };
Option<string> unit = new("--unit") { Description = "The unit of the times, for reports", DefaultValueFactory = static _ => "units" };
var events = new Command("events", "Predict when the next event comes, and of which kind it is") { times, marks, unit, mixers, seeds, epochs, output };
events.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Events.Plan(
    List(parsed.GetValue(times)!), List(parsed.GetValue(marks)!), parsed.GetValue(unit)!, Mixers(parsed), Seeds(parsed), Epochs(parsed, 40))));

var root = new RootCommand("Compares mixers on real data: models that differ by one attribute, beside naive baselines, with a report.") { forecasting, classification, events };
return await root.Parse(args).InvokeAsync();

Task<int> Run(ParseResult parsed, CancellationToken cancellation, Func<IReadOnlyList<PlannedRun>> plan)
{
    try
    {
        Experiment.Run(plan(), parsed.GetValue(output)!, Command(), cancellation);
        return Task.FromResult(0);
    }
    catch (Exception exception) when (exception is TableException or ArgumentException or IOException or UnauthorizedAccessException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{exception.Message}[/]");
        return Task.FromResult(2);
    }
    catch (Exception exception) when (exception is OperationCanceledException || exception is AggregateException { InnerException: OperationCanceledException })
    {
        AnsiConsole.MarkupLine("Stopped. What is finished is kept: the same command goes on with what is missing.");
        return Task.FromResult(130);
    }
}

// Where results go decides nothing about them.
string Command() => "experiments " + string.Join(
    ' ', args.Where((a, i) => a != output.Name && (i == 0 || args[i - 1] != output.Name) && !a.StartsWith(output.Name + "=", StringComparison.Ordinal)));

IReadOnlyList<Mixer> Mixers(ParseResult parsed) =>
[
    .. List(parsed.GetValue(mixers)!).Select(static name => !char.IsAsciiDigit(name[0]) && Enum.TryParse(name, ignoreCase: true, out Mixer mixer)
        ? mixer : throw new ArgumentException($"--mixers: there is no '{name}'; choose of {string.Join(", ", Enum.GetNames<Mixer>()).ToLowerInvariant()}.")),
];

int Seeds(ParseResult parsed) => Whole(parsed.GetValue(seeds).ToString(CultureInfo.InvariantCulture), "--seeds");

int Epochs(ParseResult parsed, int otherwise) =>
    parsed.GetValue(epochs) is { } given ? Whole(given.ToString(CultureInfo.InvariantCulture), "--epochs") : otherwise;

static IReadOnlyList<string> List(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

static int Whole(string text, string option) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1
    ? value : throw new ArgumentException($"{option}: '{text}' is no whole number from 1.");
