using System.CommandLine;
using System.Globalization;
using AarenGen;
using Regimes;
using Spectre.Console;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

const int Windows = 2000, Streams = 32, MaxTokens = 10_000_000;

Option<int> tokens = new Option<int>("--tokens")
{
    Description = "Tokens of a stream", DefaultValueFactory = static _ => 20_000,
}.Within(1_000, MaxTokens);
Option<int> jumps = new Option<int>("--jumps")
{
    Description = "Tokens from one jump of the level to the next", DefaultValueFactory = static _ => 1_000,
}.Within(100, MaxTokens);
Option<int> epochs = new Option<int>("--epochs")
{
    Description = "Passes through the training windows", DefaultValueFactory = static _ => 10,
}.Within(1, 1_000);
Option<int> seed = new Option<int>("--seed")
{
    Description = "Seed of data and initial weights", DefaultValueFactory = static _ => 1,
}.Within(0, int.MaxValue - 1);
Option<string> output = new("--output") { Description = "Folder for the picture", DefaultValueFactory = static _ => "regimes-output" };

var command = new RootCommand(
    "Streams without end: models learn a jumping level from windows of 100 tokens, then follow streams that are far longer.")
{
    tokens, jumps, epochs, seed, output,
};
command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(() => Run(parsed, cancellation), "Stopped."));
return await CommandLine.RunAsync(command, args);

int Run(ParseResult parsed, CancellationToken cancellation)
{
    string folder = parsed.GetValue(output)!;
    OutputFolder.Prepare(folder);
    int first = parsed.GetValue(seed), length = parsed.GetValue(tokens), between = parsed.GetValue(jumps);
    SequenceList windows = LevelStream.Windows(Windows, first);
    LevelStream[] streams = [.. Enumerable.Range(0, Streams)
        .Select(i => LevelStream.Create(new(unchecked((first + 1) * Streams + i)), length + 1, t => t % between == 0))];
    List<StreamErrors> all = [];
    PlainAaren aaren = Train<PlainAaren>("Aaren");
    all.Add(StreamErrors.OfStates("Aaren", aaren, streams, cancellation));
    all.Add(StreamErrors.OfRelays("Aaren, two states", aaren, streams, cancellation));
    all.Add(StreamErrors.OfStates("Forgetting Aaren", Train<ForgettingAaren>("Forgetting Aaren"), streams, cancellation));
    const string byChannel = "Forgetting Aaren by channel";
    all.Add(StreamErrors.OfStates(byChannel, Train<ForgettingAarenByChannel>(byChannel), streams, cancellation));
    all.Add(StreamErrors.OfStates("minGRU", Train<Gru>("minGRU"), streams, cancellation));
    all.Add(StreamErrors.OfStates("Transformer", Train<Attention>("Transformer"), streams, cancellation));

    int shown = Math.Min(1_000, length / 2);
    var table = new Table().Border(TableBorder.Rounded).AddColumn("model");
    foreach (string column in (string[])[$"error, first {shown} tokens", $"last {shown} tokens", "state, bytes", "us a token"])
    {
        table.AddColumn(new TableColumn(column) { Alignment = Justify.Right });
    }
    foreach (StreamErrors model in all)
    {
        table.AddRow(
            model.Model, $"{model.Between(0, shown):F3}", $"{model.Between(length - shown, length):F3}", $"{model.StateBytes:N0}",
            $"{model.Microseconds:F2}");
    }
    AnsiConsole.Write(table);
    string picture = Path.Combine(folder, "regimes.svg");
    Picture.Draw(picture, all, between);
    Console.WriteLine(Plots.MissingFonts ?? $"Picture: {picture}");
    return 0;

    TModel Train<TModel>(string name) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(first);
        TrainingReport report = model.Fit(
            windows, options: new() { Epochs = parsed.GetValue(epochs), BatchSize = 16, LearningRate = 3e-3 },
            cancellationToken: cancellation);
        string loss = $"loss {report.Epochs[^1].TrainingLoss:F4}";
        Console.WriteLine($"{name}: {report.Epochs.Count} epochs in {report.Duration.TotalSeconds:F1} s, {loss}");
        return model;
    }
}
