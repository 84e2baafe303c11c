using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using Control;
using Spectre.Console;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

string environments = string.Join(", ", EnvironmentCatalog.Descriptions.Select(static d => d.Name));
Option<string> environment = new("--environment") { Description = $"Where to act: {environments}; several parted by commas", DefaultValueFactory = static _ => "cartpole", Recursive = true };
Option<string> output = new("--output") { Description = "Folder of data sets, policies and results; a second run goes on with what is missing", DefaultValueFactory = static _ => "control-output", Recursive = true };
Option<string> dataset = new("--dataset") { Description = "What to learn from: medium, medium-replay, medium-expert, or a file in D4RL's layout; several parted by commas", DefaultValueFactory = static _ => "medium-expert" };
Option<string> mixers = new("--mixers") { Description = "Who learns: decision models of aaren, transformer, mingru, minlstm, and behaviour cloning", DefaultValueFactory = static _ => "aaren,transformer,mingru,minlstm,cloning" };
Option<int> seeds = new("--seeds") { Description = "Seeds 1 to this", DefaultValueFactory = static _ => 1 };
Option<int> epochs = new("--epochs") { Description = "Times through the data, about", DefaultValueFactory = static _ => 3 };
Option<int> batch = new("--batch") { Description = "Windows a training step", DefaultValueFactory = static _ => 16 };
Option<double> rate = new("--learning-rate") { Description = "The highest learning rate", DefaultValueFactory = static _ => 1e-3 };
Option<int> episodes = new("--episodes") { Description = "Episodes that each policy acts in", DefaultValueFactory = static _ => 10 };
Option<int?> size = new("--size") { Description = "Steps of each data set, about; 100 episodes of full length by default" };
Option<int?> iterations = new("--iterations") { Description = "Iterations of the policy search; what suits the environment by default" };
Option<int> seed = new("--seed") { Description = "Decides what is drawn", DefaultValueFactory = static _ => 1 };
string learners = string.Join(", ", Enum.GetNames<Learner>()).ToLowerInvariant();
Option<string> mixer = new("--mixer") { Description = $"Who acts: {learners}", DefaultValueFactory = static _ => "aaren" };
Option<Acting?> acting = new("--acting") { Description = "How it acts: Streaming, with its whole history; Rereading the last steps; Relay, of two states; what suits the mixer by default" };
// What no machine could hold is refused as what makes no sense is.
Limit(seeds, 1, 10_000);
Limit(epochs, 1, 100_000);
Limit(batch, 1, 1_000_000);
Limit(episodes, 1, 1_000_000);
Limit(size, 2, 100_000_000);
Limit(iterations, 1, 1_000_000);
Limit(seed, 0, int.MaxValue);
rate.Validators.Add(result =>
{
    if (result.Tokens is [var token] && !(double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && double.IsFinite(value)))
    {
        result.AddError($"{rate.Name}: '{token.Value}' is no number above 0.");
    }
});

var collect = new Command("collect", "Search for a policy online and log trajectories on the way: medium, medium-replay, medium-expert") { size, iterations, seed };
collect.SetAction((parsed, cancellation) => Run(() =>
{
    foreach (EnvironmentDescription one in Environments(parsed))
    {
        Collection.Run(one.Name, Place(parsed).Data, parsed.GetValue(size), parsed.GetValue(iterations), parsed.GetValue(seed), cancellation);
    }
}));

var train = new Command("train", "Train decision models and behaviour cloning on logged trajectories") { dataset, mixers, seeds, epochs, batch, rate };
train.SetAction((parsed, cancellation) => Run(() => TrainJob.Run(Place(parsed), Selected(parsed), Recipe(parsed), cancellation)));

var evaluate = new Command("evaluate", "Let trained policies act, and write a report") { dataset, mixers, seeds, episodes };
evaluate.SetAction((parsed, cancellation) => Run(() => EvaluateJob.Run(Place(parsed), Selected(parsed), parsed.GetValue(episodes), CommandLine(), cancellation)));

var watch = new Command("watch", "Draw an episode of a trained policy as an animated SVG") { dataset, mixer, acting, seed };
watch.SetAction((parsed, _) => Run(() =>
{
    foreach (EnvironmentDescription one in Environments(parsed))
    {
        foreach (string name in Datasets(parsed))
        {
            Learner learner = LearnerOf(parsed.GetValue(mixer)!, mixer.Name);
            WatchJob.Run(Place(parsed), one, name, learner, parsed.GetValue(acting) ?? PolicyEvaluation.Actings(learner)[^1], parsed.GetValue(seed));
        }
    }
}));

var root = new RootCommand("Offline reinforcement learning: collects trajectories, trains decision models that differ by their mixer, lets them act.")
{
    environment, output, dataset, mixers, seeds, epochs, batch, rate, episodes, collect, train, evaluate, watch,
};
root.SetAction((parsed, cancellation) => Run(() =>
{
    Workplace place = Place(parsed);
    Selection selection = Selected(parsed);
    foreach (EnvironmentDescription one in selection.Environments.Where(e => selection.Datasets.Any(d => !place.Has(e, d))))
    {
        Collection.Run(one.Name, place.Data, null, null, 1, cancellation);
    }
    TrainJob.Run(place, selection, Recipe(parsed), cancellation);
    EvaluateJob.Run(place, selection, parsed.GetValue(episodes), CommandLine(), cancellation);
    WatchJob.Run(place, selection.Environments[0], selection.Datasets[0], selection.Learners[0], PolicyEvaluation.Actings(selection.Learners[0])[^1], 1);
}));
ParseResult command = root.Parse(args);
if (command.Action is ParseErrorAction)
{
    // An option of several commands is checked once for each.
    foreach (string message in command.Errors.Select(static e => e.Message.ReplaceLineEndings(" ")).Distinct())
    {
        Console.Error.WriteLine($"error: {message}");
    }
    return 1;
}
// Long enough for a training to write its checkpoint.
return await command.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });

async Task<int> Run(Action job)
{
    try
    {
        await Task.Run(job);
        return 0;
    }
    catch (Exception exception) when (Mistake(exception) is { } message)
    {
        // Not through the console's layout, which would break the line.
        Console.Error.WriteLine($"error: {message}");
        return 1;
    }
    catch (Exception exception) when (exception is OperationCanceledException || exception is AggregateException { InnerException: OperationCanceledException })
    {
        AnsiConsole.MarkupLine("Stopped. What is finished is kept: the same command goes on with what is missing.");
        return 130;
    }
}

static string? Mistake(Exception exception) => exception switch
{
    AggregateException { InnerException: { } inner } => Mistake(inner),
    UserException or ArgumentException or IOException or UnauthorizedAccessException or AarenGen.ModelFileException or AarenGen.TrainingDivergedException => exception.Message.ReplaceLineEndings(" "),
    _ => null,
};

// Where results go decides nothing about them.
string CommandLine() => "control " + string.Join(
    ' ', args.Where((a, i) => a != output.Name && (i == 0 || args[i - 1] != output.Name) && !a.StartsWith(output.Name + "=", StringComparison.Ordinal)));

Workplace Place(ParseResult parsed) => new(parsed.GetValue(output)!);

IReadOnlyList<EnvironmentDescription> Environments(ParseResult parsed) => [.. List(parsed, environment).Select(EnvironmentCatalog.Find)];

IReadOnlyList<string> Datasets(ParseResult parsed)
{
    IReadOnlyList<string> given = List(parsed, dataset);
    if (given.FirstOrDefault(static d => !Workplace.IsPath(d) && !Collection.Sets.Contains(d)) is { } unknown)
    {
        throw new UserException($"{dataset.Name}: there is no set '{unknown}'; choose of {string.Join(", ", Collection.Sets)}, or name a file that ends with .hdf5.");
    }
    return given.FirstOrDefault(Workplace.IsPath) is { } file && Environments(parsed) is { Count: > 1 }
        ? throw new UserException($"{dataset.Name}: {file} is of one environment, but {environment.Name} names several.")
        : given;
}

Selection Selected(ParseResult parsed) => new(
    Environments(parsed), Datasets(parsed), [.. List(parsed, mixers).Select(name => LearnerOf(name, mixers.Name)).Distinct()], parsed.GetValue(seeds));

PolicyRecipe Recipe(ParseResult parsed) => new(parsed.GetValue(epochs), parsed.GetValue(batch), parsed.GetValue(rate));

static IReadOnlyList<string> List(ParseResult parsed, Option<string> option)
{
    string[] names = [.. parsed.GetValue(option)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
    return names.Length > 0 ? names : throw new UserException($"{option.Name} is empty; {option.Description}.");
}

Learner LearnerOf(string name, string option) => Array.FindIndex(Enum.GetNames<Learner>(), l => l.Equals(name, StringComparison.OrdinalIgnoreCase)) is var index and >= 0
    ? Enum.GetValues<Learner>()[index] : throw new UserException($"{option}: there is no '{name}'; choose of {learners}.");

static void Limit<T>(Option<T> option, int min, int max) => option.Validators.Add(result =>
{
    if (result.Tokens is [var token] && !(int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max))
    {
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name}: '{token.Value}' is no whole number from {min} to {max}."));
    }
});
