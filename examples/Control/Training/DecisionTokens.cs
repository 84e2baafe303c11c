namespace Control;

/// <summary>
/// The tokens of a step, in training and in acting: its return-to-go, its observation and its action, each with the step's number in the
/// last column.
/// </summary>
/// <param name="Scale">Scales numbers to about one.</param>
/// <param name="Width">Columns of a token.</param>
internal readonly record struct DecisionTokens(TrajectoryScale Scale, int Width)
{
    /// <summary>Writes a return-to-go.</summary>
    public void Return(double toGo, int step, Span<float> token)
    {
        Begin(step, token);
        token[0] = Scale.Return(toGo);
    }

    /// <summary>Writes an observation.</summary>
    public void Observation(ReadOnlySpan<float> observation, int step, Span<float> token)
    {
        Begin(step, token);
        Scale.Observation(observation, token);
    }

    /// <summary>Writes an action.</summary>
    public void Action(ReadOnlySpan<float> action, int step, Span<float> token)
    {
        Begin(step, token);
        action.CopyTo(token);
    }

    private void Begin(int step, Span<float> token)
    {
        token.Clear();
        // Steps beyond the longest episode have its last number.
        token[Width - 1] = Math.Min(step, Sizes.TimeSteps - 1);
    }
}
