using System.Globalization;
using Spectre.Console;

namespace Control;

/// <summary>The command watch: an episode of a trained policy as an animation.</summary>
internal static class WatchJob
{
    private const int Purpose = 200;

    /// <summary>Runs an episode and draws it.</summary>
    /// <param name="work">The folder.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="dataset">The data set that the policy was trained on, as it is now.</param>
    /// <param name="learner">The learner of the policy.</param>
    /// <param name="acting">How it acts.</param>
    /// <param name="seed">The seed of the policy; also decides the start.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="UserException">The policy is not trained on these data, or the simulator is missing.</exception>
    public static void Run(Workplace work, EnvironmentDescription environment, string dataset, Learner learner, Acting acting, int seed,
        CancellationToken cancellation)
    {
        OutputFolder.Prepare(work.Folder);
        Dataset data = work.Open(environment, dataset);
        string path = work.Policy(environment.Name, data, learner, seed);
        TrainedPolicy policy = TrainedPolicy.Find(path, data.Episodes) ?? throw new UserException(
            $"{path}.json: {learner} is not trained on {data.Identity(environment.Name).Name} as it is now, with seed {seed}; train it "
                + $"by: control train --environment {environment.Name} --dataset {dataset} --mixers "
                + $"{LearnerNames.OptionOf(learner)} --seeds {seed}");
        using ControlEnvironment world = EnvironmentCatalog.Create(environment.Name);
        Agent agent = ModelCatalog.Use(environment.Name, learner, new AgentLoading(path, policy, acting));
        agent.Begin(policy.TargetReturn);
        List<Scene> scenes = [];
        Episode episode = EpisodeRecorder.Record(world, Sampling.For(seed, Purpose), agent.Act, agent.Reward, () =>
        {
            cancellation.ThrowIfCancellationRequested();
            scenes.Add(world.Look());
        });
        string title = string.Create(
            CultureInfo.InvariantCulture,
            $"{environment.Name}, {PolicyEvaluation.Name(learner, acting)} trained on {data.Name}: {episode.Length} steps, "
            + $"return {episode.Return:F0}, score {environment.NormalizedScore(episode.Return):F1}");
        string file = Path.Combine(work.Folder, FileNames.Of($"{environment.Name}-{data.Name}")
            + FormattableString.Invariant($"-{learner}-{acting}-{seed}.svg").ToLowerInvariant());
        WholeFile.WriteText(file, AnimatedSvg.Draw(title, scenes, world.SecondsPerStep));
        AnsiConsole.MarkupLineInterpolated($"{title}\n{file}: open it in a browser");
    }
}
