using System.Diagnostics;
using AarenGen;

namespace Control;

/// <summary>How a trained model acts.</summary>
internal enum Acting
{
    /// <summary>With its whole history in one state.</summary>
    Streaming,

    /// <summary>With only the last steps, read again for each action, as in training.</summary>
    Rereading,

    /// <summary>With two states that alternate, so that none gets older than in training.</summary>
    Relay,
}

/// <summary>Makes the agent of a trained policy.</summary>
/// <param name="Path">Where the policy is kept, without ending.</param>
/// <param name="Policy">Its description.</param>
/// <param name="Acting">How it acts.</param>
internal sealed record AgentLoading(string Path, TrainedPolicy Policy, Acting Acting) : IModelUse<Agent>
{
    /// <inheritdoc/>
    public Agent With<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (Policy.Model != SequenceModel<TModel>.Description.Fingerprint)
        {
            throw new UserException($"{Path}.json: this policy was trained with another declaration of its model; train it again by the "
                + "command train.");
        }
        TModel model = SequenceModel<TModel>.Load(TrainedPolicy.WeightsOf(Path));
        return Policy.Learner == Learner.Cloning ? new CloningAgent<TModel>(model, Policy.Scale)
            : Acting switch
            {
                Acting.Streaming => new StreamingAgent<TModel>(model, Policy.Scale),
                Acting.Rereading => new RereadingAgent<TModel>(model, Policy.Scale, Sizes.ContextSteps),
                Acting.Relay => new RelayAgent<TModel>(model, Policy.Scale, Sizes.ContextSteps),
                _ => throw new ArgumentOutOfRangeException(nameof(Acting), Acting, null),
            };
    }
}

/// <summary>Lets an agent act and scores it.</summary>
internal static class PolicyEvaluation
{
    /// <summary>The ways in which a learner's models act, the best one last.</summary>
    public static IReadOnlyList<Acting> Actings(Learner learner) =>
        learner == Learner.Aaren ? [Acting.Streaming, Acting.Rereading, Acting.Relay] : [Acting.Streaming];

    /// <summary>The name of an agent in tables.</summary>
    public static string Name(Learner learner, Acting acting) =>
        LearnerNames.NameOf(learner) + (learner == Learner.Cloning ? "" : WayOf(acting));

    /// <summary>What the name of an agent says of its way of acting.</summary>
    public static string WayOf(Acting acting) => acting switch
    {
        Acting.Rereading => FormattableString.Invariant($", last {Sizes.ContextSteps} steps"),
        Acting.Relay => ", two states",
        _ => "",
    };

    /// <summary>Runs episodes. Their starts depend only on the seed and the episode, so all agents have the same starts.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="policy">Its description.</param>
    /// <param name="episodes">Number of episodes.</param>
    /// <param name="progress">Receives the fraction that is done.</param>
    /// <param name="cancellation">Stops.</param>
    public static RunOutcome Run(
        ControlEnvironment environment, Agent agent, TrainedPolicy policy, int episodes, IProgress<double> progress,
        CancellationToken cancellation)
    {
        const int Purpose = 100;
        var returns = new double[episodes];
        List<long> ticks = [];
        for (int i = 0; i < episodes; i++)
        {
            agent.Begin(policy.TargetReturn);
            returns[i] = EpisodeRecorder.Record(
                environment, Sampling.For(policy.Seed, Purpose, i),
                (observation, action) =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    long started = Stopwatch.GetTimestamp();
                    agent.Act(observation, action);
                    ticks.Add(Stopwatch.GetTimestamp() - started);
                },
                agent.Reward).Return;
            progress.Report((i + 1.0) / episodes);
        }
        ticks.Sort();
        double microseconds = ticks[ticks.Count / 2] * 1e6 / Stopwatch.Frequency;
        double[] scores = [.. returns.Select(environment.Description.NormalizedScore)];
        return new(
            [
                new("normalised score", scores.Average(), HigherIsBetter: true), new("return", returns.Average(), HigherIsBetter: true),
                new("us per action", microseconds),
            ],
            policy.Training with { StateBytes = agent.StateBytes },
            Scores: new(scores, environment.Description.NormalizedScore(policy.DataReturn)));
    }

    /// <summary>Scores of the data set itself, with which agents are compared.</summary>
    public static RunOutcome OfData(EnvironmentDescription environment, TrajectorySet data)
    {
        double[] scores = [.. data.Episodes.Select(e => environment.NormalizedScore(e.Return))];
        return new([new("normalised score", scores.Average(), HigherIsBetter: true), new("return", data.MeanReturn, HigherIsBetter: true)]);
    }
}
