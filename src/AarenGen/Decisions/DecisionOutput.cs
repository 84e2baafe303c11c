namespace AarenGen;

/// <summary>
/// A decision as generated code views it: the last outputs of a stream. It is valid until the stream decides again, is reset or loaded;
/// afterwards reading it is an <see cref="InvalidOperationException"/>.
/// </summary>
public readonly struct DecisionOutput
{
    private readonly DecisionCore? core;
    private readonly long version;

    internal DecisionOutput(DecisionCore core) => (this.core, version) = (core, core.Version);

    private DecisionCore Core => SeriesCore.Check(core, version, "decision");

    /// <summary>A number that is decided.</summary>
    /// <param name="action">Which of them, from 0.</param>
    /// <returns>A number within the bounds of the action.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="action"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">A category is decided, or the stream has gone on.</exception>
    public float Value(int action)
    {
        DecisionLayout layout = Core.Layout;
        return !layout.IsDiscrete ? layout.Range(Arguments.CheckIndex(action, layout.ActionCount)).Restore(core!.Outputs[action])
            : throw new InvalidOperationException($"A category is decided, not numbers; read {nameof(Choose)}.");
    }

    /// <summary>The most probable category; the first one in a tie.</summary>
    /// <typeparam name="TAction">The type of actions.</typeparam>
    /// <param name="actions">All categories.</param>
    /// <exception cref="ArgumentNullException"><paramref name="actions"/> is null.</exception>
    /// <exception cref="InvalidOperationException">Numbers are decided, or the stream has gone on.</exception>
    public TAction Choose<TAction>(ClassLabels<TAction> actions) where TAction : notnull => Prediction(actions).MostLikely;

    /// <summary>The probability of a category.</summary>
    /// <typeparam name="TAction">The type of actions.</typeparam>
    /// <param name="actions">All categories.</param>
    /// <param name="action">One of them.</param>
    /// <exception cref="ArgumentNullException"><paramref name="actions"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="action"/> is none of them.</exception>
    /// <exception cref="InvalidOperationException">Numbers are decided, or the stream has gone on.</exception>
    public double Probability<TAction>(ClassLabels<TAction> actions, TAction action) where TAction : notnull =>
        Prediction(actions).Probability(action);

    /// <summary>All categories with their probabilities, the most probable first; of equal ones, in their order.</summary>
    /// <typeparam name="TAction">The type of actions.</typeparam>
    /// <param name="actions">All categories.</param>
    /// <exception cref="ArgumentNullException"><paramref name="actions"/> is null.</exception>
    /// <exception cref="InvalidOperationException">Numbers are decided, or the stream has gone on.</exception>
    public IReadOnlyList<(TAction Action, double Probability)> Rank<TAction>(ClassLabels<TAction> actions) where TAction : notnull =>
        Prediction(actions).Rank();

    /// <summary>Draws a category by its probability, and tells the stream that it is taken.</summary>
    /// <typeparam name="TAction">The type of actions.</typeparam>
    /// <param name="actions">All categories.</param>
    /// <param name="random">The source.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">Numbers are decided, or the stream has gone on.</exception>
    public TAction Sample<TAction>(ClassLabels<TAction> actions, Random random) where TAction : notnull
    {
        TAction action = Prediction(actions).Sample(random);
        core!.Action[0] = actions.IndexOf(action);
        return action;
    }

    private LabelledPrediction<TAction> Prediction<TAction>(ClassLabels<TAction> actions) where TAction : notnull
    {
        ArgumentNullException.ThrowIfNull(actions);
        return Core.Layout.IsDiscrete ? new(actions, new(core!.Outputs))
            : throw new InvalidOperationException($"Numbers are decided, not a category; read {nameof(Value)}.");
    }
}
