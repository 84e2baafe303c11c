using System.Globalization;
using AarenGen;
using Control;

namespace Experiments;

/// <summary>How decision models are built and trained, and how they act.</summary>
/// <param name="Blocks">Sizes.</param>
/// <param name="Training">Training; an epoch has as many windows as hold the data about once.</param>
/// <param name="Updates">Steps of training that decide the epochs instead; null: they are the recipe's.</param>
/// <param name="Rereads">Whether models act with the last steps alone, read again for each action, as their training windows are.</param>
/// <param name="TargetReturns">The return to reach in an environment; the best one of the data where there is none.</param>
internal sealed record DecisionRecipe(
    Blocks Blocks, Recipe Training, int? Updates, bool Rereads, IReadOnlyDictionary<string, double> TargetReturns);

/// <summary>Offline reinforcement learning: decision models learn from logged episodes and act in the environment.</summary>
internal static class Decisions
{
    /// <summary>The task's name.</summary>
    public const string Task = "control";

    /// <summary>Why nothing can act on this machine; null: it can.</summary>
    public static string? MissingSimulator { get; } = FindMissing(MuJoCoLibrary.Load);

    /// <summary>Why a simulator is missing, from loading it.</summary>
    public static string? FindMissing(Action load)
    {
        try
        {
            load();
            return null;
        }
        catch (UserException e)
        {
            return e.Message;
        }
    }

    /// <summary>The runs of a file, for every model and seed, and the data themselves.</summary>
    /// <param name="path">A file in D4RL's layout.</param>
    /// <param name="environment">Its environment.</param>
    /// <param name="contenders">The models to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="episodes">Episodes of each model.</param>
    /// <exception cref="UserException">The file is missing, has another format, or belongs to another environment.</exception>
    public static IReadOnlyList<PlannedRun> Plan(
        string path, string environment, IReadOnlyList<Contender<DecisionRecipe>> contenders, int seeds, int episodes)
    {
        EnvironmentDescription description = EnvironmentCatalog.Find(environment);
        var logged = new Logged(path, description);
        TrajectorySet data = logged.Read();
        DataIdentity name = new($"{environment}-{Path.GetFileName(path)}", data.Digest);
        string setting = string.Create(CultureInfo.InvariantCulture, $"{episodes} episodes");
        List<PlannedRun> runs =
            [new(new(Task, name, setting, "the data", 0), "", (_, _) => PolicyEvaluation.OfData(description, logged.Read()))];
        foreach (Contender<DecisionRecipe> contender in contenders)
        {
            DecisionRecipe whole = contender.Recipe;
            int windows = Math.Max(1, data.Steps / Sizes.ContextSteps);
            Recipe recipe = whole.Updates is not { } updates ? whole.Training
                : whole.Training with { Epochs = Math.Max(1, (int)Math.Round((double)updates * whole.Training.BatchSize / windows)) };
            string declaration = string.Create(CultureInfo.InvariantCulture, $"""
                [SequenceModel]
                [Continuous(1), Continuous({data.ObservationWidth}), Continuous({data.ActionWidth}), Categorical({Sizes.TimeSteps})]
                [Interleave({whole.Blocks.Width}, Shared = 1)]
                [LayerNorm]
                {contender.Mixer.Attribute(whole.Blocks, Sizes.Context)}
                [LayerNorm]
                [Dense({data.ActionWidth}, Activation = Activation.Tanh)]
                [MeanSquaredError]
                """);
            Acting acting = ActingOf(contender);
            string model = contender.Name + PolicyEvaluation.WayOf(acting);
            double? target = whole.TargetReturns.TryGetValue(environment, out double given) ? given : null;
            string asked = target?.ToString("R", CultureInfo.InvariantCulture) ?? "the best return";
            for (int seed = 1; seed <= seeds; seed++)
            {
                int one = seed;
                string options = string.Create(CultureInfo.InvariantCulture, $"{declaration}\n{recipe}\n{acting}; asked for {asked}");
                runs.Add(new(new(Task, name, setting, model, seed), options, (progress, cancellation) =>
                {
                    TrajectorySet episodesOfData = logged.Read();
                    TrajectoryScale scale = TrajectoryScale.Of(episodesOfData);
                    int width = Math.Max(Math.Max(episodesOfData.ObservationWidth, episodesOfData.ActionWidth), 1) + 1;
                    return ModelRun.Make(
                        declaration, new DecisionWindows(episodesOfData, scale, width, one), null, recipe, one,
                        new Score(description, episodesOfData, scale, acting, target, one, episodes), progress, cancellation);
                }));
            }
        }
        return runs;
    }

    /// <summary>
    /// How a model acts. A plain Aaren weighs its whole past, which in an episode is far longer than in training; two states in turn keep
    /// it short. A Transformer's context is as long as its training windows.
    /// </summary>
    private static Acting ActingOf(Contender<DecisionRecipe> contender) => contender.Mixer.Kind switch
    {
        MixerKind.Transformer => Acting.Streaming,
        _ when contender.Recipe.Rereads => Acting.Rereading,
        MixerKind.Aaren => Acting.Relay,
        _ => Acting.Streaming,
    };

    /// <summary>Episodes of a file, kept only while a run uses them: twelve files would not fit into memory.</summary>
    private sealed class Logged(string path, EnvironmentDescription environment)
    {
        private readonly Lock gate = new();
        private readonly WeakReference<TrajectorySet?> kept = new(null);

        public TrajectorySet Read()
        {
            lock (gate)
            {
                if (!kept.TryGetTarget(out TrajectorySet? data))
                {
                    kept.SetTarget(data = TrajectoryFile.Read(path, environment));
                }
                return data;
            }
        }
    }

    /// <summary>Lets the trained model act.</summary>
    private sealed class Score(
        EnvironmentDescription environment, TrajectorySet data, TrajectoryScale scale, Acting acting, double? target, int seed,
        int episodes) : IScore
    {
        public RunOutcome Of<TModel>(TModel model, CancellationToken cancellation)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            ModelDescription description = SequenceModel<TModel>.Description;
            Agent agent = acting switch
            {
                Acting.Streaming => new StreamingAgent<TModel>(model, scale),
                Acting.Rereading => new RereadingAgent<TModel>(model, scale, Sizes.ContextSteps),
                _ => new RelayAgent<TModel>(model, scale, Sizes.ContextSteps),
            };
            var policy = new TrainedPolicy(
                environment.Name, environment.Name, Learner.Aaren, seed, scale, target ?? data.Episodes.Max(static e => e.Return),
                data.MeanReturn, data.Digest, description.Fingerprint, "", ProgramVersion.Current,
                new(description.Card, description.ParameterCount, description.StateBytes, "", [], 0, 0));
            using ControlEnvironment world = EnvironmentCatalog.Create(environment.Name);
            return PolicyEvaluation.Run(world, agent, policy, episodes, new Progress<double>(), cancellation);
        }
    }
}
