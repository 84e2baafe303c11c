namespace AarenGen.Benchmarks;

/// <summary>Our Step, its large matrices in some precision.</summary>
internal sealed class OwnStep<TModel> : IStepPeer where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly TModel model;
    private readonly StreamState<TModel> state;
    private readonly float[] output = new float[SequenceModel<TModel>.Description.OutputWidth];

    public OwnStep(WeightPrecision precision, int seed)
    {
        model = SequenceModel<TModel>.Create(seed);
        model.UsePrecision(precision);
        state = model.CreateState();
        Name = precision == WeightPrecision.Float32 ? "AarenGen" : $"AarenGen, {(precision == WeightPrecision.BFloat16 ? "bf16" : "int8")}";
    }

    public string Name { get; }

    public ReadOnlySpan<float> Step(ReadOnlySpan<float> token)
    {
        model.Step(state, token, output);
        return output;
    }

    public void Dispose()
    {
    }
}
