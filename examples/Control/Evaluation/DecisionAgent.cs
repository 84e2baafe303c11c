using AarenGen;

namespace Control;

/// <summary>
/// A decision model that acts. Before each action it reads the return still to reach and the observation, and afterwards its action.
/// </summary>
internal abstract class DecisionAgent<TModel>(TModel model, TrajectoryScale scale) : Agent
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly DecisionTokens tokens = new(scale, SequenceModel<TModel>.Description.InputWidth);
    private double toGo;
    private int step;

    /// <summary>The model.</summary>
    protected TModel Model { get; } = model;

    /// <summary>The state of the model.</summary>
    protected StreamState<TModel> State { get; } = model.CreateState();

    /// <summary>Numbers of a token.</summary>
    protected int TokenWidth => tokens.Width;

    /// <summary>Numbers of an action.</summary>
    protected static int ActionWidth => SequenceModel<TModel>.Description.OutputWidth;

    /// <summary>Bytes of the model's state.</summary>
    protected static long ModelStateBytes => SequenceModel<TModel>.Description.StateBytes;

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

    /// <summary>Buffer for the step's tokens: return, observation, action.</summary>
    protected abstract Span<float> BeginStep();

    /// <summary>Computes the action from the step's return and observation.</summary>
    protected abstract void Decide(Span<float> action);
}

/// <summary>Tokens are read once, into states of constant size, whatever the episode's length.</summary>
internal abstract class OnceReadingAgent<TModel> : DecisionAgent<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    // The last action, which no state has read yet, comes before this step's tokens.
    private readonly float[] tokens, outputs;

    /// <param name="model">The model.</param>
    /// <param name="scale">Scales numbers to about one.</param>
    protected OnceReadingAgent(TModel model, TrajectoryScale scale) : base(model, scale)
    {
        tokens = new float[(1 + Sizes.TokensPerStep) * TokenWidth];
        outputs = new float[Sizes.TokensPerStep * ActionWidth];
    }

    /// <inheritdoc/>
    protected override Span<float> BeginStep()
    {
        tokens.AsSpan(Sizes.TokensPerStep * TokenWidth, TokenWidth).CopyTo(tokens);
        return tokens.AsSpan(TokenWidth);
    }

    /// <summary>Whether nothing was read in this episode.</summary>
    protected abstract bool IsFresh { get; }

    /// <summary>Reads tokens into the state.</summary>
    protected abstract void Read(ReadOnlySpan<float> tokens, Span<float> outputs);

    /// <inheritdoc/>
    protected override void Decide(Span<float> action)
    {
        // In one call, so that the weights are read once. At first there is no last action.
        int first = IsFresh ? 1 : 0, count = Sizes.TokensPerStep - first;
        Read(tokens.AsSpan(first * TokenWidth, count * TokenWidth), outputs.AsSpan(0, count * ActionWidth));
        outputs.AsSpan((count - 1) * ActionWidth, ActionWidth).CopyTo(action);
    }
}

/// <summary>The whole history in one state.</summary>
internal sealed class StreamingAgent<TModel>(TModel model, TrajectoryScale scale) : OnceReadingAgent<TModel>(model, scale)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <inheritdoc/>
    public override long StateBytes => ModelStateBytes;

    /// <inheritdoc/>
    public override void Begin(double targetReturn)
    {
        base.Begin(targetReturn);
        State.Reset();
    }

    /// <inheritdoc/>
    protected override bool IsFresh => State.TokenCount == 0;

    /// <inheritdoc/>
    protected override void Read(ReadOnlySpan<float> tokens, Span<float> outputs) => Model.Forward(State, tokens, outputs);
}

/// <summary>Two states that relieve each other, so that no history is longer than in training.</summary>
internal sealed class RelayAgent<TModel> : OnceReadingAgent<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly StateRelay<TModel> relay;

    /// <param name="model">The model.</param>
    /// <param name="scale">Scales numbers to about one.</param>
    /// <param name="steps">Steps of a whole history, an even number.</param>
    public RelayAgent(TModel model, TrajectoryScale scale, int steps) : base(model, scale) =>
        relay = model.CreateRelay(steps * Sizes.TokensPerStep);

    /// <inheritdoc/>
    public override long StateBytes => 2 * ModelStateBytes;

    /// <inheritdoc/>
    public override void Begin(double targetReturn)
    {
        base.Begin(targetReturn);
        relay.Reset();
    }

    /// <inheritdoc/>
    protected override bool IsFresh => relay.TokenCount == 0;

    /// <inheritdoc/>
    protected override void Read(ReadOnlySpan<float> tokens, Span<float> outputs) => Model.Forward(relay, tokens, outputs);
}

/// <summary>A limited history: the last steps are read again for each action.</summary>
internal sealed class RereadingAgent<TModel> : DecisionAgent<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly int steps;
    private readonly float[] tokens, outputs;
    private int kept;

    /// <param name="model">The model.</param>
    /// <param name="scale">Scales numbers to about one.</param>
    /// <param name="steps">Steps that are read, including the current one.</param>
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
