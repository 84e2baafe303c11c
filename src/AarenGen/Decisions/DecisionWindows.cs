namespace AarenGen;

/// <summary>
/// Windows of logged episodes, as a model that decides is trained on them: the loss counts the action that follows each observation. An
/// episode that is longer than a window is cut into several, which overlap by half. Thread-safe.
/// </summary>
internal sealed class DecisionWindows : SequenceData
{
    private readonly DecisionLayout layout;
    private readonly IReadOnlyList<LoggedEpisode> episodes;
    private readonly double returnScale;
    private readonly int windowSteps;
    private readonly List<(int Episode, int Start)> windows = [];

    /// <param name="layout">The layout of tokens.</param>
    /// <param name="episodes">The episodes.</param>
    /// <param name="returnScale">What returns are divided by.</param>
    /// <param name="windowSteps">Steps of a window, 1 or more.</param>
    public DecisionWindows(DecisionLayout layout, IReadOnlyList<LoggedEpisode> episodes, double returnScale, int windowSteps)
    {
        (this.layout, this.episodes, this.returnScale, this.windowSteps) = (layout, episodes, returnScale, windowSteps);
        int stride = Math.Max(1, windowSteps / 2);
        for (int e = 0; e < episodes.Count; e++)
        {
            int last = Math.Max(0, episodes[e].Steps - windowSteps);
            for (int start = 0; start < last; start += stride)
            {
                windows.Add((e, start));
            }
            windows.Add((e, last));
        }
    }

    public override int Count => windows.Count;

    public override int TokenWidth => layout.TokenWidth;

    public override int TargetWidth => layout.ActionCount;

    /// <summary>Windows share steps; whole episodes have each once.</summary>
    internal override SequenceData ForStatistics => windows.Count == episodes.Count ? this
        : new DecisionWindows(layout, episodes, returnScale, int.MaxValue);

    /// <summary>Tokens of a window: the action of its last step decides nothing, and is left out.</summary>
    public override int GetLength(int index) =>
        Math.Min(windowSteps, episodes[windows[index].Episode].Steps) * DecisionLayout.TokensPerStep - 1;

    public override void ReadTokens(int index, Span<float> tokens) => ReadTokens(index, 0, tokens);

    public override void ReadTokens(int index, int first, Span<float> tokens)
    {
        (int episode, int start) = windows[index];
        episodes[episode].ReadTokens(layout, returnScale, start * DecisionLayout.TokensPerStep + first, tokens);
    }

    public override float ReadTarget(int index, int token, Span<float> target)
    {
        if (token % DecisionLayout.TokensPerStep != DecisionLayout.Observation)
        {
            return 0;
        }
        layout.WriteTarget(episodes[windows[index].Episode].Records.Values(StepOf(index, token)), target);
        return 1;
    }

    internal override string Locate(int index, int token) => episodes[windows[index].Episode].Records.Where(StepOf(index, token));

    private int StepOf(int index, int token) => windows[index].Start + token / DecisionLayout.TokensPerStep;
}
