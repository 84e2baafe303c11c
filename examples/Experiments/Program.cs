using System.CommandLine;
using System.Globalization;
using Experiments;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

const string StoppedText = "Stopped. What is finished is kept: the same command continues with what is missing.";

// Values that no machine could finish are errors, like senseless ones.
const int MaxSeeds = 1_000, MaxEpochs = 100_000;

Option<string> mixers = new("--mixers")
{
    Description = $"Mixers to compare, several separated by commas: {Mixer.Options}; none: only the baselines",
    DefaultValueFactory = static _ => "aaren,forgetting,forgetting-by-channel,transformer,mingru,minlstm",
};
Option<int> seeds = new Option<int>("--seeds")
{
    Description = "Number of seeds, from 1", DefaultValueFactory = static _ => 3,
}.Within(1, MaxSeeds);
Option<int?> epochs = new Option<int?>("--epochs")
{
    Description = "Maximum number of epochs; default: a suitable number for the task",
}.Within(1, MaxEpochs);
Option<string> output = new("--output")
{
    Description = "Folder of results; a second run with the same folder makes only missing results",
    DefaultValueFactory = static _ => "results",
};

Option<string> data = new("--data")
{
    Description = "Table: cells separated by comma, semicolon, tab or bar; header and gzip compression are optional", Required = true,
};
Option<string?> time = new("--time") { Description = "The time column; 'none': rows are in the file's order; default: recognised" };
Option<int?> season = new Option<int?>("--season")
{
    Description = "Rows in a season; default: from the times (24 for hourly rows), otherwise from autocorrelation",
}.Within(1, int.MaxValue);
Option<string> horizon = new("--horizon")
{
    Description = "Rows to forecast, several separated by commas", DefaultValueFactory = static _ => "96",
};
Option<bool> intervals = new("--intervals") { Description = "Predict quantiles, which give intervals of 80 %, instead of means" };
Option<int?> stride = new Option<int?>("--stride")
{
    Description = "Rows from one training window to the next; 2 by default, more for long series",
}.Within(1, int.MaxValue);
Option<int> patch = new Option<int>("--patch")
{
    Description = "Rows of a patch, which is a token of the models", DefaultValueFactory = static _ => Forecasting.DefaultPatch,
}.Within(1, Forecasting.MaxLookback);
var forecasting = new Command("forecasting", "Forecast all columns of a series")
{
    data, time, season, horizon, intervals, stride, patch, mixers, seeds, epochs, output,
};
forecasting.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Forecasting.Plan(
    parsed.GetValue(data)!, Horizons(parsed), Mixers(parsed), parsed.GetValue(seeds), parsed.GetValue(epochs),
    parsed.GetValue(intervals), parsed.GetValue(stride), parsed.GetValue(season), parsed.GetValue(time),
    parsed.GetValue(patch))));

Option<string> typedData = new("--data") { Description = "Table of hourly rows with a column of times named date", Required = true };
var typed = new Command(
    "typed", "Forecast 96 rows of each column as users of records do, and tell how far streaming differs from the protocol of forecasting")
{
    typedData, seeds, epochs,
};
typed.SetAction((parsed, cancellation) => CommandLine.GuardAsync(
    () =>
    {
        TypedForecasting.Run(parsed.GetValue(typedData)!, parsed.GetValue(seeds), parsed.GetValue(epochs), cancellation);
        return 0;
    },
    "Stopped."));

Option<string> train = new("--train") { Description = "Labelled sequences to learn from, .ts", Required = true };
Option<string> test = new("--test") { Description = "Labelled sequences to score on, .ts", Required = true };
var classification = new Command("classification", "Classify sequences") { train, test, mixers, seeds, epochs, output };
classification.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Classification.Plan(
    parsed.GetValue(train)!, parsed.GetValue(test)!, Mixers(parsed), parsed.GetValue(seeds), parsed.GetValue(epochs) ?? 60)));

Option<string> times = new("--times")
{
    Description = "Times, one line per sequence; several files separated by commas, of which the first is the test part", Required = true,
};
Option<string> marks = new("--marks")
{
    Description = "Marks, one line per sequence; as many files as --times, in the same order", DefaultValueFactory = static _ => "",
};
Option<string> unit = new("--unit") { Description = "The unit of the times, for reports", DefaultValueFactory = static _ => "units" };
var events = new Command("events", "Predict the time and kind of the next event")
{
    times, marks, unit, mixers, seeds, epochs, output,
};
events.SetAction((parsed, cancellation) => Run(parsed, cancellation, () => Events.Plan(
    parsed.List(times), parsed.List(marks), parsed.GetValue(unit)!, Mixers(parsed), parsed.GetValue(seeds),
    parsed.GetValue(epochs) ?? 40)));

Option<string> folder = new("--data") { Description = "Folder of data sets; those below it are searched, too", Required = true };
string settingNames = string.Join(",", Enum.GetNames<PaperSetting>()).ToLowerInvariant();
Option<string> settings = new("--settings")
{
    Description = "Settings to run, several separated by commas", DefaultValueFactory = _ => settingNames,
};
Option<string> ours = new("--mixers")
{
    Description = $"Mixers of our recipe, several separated by commas: {Mixer.Options}; none: only the paper's recipe",
    DefaultValueFactory = static _ => "forgetting,forgetting-by-channel+convolution,transformer,mingru",
};
Option<int?> allEpochs = new Option<int?>("--epochs")
{
    Description = "Maximum number of epochs of both recipes; default: as they have it, which takes days",
}.Within(1, MaxEpochs);
Option<string> paperHorizon = new("--horizon")
{
    Description = "Rows to forecast, several separated by commas", DefaultValueFactory = static _ => "96,192,336,720",
};
Option<int> episodes = new Option<int>("--episodes")
{
    Description = "Episodes of each decision model", DefaultValueFactory = static _ => 10,
}.Within(1, 1_000_000);
var paper = new Command(
    "paper", "Run all data sets of the paper 'Attention as an RNN' that are in a folder, by the paper's recipe and ours")
{
    folder, settings, ours, seeds, allEpochs, paperHorizon, stride, episodes, output,
};
paper.SetAction((parsed, cancellation) => CommandLine.GuardAsync(
    () =>
    {
        string place = parsed.GetValue(output)!;
        OutputFolder.Prepare(place);
        var options = new PaperOptions(
            parsed.GetValue(folder)!, Settings(parsed),
            [
                PaperRecipe.Paper(parsed.GetValue(allEpochs)),
                .. Mixers(parsed, ours) is { Count: > 0 } chosen
                    ? (PaperRecipe[])[PaperRecipe.Ours(chosen, parsed.GetValue(allEpochs))] : [],
            ],
            Horizons(parsed, paperHorizon), parsed.GetValue(seeds), parsed.GetValue(episodes), parsed.GetValue(stride));
        return PaperExperiment.Run(options, place, CommandLine.Without("experiments", args, output), cancellation);
    },
    StoppedText));

var root = new RootCommand(
    "Compares mixers with each other and with naive baselines on real data, and writes a report. Models differ only in one attribute.")
{
    forecasting, typed, classification, events, paper,
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
    StoppedText);

IReadOnlyList<Mixer> Mixers(ParseResult parsed, Option<string>? option = null) => parsed.List(option ?? mixers) is ["none"] ? [] :
[
    .. parsed.RequiredList(option ?? mixers).SelectMany(static name => Mixer.Find(name)
        ?? throw new UserException($"--mixers: '{name}' is unknown; choose from {Mixer.Options}, or none.")).Distinct(),
];

IReadOnlyList<int> Horizons(ParseResult parsed, Option<string>? option = null) =>
[
    .. parsed.RequiredList(option ?? horizon).Select(static text => CommandLine.TryParse(text, 1, int.MaxValue, out int rows)
        ? rows : throw new UserException(CommandLine.Describe("--horizon", text, 1, int.MaxValue))).Distinct(),
];

IReadOnlyList<PaperSetting> Settings(ParseResult parsed) =>
[
    .. parsed.RequiredList(settings).Select(text => Array.FindIndex(
        Enum.GetNames<PaperSetting>(), n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is var index and >= 0
            ? Enum.GetValues<PaperSetting>()[index]
            : throw new UserException($"{settings.Name}: '{text}' is unknown; choose from {settingNames}.")),
];
