using AarenGen;

namespace Control;

/// <summary>Windows of a few steps, drawn from logged episodes: each step is as likely as any other to begin one.</summary>
/// <remarks>There are as many windows as hold all steps about once, so a training epoch sees the data about once.</remarks>
internal abstract class TrajectoryWindows : SequenceData
{
    private readonly (int Episode, int Start)[] windows;

    /// <param name="data">The episodes.</param>
    /// <param name="seed">Seed of the drawn windows.</param>
    protected TrajectoryWindows(TrajectorySet data, int seed)
    {
        Data = data;
        var random = new Random(seed);
        int[] ends = new int[data.Episodes.Count];
        for (int i = 0, end = 0; i < ends.Length; i++)
        {
            ends[i] = end += data.Episodes[i].Length;
        }
        windows = new (int, int)[Math.Max(1, data.Steps / Sizes.ContextSteps)];
        for (int i = 0; i < windows.Length; i++)
        {
            int step = random.Next(data.Steps);
            int found = Array.BinarySearch(ends, step + 1), episode = found < 0 ? ~found : found;
            windows[i] = (episode, step - (ends[episode] - data.Episodes[episode].Length));
        }
    }

    /// <inheritdoc/>
    public override int Count => windows.Length;

    /// <inheritdoc/>
    public override int TargetWidth => Data.ActionWidth;

    /// <summary>The episodes.</summary>
    protected TrajectorySet Data { get; }

    /// <summary>A window: the number of its episode, its first step, and how many steps it has.</summary>
    protected (int Episode, int Start, int Steps) Window(int index)
    {
        (int episode, int start) = windows[index];
        return (episode, start, Math.Min(Sizes.ContextSteps, Data.Episodes[episode].Length - start));
    }

    /// <summary>The observation of a step.</summary>
    protected ReadOnlySpan<float> Observation(int episode, int step) =>
        Data.Episodes[episode].Observations.AsSpan(step * Data.ObservationWidth, Data.ObservationWidth);

    /// <summary>The action of a step.</summary>
    protected ReadOnlySpan<float> Action(int episode, int step) =>
        Data.Episodes[episode].Actions.AsSpan(step * Data.ActionWidth, Data.ActionWidth);
}

/// <summary>Windows as a decision model reads them; the loss counts the action that follows each observation.</summary>
internal sealed class DecisionWindows : TrajectoryWindows
{
    private const int ObservationToken = 1;
    private readonly DecisionTokens tokens;
    private readonly double[][] returnsToGo;

    /// <param name="data">The episodes.</param>
    /// <param name="scale">Scales numbers to about one.</param>
    /// <param name="tokenWidth">Columns of a token.</param>
    /// <param name="seed">Seed of the drawn windows.</param>
    public DecisionWindows(TrajectorySet data, TrajectoryScale scale, int tokenWidth, int seed) : base(data, seed)
    {
        tokens = new(scale, tokenWidth);
        returnsToGo = [.. data.Episodes.Select(ReturnsToGo)];
    }

    /// <inheritdoc/>
    public override int TokenWidth => tokens.Width;

    /// <summary>Tokens of the window: the last step's action has no effect and is left out.</summary>
    public override int GetLength(int index) => Window(index).Steps * Sizes.TokensPerStep - 1;

    /// <inheritdoc/>
    public override void ReadTokens(int index, Span<float> tokens)
    {
        (int episode, int start, int steps) = Window(index);
        double[] toGo = returnsToGo[episode];
        for (int i = 0, at = 0; i < steps; i++)
        {
            int step = start + i;
            this.tokens.Return(toGo[step], step, Next(tokens, ref at));
            this.tokens.Observation(Observation(episode, step), step, Next(tokens, ref at));
            if (i < steps - 1)
            {
                this.tokens.Action(Action(episode, step), step, Next(tokens, ref at));
            }
        }
    }

    /// <inheritdoc/>
    public override float ReadTarget(int index, int token, Span<float> target)
    {
        if (token % Sizes.TokensPerStep != ObservationToken)
        {
            return 0;
        }
        (int episode, int start, _) = Window(index);
        Action(episode, start + token / Sizes.TokensPerStep).CopyTo(target);
        return 1;
    }

    private Span<float> Next(Span<float> tokens, ref int at) => tokens.Slice(at++ * TokenWidth, TokenWidth);

    /// <summary>For each step, the sum of the rewards from it on.</summary>
    private static double[] ReturnsToGo(Episode episode)
    {
        var toGo = new double[episode.Length];
        double sum = 0;
        for (int step = episode.Length - 1; step >= 0; step--)
        {
            toGo[step] = sum += episode.Rewards[step];
        }
        return toGo;
    }
}

/// <summary>Windows as behaviour cloning reads them: observations, each with the action that followed.</summary>
internal sealed class CloningWindows(TrajectorySet data, TrajectoryScale scale, int seed) : TrajectoryWindows(data, seed)
{
    /// <inheritdoc/>
    public override int TokenWidth => Data.ObservationWidth;

    /// <inheritdoc/>
    public override int GetLength(int index) => Window(index).Steps;

    /// <inheritdoc/>
    public override void ReadTokens(int index, Span<float> tokens)
    {
        (int episode, int start, int steps) = Window(index);
        for (int i = 0; i < steps; i++)
        {
            scale.Observation(Observation(episode, start + i), tokens.Slice(i * TokenWidth, TokenWidth));
        }
    }

    /// <inheritdoc/>
    public override float ReadTarget(int index, int token, Span<float> target)
    {
        (int episode, int start, _) = Window(index);
        Action(episode, start + token).CopyTo(target);
        return 1;
    }
}
