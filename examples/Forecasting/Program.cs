using System.CommandLine;
using System.Globalization;
using Forecasting;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

Option<string> data = new("--data")
{
    Description = "Table: cells separated by comma, semicolon, tab or bar, header and gzip compression are optional",
    DefaultValueFactory = static _ => Path.Combine(AppContext.BaseDirectory, "data", "co2.csv"),
};
Option<string?> time = new("--time") { Description = "The time column; 'none': rows are in the file's order; default: recognised" };
Option<int> horizon = new Option<int>("--horizon")
{
    Description = "Samples to forecast", DefaultValueFactory = static _ => 24,
}.Within(1, int.MaxValue);
Option<int> epochs = new Option<int>("--epochs")
{
    Description = "Maximum number of passes through the training part", DefaultValueFactory = static _ => 60,
}.Within(1, 100_000);
Option<int> seed = new Option<int>("--seed")
{
    Description = "Seed of initial weights and order of the data", DefaultValueFactory = static _ => 1,
}.Within(0, int.MaxValue);
Option<int?> season = new Option<int?>("--season")
{
    Description = "Samples in a season; default: from the times (24 for hourly rows), otherwise from autocorrelation",
}.Within(1, int.MaxValue);
Option<int[]> split = new("--split")
{
    Description = "Rows for training, validation and test, such as 8640 2880 2880; default: 70, 10 and 20 %",
    AllowMultipleArgumentsPerToken = true, Arity = new ArgumentArity(3, 3),
};
split.CustomParser = result =>
{
    var rows = new int[result.Tokens.Count];
    for (int i = 0; i < rows.Length; i++)
    {
        if (!CommandLine.TryParse(result.Tokens[i].Value, 1, int.MaxValue, out rows[i]))
        {
            result.AddError(CommandLine.Describe(split.Name, result.Tokens[i].Value, 1, int.MaxValue));
            break;
        }
    }
    return rows;
};
Option<string> output = new("--output")
{
    Description = "Folder for weights and pictures", DefaultValueFactory = static _ => "forecasting-output",
};

var command = new RootCommand("Trains a streaming forecaster on a series and compares it with naive baselines.")
{
    data, time, horizon, epochs, seed, season, split, output,
};
command.SetAction((arguments, cancellation) => CommandLine.GuardAsync(
    () => new Job(
        arguments.GetValue(data)!, arguments.GetValue(time), arguments.GetValue(horizon), arguments.GetValue(epochs),
        arguments.GetValue(seed), arguments.GetValue(season), arguments.GetValue(split), arguments.GetValue(output)!).Run(cancellation),
    "Stopped."));
return await CommandLine.RunAsync(command, args);
