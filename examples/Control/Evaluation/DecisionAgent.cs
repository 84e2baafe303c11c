using AarenGen;

namespace Control;

/// <summary>
/// A decision model that acts: before each action it is told the return still to reach and what is seen, and afterwards what it did.
/// </summary>
internal abstract class DecisionAgent<TModel>(TModel model, TrajectoryScale scale) : Agent
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly DecisionTokens tokens = new(scale, SequenceModel<TModel>.Description.InputWidth);
    private double toGo;
    private int step;

    /// <summary>The model.</summary>
    protected TModel Model { get; } = model;

    /// <summary>What the model remembers.</summary>
    protected StreamState<TModel> State { get; } = model.CreateState();

    /// <summary>Numbers of a token.</summary>
    protected int TokenWidth => tokens.Width;

    /// <summary>Numbers of an action.</summary>
    protected static int ActionWidth => SequenceModel<TModel>.Description.OutputWidth;

    /// <summary>Bytes of the model's state.</summary>
    protected static long ModelStateBytes => (long)SequenceModel<TModel>.Description.StateDoubles * sizeof(double);

    /// <inheritdoc/>
    public override void Begin(double targetReturn)
    {
        toGo = targetReturn;
        step = 0;
    }

    /// <inheritdoc/>
    public override void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        Span<float> told = BeginStep();
        tokens.Return(toGo, step, told[..TokenWidth]);
        tokens.Observation(observation, step, told.Slice(TokenWidth, TokenWidth));
        Decide(action);
        tokens.Action(action, step, told.Slice(2 * TokenWidth, TokenWidth));
        step++;
    }

    /// <inheritdoc/>
    public override void Reward(double reward) => toGo -= reward;

    /// <summary>Room for the step's tokens: return, observation, action.</summary>
    protected abstract Span<float> BeginStep();

    /// <summary>The action, from the step's return and observation.</summary>
    protected abstract void Decide(Span<float> action);
}

/// <summary>The whole history in a state of constant size: each token is read once.</summary>
internal sealed class StreamingAgent<TModel> : DecisionAgent<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    // The last action, which the model has not yet read, stands before this step's tokens.
    private readonly float[] tokens, outputs;
    private bool hasActed;

    /// <param name="model">The model.</param>
    /// <param name="scale">Brings numbers near to one.</param>
    public StreamingAgent(TModel model, TrajectoryScale scale) : base(model, scale)
    {
        tokens = new float[(1 + Sizes.TokensPerStep) * TokenWidth];
        outputs = new float[Sizes.TokensPerStep * ActionWidth];
    }

    /// <inheritdoc/>
    public override long StateBytes => ModelStateBytes;

    /// <inheritdoc/>
    public override void Begin(double targetReturn)
    {
        base.Begin(targetReturn);
        State.Reset();
        hasActed = false;
    }

    /// <inheritdoc/>
    protected override Span<float> BeginStep()
    {
        tokens.AsSpan(Sizes.TokensPerStep * TokenWidth, TokenWidth).CopyTo(tokens);
        return tokens.AsSpan(TokenWidth);
    }

    /// <inheritdoc/>
    protected override void Decide(Span<float> action)
    {
        // In one call, so that the weights are read once.
        int first = hasActed ? 0 : 1, count = Sizes.TokensPerStep - first;
        Model.Forward(State, tokens.AsSpan(first * TokenWidth, count * TokenWidth), outputs.AsSpan(0, count * ActionWidth));
        outputs.AsSpan((count - 1) * ActionWidth, ActionWidth).CopyTo(action);
        hasActed = true;
    }
}

/// <summary>A history that is cut: the last steps are read again for each action.</summary>
internal sealed class RereadingAgent<TModel> : DecisionAgent<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly int steps;
    private readonly float[] tokens, outputs;
    private int kept;

    /// <param name="model">The model.</param>
    /// <param name="scale">Brings numbers near to one.</param>
    /// <param name="steps">Steps that are read, the one to act in included.</param>
    public RereadingAgent(TModel model, TrajectoryScale scale, int steps) : base(model, scale)
    {
        this.steps = steps;
        tokens = new float[steps * Sizes.TokensPerStep * TokenWidth];
        outputs = new float[steps * Sizes.TokensPerStep * ActionWidth];
    }

    /// <inheritdoc/>
    public override long StateBytes => (long)tokens.Length * sizeof(float);

    private int StepWidth => Sizes.TokensPerStep * TokenWidth;

    /// <inheritdoc/>
    public override void Begin(double targetReturn)
    {
        base.Begin(targetReturn);
        kept = 0;
    }

    /// <inheritdoc/>
    protected override Span<float> BeginStep()
    {
        if (kept == steps)
        {
            tokens.AsSpan(StepWidth).CopyTo(tokens);
            kept--;
        }
        return tokens.AsSpan(kept++ * StepWidth, StepWidth);
    }

    /// <inheritdoc/>
    protected override void Decide(Span<float> action)
    {
        int count = kept * Sizes.TokensPerStep - 1;
        State.Reset();
        Model.Forward(State, tokens.AsSpan(0, count * TokenWidth), outputs.AsSpan(0, count * ActionWidth));
        outputs.AsSpan((count - 1) * ActionWidth, ActionWidth).CopyTo(action);
    }
}
