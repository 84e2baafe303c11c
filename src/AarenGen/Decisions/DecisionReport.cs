using System.Text;

namespace AarenGen;

/// <summary>The result of a training from logged episodes.</summary>
/// <param name="Training">Losses, times, the best epoch.</param>
/// <param name="Episodes">Episodes that were trained on.</param>
/// <param name="Steps">Their steps.</param>
/// <param name="Returns">The returns of these episodes, from which to choose a target.</param>
/// <param name="Validation">
/// How close the weights that remain come to the actions of the episodes for validation; null: there were none.
/// </param>
public sealed record DecisionReport(
    TrainingReport Training, int Episodes, long Steps, ReturnSummary Returns, DecisionScores? Validation)
{
    /// <summary>The episodes, their returns, the epochs, the scores.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"trained on {Episodes} episodes of {Steps} steps; returns: {Returns}\n{Training}")
        + (Validation is null ? "" : $"\nvalidation: {Validation}");
}

/// <summary>The returns of some episodes: the sums of their rewards.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Median">The median.</param>
/// <param name="Percentile90">What nine of ten episodes did not surpass: a target that the data still have something to say of.</param>
/// <param name="Max">The largest.</param>
public sealed record ReturnSummary(double Min, double Mean, double Median, double Percentile90, double Max)
{
    /// <summary>All of them.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Min:G4} to {Max:G4}, mean {Mean:G4}, median {Median:G4}, 90 % below {Percentile90:G4}");

    /// <summary>Of one episode or more.</summary>
    internal static ReturnSummary Of(IEnumerable<double> returns)
    {
        double[] sorted = [.. returns.Order()];
        return new(sorted[0], sorted.Average(), Quantile(0.5), Quantile(0.9), sorted[^1]);

        // Between neighbours, as most tools interpolate.
        double Quantile(double fraction)
        {
            double place = fraction * (sorted.Length - 1);
            int below = (int)place;
            return below + 1 == sorted.Length ? sorted[below] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
        }
    }
}

/// <summary>How close decisions come to the actions of episodes, each decided from all that came before in its episode.</summary>
/// <param name="Steps">The steps.</param>
/// <param name="Actions">Of each action.</param>
/// <param name="LogLoss">
/// Of a category: the mean of −log of the probability that was given to the action taken, in nats; null for numbers.
/// </param>
/// <remarks>It says how well a model imitates, given the returns that were reached; how well it acts, only acting tells.</remarks>
public sealed record DecisionScores(long Steps, IReadOnlyList<ActionScore> Actions, double? LogLoss)
{
    /// <summary>A line for each action.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(FormattableString.Invariant($"{Steps} steps"));
        if (LogLoss is { } loss)
        {
            text.Append(FormattableString.Invariant($", log-loss {loss:F3}"));
        }
        foreach (ActionScore action in Actions)
        {
            text.Append('\n').Append(action);
        }
        return text.ToString();
    }
}

/// <summary>The error of an action, beside those of simple rules.</summary>
/// <param name="Name">The property's name.</param>
/// <param name="IsDiscrete">
/// Whether errors are fractions of steps with another category than the one taken; otherwise they are the roots of mean squared errors, in
/// the action's unit.
/// </param>
/// <param name="Error">That of the model.</param>
/// <param name="ConstantError">That of the mean of these actions, or of their most frequent category: the best constant.</param>
/// <param name="LastError">That of the action of the step before; at an episode's first step, of that constant.</param>
public sealed record ActionScore(string Name, bool IsDiscrete, double Error, double ConstantError, double LastError)
{
    /// <summary>All of it.</summary>
    public override string ToString() => IsDiscrete
        ? FormattableString.Invariant(
            $"{Name}: {100 * Error:F1} % wrong (most frequent action: {100 * ConstantError:F1} %, last action: {100 * LastError:F1} %)")
        : FormattableString.Invariant(
            $"{Name}: error {Error:G4} (mean action: {ConstantError:G4}, last action: {LastError:G4})");
}
