using System.Text;

namespace AarenGen;

/// <summary>How well events are predicted without a model.</summary>
/// <param name="Name">What predicts them, such as "Poisson, Markov chain".</param>
/// <param name="Scores">The scores, of the same events as the model's.</param>
public sealed record EventBaselineScores(string Name, EventScores Scores)
{
    /// <summary>The mean log-likelihood of an event, its wait and its mark, in nats: the more, the better.</summary>
    public double LogLikelihood => EventEvaluation.LogLikelihoodOf(Scores);
}

/// <summary>How well a model predicted events, beside what they tell without a model.</summary>
/// <param name="Model">The scores of the model. Waits and their densities are in units of <paramref name="Unit"/>.</param>
/// <param name="Baselines">
/// The scores of waits that depend on nothing, as a Poisson process has them, or log-normal; each with a Markov chain of marks, which
/// depend on the mark before.
/// </param>
/// <param name="Unit">The unit of time.</param>
/// <param name="AreBaselinesOfSameEvents">Whether the baselines were fitted to the scored events themselves, which favours them.</param>
public sealed record EventEvaluation(
    EventScores Model, IReadOnlyList<EventBaselineScores> Baselines, TimeSpan Unit, bool AreBaselinesOfSameEvents)
{
    /// <summary>What a reader should know, such as that the model was trained on the events that it is tested on.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The mean log-likelihood of an event by the model, its wait and its mark, in nats: the more, the better.</summary>
    public double LogLikelihood => LogLikelihoodOf(Model);

    /// <summary>The best one of the baselines.</summary>
    public EventBaselineScores BestBaseline => Baselines.MaxBy(static b => b.LogLikelihood)!;

    /// <summary>A line for the model, one for each baseline, and one for each notice.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Line("model", Model);
        foreach (EventBaselineScores baseline in Baselines)
        {
            text.Append('\n');
            Line(baseline.Name + (AreBaselinesOfSameEvents ? ", fitted to these events" : ""), baseline.Scores);
        }
        foreach (string notice in Notices)
        {
            text.Append('\n').Append(notice);
        }
        return text.ToString();

        void Line(string name, EventScores scores)
        {
            text.Append(FormattableString.Invariant(
                $"{name}: {scores.WaitCount} events, log-likelihood {LogLikelihoodOf(scores):F4} nats an event"));
            text.Append(FormattableString.Invariant($" (wait {scores.WaitLogLikelihood:F4}"));
            text.Append(scores.MarkCount == 0 ? ")" : FormattableString.Invariant(
                $", mark {scores.MarkLogLikelihood:F4}), mark accuracy {100 * scores.MarkAccuracy:F1} %"));
            text.Append(FormattableString.Invariant(
                $"; wait: mean absolute error {scores.MeanAbsoluteWaitError:G4}, RMSE {scores.RootMeanSquaredWaitError:G4} x {Unit}"));
        }
    }

    internal static double LogLikelihoodOf(EventScores scores) =>
        scores.WaitLogLikelihood + (scores.MarkCount == 0 ? 0 : scores.MarkLogLikelihood);
}

/// <summary>The result of a training on events.</summary>
/// <param name="Training">Losses, times, the best epoch.</param>
/// <param name="Events">Events that were trained on: those that are predicted from the ones before them.</param>
/// <param name="ValidationEvents">Those that validated.</param>
public sealed record EventReport(TrainingReport Training, long Events, long ValidationEvents)
{
    /// <summary>The events, and the epochs.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"trained on {Events} events{(ValidationEvents > 0 ? $", validated on {ValidationEvents}" : "")}\n{Training}");
}
