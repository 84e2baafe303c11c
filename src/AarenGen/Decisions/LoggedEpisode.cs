namespace AarenGen;

/// <summary>An episode that was logged. Immutable.</summary>
/// <param name="Records">Its steps, checked.</param>
/// <param name="ReturnsToGo">Of each step, the sum of the rewards from it on.</param>
internal sealed record LoggedEpisode(RecordSequence Records, double[] ReturnsToGo)
{
    public int Steps => ReturnsToGo.Length;

    /// <summary>The sum of its rewards.</summary>
    public double Return => ReturnsToGo[0];

    /// <summary>Checks the steps of episodes, and sums their rewards.</summary>
    /// <exception cref="RecordException">An action or a reward is missing, an action out of bounds, an episode too long.</exception>
    public static IReadOnlyList<LoggedEpisode> Of(DecisionLayout layout, IReadOnlyList<RecordSequence> sequences) =>
        [.. sequences.Select(s => Of(layout, s))];

    /// <summary>Writes tokens of the episode, from one on. Those of a step are its return, its observation and its action.</summary>
    public void ReadTokens(DecisionLayout layout, double returnScale, int first, Span<float> tokens)
    {
        for (int i = 0; i * layout.TokenWidth < tokens.Length; i++)
        {
            int step = (first + i) / DecisionLayout.TokensPerStep;
            ReadOnlySpan<double> values = Records.Values(step);
            Span<float> token = tokens.Slice(i * layout.TokenWidth, layout.TokenWidth);
            switch ((first + i) % DecisionLayout.TokensPerStep)
            {
                case 0:
                    layout.WriteReturn(ReturnsToGo[step] / returnScale, values, step, token);
                    break;
                case DecisionLayout.Observation:
                    layout.WriteObservation(values, step, token);
                    break;
                default:
                    layout.WriteAction(values, step, token);
                    break;
            }
        }
    }

    private static LoggedEpisode Of(DecisionLayout layout, RecordSequence records)
    {
        if (records.Count > layout.MaxSteps)
        {
            throw Wrong(layout.MaxSteps, FormattableString.Invariant(
                $"is beyond the longest episode of {layout.MaxSteps} steps; declare [Decide] with more of them"));
        }
        var toGo = new double[records.Count];
        double sum = 0;
        for (int step = records.Count - 1; step >= 0; step--)
        {
            ReadOnlySpan<double> values = records.Values(step);
            double reward = values[layout.RewardColumn];
            string? mistake = double.IsNaN(reward)
                ? $"has no {layout.Columns[layout.RewardColumn].Name}; fill in what its action was worth, 0 for nothing"
                : layout.FindMistake(values);
            if (mistake is not null)
            {
                throw Wrong(step, mistake);
            }
            toGo[step] = sum += reward;
        }
        return new(records, toGo);

        RecordException Wrong(int step, string mistake) => new($"{records.Where(step)}, {mistake}.");
    }
}
