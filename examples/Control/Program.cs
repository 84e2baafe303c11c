using System.CommandLine;
using System.Globalization;
using Control;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

string environments = string.Join(", ", EnvironmentCatalog.Descriptions.Select(static d => d.Name));
string learners = string.Join(", ", Enum.GetValues<Learner>().Select(LearnerNames.OptionOf));
Option<string> environment = new("--environment")
{
    Description = $"Environments: {environments}; several separated by commas",
    DefaultValueFactory = static _ => "cartpole", Recursive = true,
};
Option<string> output = new("--output")
{
    Description = "Folder of data sets, policies and results; a second run continues with what is missing",
    DefaultValueFactory = static _ => "control-output", Recursive = true,
};
Option<string> dataset = new("--dataset")
{
    Description = "Data sets: medium, medium-replay, medium-expert, or a file in D4RL's layout; several separated by commas",
    DefaultValueFactory = static _ => "medium-expert",
};
Option<string> mixers = new("--mixers")
{
    Description = $"Learners: {learners}; cloning is behaviour cloning, the others are decision models that differ in their mixer",
    DefaultValueFactory = static _ => "forgetting,aaren,transformer,mingru,minlstm,cloning",
};
Option<string> mixer = new("--mixer")
{
    Description = $"The learner that acts: {learners}", DefaultValueFactory = static _ => "forgetting",
};
Option<Acting?> acting = new("--acting")
{
    Description = "Way of acting: Streaming, with its whole history; Rereading the last steps; Relay, of two states; "
        + "default: the best one for the mixer",
};
Option<double> rate = new Option<double>("--learning-rate")
{
    Description = "The highest learning rate", DefaultValueFactory = static _ => 1e-3,
}.Positive();
// Values that no machine could hold are errors, like senseless ones.
Option<int> seeds = new Option<int>("--seeds")
{
    Description = "Number of seeds, from 1", DefaultValueFactory = static _ => 1,
}.Within(1, 10_000);
Option<int> epochs = new Option<int>("--epochs")
{
    Description = "Approximate passes through the data", DefaultValueFactory = static _ => 3,
}.Within(1, 100_000);
Option<int> batch = new Option<int>("--batch")
{
    Description = "Windows per training step", DefaultValueFactory = static _ => 16,
}.Within(1, 1_000_000);
Option<int> episodes = new Option<int>("--episodes")
{
    Description = "Episodes per policy", DefaultValueFactory = static _ => 10,
}.Within(1, 1_000_000);
Option<int?> size = new Option<int?>("--size")
{
    Description = "Approximate steps of each data set; default: 100 episodes of full length",
}.Within(2, 100_000_000);
Option<int?> iterations = new Option<int?>("--iterations")
{
    Description = "Iterations of the policy search; default: a suitable number for the environment",
}.Within(1, 1_000_000);
Option<int> seed = new Option<int>("--seed")
{
    Description = "Seed of random numbers", DefaultValueFactory = static _ => 1,
}.Within(0, int.MaxValue);

var collect = new Command("collect", "Search for a policy online and log trajectories on the way: medium, medium-replay, medium-expert")
{
    size, iterations, seed,
};
collect.SetAction((parsed, cancellation) => Run(() =>
{
    foreach (EnvironmentDescription one in Environments(parsed))
    {
        Collection.Run(
            one.Name, Place(parsed).Data, parsed.GetValue(size), parsed.GetValue(iterations), parsed.GetValue(seed), cancellation);
    }
}));

var train = new Command("train", "Train decision models and behaviour cloning on logged trajectories")
{
    dataset, mixers, seeds, epochs, batch, rate,
};
train.SetAction((parsed, cancellation) => Run(() => TrainJob.Run(Place(parsed), Selected(parsed), Recipe(parsed), cancellation)));

var evaluate = new Command("evaluate", "Let trained policies act, and write a report") { dataset, mixers, seeds, episodes };
evaluate.SetAction((parsed, cancellation) => Run(
    () => EvaluateJob.Run(Place(parsed), Selected(parsed), parsed.GetValue(episodes), Told(), cancellation)));

var watch = new Command("watch", "Draw an episode of a trained policy as an animated SVG") { dataset, mixer, acting, seed };
watch.SetAction((parsed, cancellation) => Run(() =>
{
    foreach (EnvironmentDescription one in Environments(parsed))
    {
        foreach (string name in Datasets(parsed))
        {
            Learner learner = LearnerOf(parsed.GetValue(mixer)!, mixer.Name);
            Acting how = parsed.GetValue(acting) ?? PolicyEvaluation.Actings(learner)[^1];
            WatchJob.Run(Place(parsed), one, name, learner, how, parsed.GetValue(seed), cancellation);
        }
    }
}));

var root = new RootCommand(
    "Offline reinforcement learning: collects trajectories, trains decision models that differ only in their mixer, and lets them act.")
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
    EvaluateJob.Run(place, selection, parsed.GetValue(episodes), Told(), cancellation);
    Learner first = selection.Learners[0];
    WatchJob.Run(place, selection.Environments[0], selection.Datasets[0], first, PolicyEvaluation.Actings(first)[^1], 1, cancellation);
}));
return await CommandLine.RunAsync(root, args);

static Task<int> Run(Action job) => CommandLine.GuardAsync(
    () =>
    {
        job();
        return 0;
    },
    "Stopped. What is finished is kept: the same command continues with what is missing.");

string Told() => CommandLine.Without("control", args, output);

Workplace Place(ParseResult parsed) => new(parsed.GetValue(output)!);

IReadOnlyList<EnvironmentDescription> Environments(ParseResult parsed) =>
    [.. parsed.RequiredList(environment).Select(EnvironmentCatalog.Find)];

IReadOnlyList<string> Datasets(ParseResult parsed)
{
    string[] given = parsed.RequiredList(dataset);
    if (Array.Find(given, static d => !Workplace.IsPath(d) && !Collection.Sets.Contains(d)) is { } unknown)
    {
        throw new UserException(
            $"{dataset.Name}: there is no set '{unknown}'; choose from {string.Join(", ", Collection.Sets)}, "
            + "or name a file that ends with .hdf5.");
    }
    return Array.Find(given, Workplace.IsPath) is { } file && Environments(parsed) is { Count: > 1 }
        ? throw new UserException($"{dataset.Name}: {file} is of one environment, but {environment.Name} names several.")
        : given;
}

Selection Selected(ParseResult parsed) => new(
    Environments(parsed), Datasets(parsed),
    [.. parsed.RequiredList(mixers).Select(name => LearnerOf(name, mixers.Name)).Distinct()], parsed.GetValue(seeds));

PolicyRecipe Recipe(ParseResult parsed) => new(parsed.GetValue(epochs), parsed.GetValue(batch), parsed.GetValue(rate));

Learner LearnerOf(string name, string option) =>
    Array.FindIndex(
        Enum.GetValues<Learner>(), l => LearnerNames.OptionOf(l).Equals(name, StringComparison.OrdinalIgnoreCase)) is var index and >= 0
        ? Enum.GetValues<Learner>()[index] : throw new UserException($"{option}: there is no '{name}'; choose from {learners}.");
