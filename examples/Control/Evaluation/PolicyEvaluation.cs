using System.Diagnostics;
using AarenGen;

namespace Control;

/// <summary>How a trained model acts.</summary>
internal enum Acting
{
    /// <summary>With all that its state holds.</summary>
    Streaming,

    /// <summary>With the last steps alone, read again for each action: as it was trained.</summary>
    Rereading,

    /// <summary>With two states that relieve each other, so that none gets older than in training.</summary>
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
            throw new UserException($"{Path}.json: this policy was trained with another declaration of its model; train it anew by the "
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
    /// <summary>The ways in which a learner's models act, the one that suits best last.</summary>
    public static IReadOnlyList<Acting> Actings(Learner learner) =>
        learner == Learner.Aaren ? [Acting.Streaming, Acting.Rereading, Acting.Relay] : [Acting.Streaming];

    /// <summary>What an agent is called in tables.</summary>
    public static string Name(Learner learner, Acting acting) => learner switch
    {
        Learner.Cloning => "behaviour cloning",
        _ when acting == Acting.Rereading => FormattableString.Invariant($"{learner}, last {Sizes.ContextSteps} steps"),
        _ when acting == Acting.Relay => $"{learner}, two states",
        _ => learner.ToString(),
    };

    /// <summary>Runs episodes; their starts depend on the seed and the episode alone, so that all agents meet the same.</summary>
    /// <param name="environment">Where.</param>
    /// <param name="agent">Who.</param>
    /// <param name="policy">What it was trained on.</param>
    /// <param name="episodes">How many.</param>
    /// <param name="progress">Told the share that is done.</param>
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
                new("us an action", microseconds),
            ],
            policy.Training with { StateBytes = agent.StateBytes },
            Scores: new(scores, environment.Description.NormalizedScore(policy.DataReturn)));
    }

    /// <summary>The data set itself, beside which agents stand.</summary>
    public static RunOutcome OfData(EnvironmentDescription environment, TrajectorySet data)
    {
        double[] scores = [.. data.Episodes.Select(e => environment.NormalizedScore(e.Return))];
        return new([new("normalised score", scores.Average(), HigherIsBetter: true), new("return", data.MeanReturn, HigherIsBetter: true)]);
    }
}
