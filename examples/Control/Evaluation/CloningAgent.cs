using AarenGen;

namespace Control;

/// <summary>Behaviour cloning: predicts the action that was logged after such an observation. It has no state.</summary>
internal sealed class CloningAgent<TModel>(TModel model, TrajectoryScale scale) : Agent
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly StreamState<TModel> state = model.CreateState();
    private readonly float[] scaled = new float[SequenceModel<TModel>.Description.InputWidth];

    /// <inheritdoc/>
    public override long StateBytes => 0;

    /// <inheritdoc/>
    public override void Begin(double targetReturn)
    {
    }

    /// <inheritdoc/>
    public override void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        scale.Observation(observation, scaled);
        model.Step(state, scaled, action);
    }
}
