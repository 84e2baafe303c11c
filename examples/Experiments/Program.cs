using System.CommandLine;
using System.Globalization;
using Experiments;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// What no machine finishes is refused as what makes no sense is.
const int MaxSeeds = 1_000, MaxEpochs = 100_000;

Option<string> mixers = new("--mixers")
{
    Description = "Mixers to compare: aaren, transformer, mingru, minlstm; none: the baselines alone",
    DefaultValueFactory = static _ => "aaren,transformer,mingru,minlstm",
};
Option<int> seeds = new Option<int>("--seeds")
{
    Description = "Seeds 1 to this", DefaultValueFactory = static _ => 3,
}.Within(1, MaxSeeds);
Option<int?> epochs = new Option<int?>("--epochs") { Description = "Epochs, at most; what suits the task by default" }.Within(1, MaxEpochs);
Option<string> output = new("--output")
{
    Description = "Folder of results; a second run with the same folder goes on with what is missing",
    DefaultValueFactory = static _ => "results",
};

Option<string> data = new("--data")
{
    Description = "Table: cells divided by comma, semicolon, tab or bar, with a header or without, packed by gzip or not", Required = true,
};
Option<string?> time = new("--time") { Description = "The column of times; 'none': rows are in the file's order. Recognised by default" };
Option<int?> season = new Option<int?>("--season")
{
    Description = "Rows in a season; by default what the times tell (24 of hourly rows), else found by autocorrelation",
}.Within(1, int.MaxValue);
Option<string> horizon = new("--horizon")
{
    Description = "Rows to forecast, several divided by commas", DefaultValueFactory = static _ => "96",
};
Option<bool> intervals = new("--intervals") { Description = "Predict quantiles, for intervals of 80 %, rather than means" };
Option<int?> stride = new Option<int?>("--stride")
{
    Description = "Rows from one training window to the next; 2 by default, more for long series",
}.Within(1, int.MaxValue);
var forecasting = new Command("forecasting", "Forecast all columns of a series")
{
    data, time, season, horizon, intervals, stride, mixers, seeds, epochs, output,
};
forecasting.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Forecasting.Plan(
    parsed.GetValue(data)!, Horizons(parsed), Mixers(parsed), parsed.GetValue(seeds), parsed.GetValue(epochs) ?? 12,
    parsed.GetValue(intervals), parsed.GetValue(stride), parsed.GetValue(season), parsed.GetValue(time))));

Option<string> train = new("--train") { Description = "Labelled sequences to learn from, .ts", Required = true };
Option<string> test = new("--test") { Description = "Labelled sequences to score on, .ts", Required = true };
var classification = new Command("classification", "Tell classes of sequences apart") { train, test, mixers, seeds, epochs, output };
classification.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Classification.Plan(
    parsed.GetValue(train)!, parsed.GetValue(test)!, Mixers(parsed), parsed.GetValue(seeds), parsed.GetValue(epochs) ?? 60)));

Option<string> times = new("--times")
{
    Description = "Times, a line a sequence; several files divided by commas: the first is the test part", Required = true,
};
Option<string> marks = new("--marks")
{
    Description = "Marks, a line a sequence; as many files as --times, in the same order", DefaultValueFactory = static _ => "",
};
Option<string> unit = new("--unit") { Description = "The unit of the times, for reports", DefaultValueFactory = static _ => "units" };
var events = new Command("events", "Predict when the next event comes, and of which kind it is")
{
    times, marks, unit, mixers, seeds, epochs, output,
};
events.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Events.Plan(
    parsed.List(times), parsed.List(marks), parsed.GetValue(unit)!, Mixers(parsed), parsed.GetValue(seeds),
    parsed.GetValue(epochs) ?? 40)));

var root = new RootCommand("Compares mixers on real data: models that differ by one attribute, beside naive baselines, with a report.")
{
    forecasting, classification, events,
};
return await CommandLine.RunAsync(root, args);

Task<int> Run(ParseResult parsed, CancellationToken cancellation, Func<IReadOnlyList<PlannedRun>> plan) => CommandLine.GuardAsync(
    () =>
    {
        string folder = parsed.GetValue(output)!;
        OutputFolder.Prepare(folder);
        Experiment.Run(CommandLine.Abandonable(plan, cancellation), folder, CommandLine.Without("experiments", args, output), cancellation);
        return 0;
    },
    "Stopped. What is finished is kept: the same command goes on with what is missing.");

IReadOnlyList<Mixer> Mixers(ParseResult parsed) => parsed.List(mixers) is ["none"] ? [] :
[
    .. parsed.RequiredList(mixers).Select(static name =>
        !char.IsAsciiDigit(name[0]) && Enum.TryParse(name, ignoreCase: true, out Mixer mixer)
        ? mixer
        : throw new UserException(
            $"--mixers: there is no '{name}'; choose of {string.Join(", ", Enum.GetNames<Mixer>()).ToLowerInvariant()}, none.")).Distinct(),
];

IReadOnlyList<int> Horizons(ParseResult parsed) =>
[
    .. parsed.RequiredList(horizon).Select(static text => CommandLine.TryParse(text, 1, int.MaxValue, out int rows)
        ? rows : throw new UserException(CommandLine.Describe("--horizon", text, 1, int.MaxValue))).Distinct(),
];
