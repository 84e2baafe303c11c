using AarenGen.Kernels;
using AarenGen.Memory;

namespace AarenGen.Training;

/// <summary>Loss, outputs and all gradients of one sequence set as a single batch: what tests compare with references.</summary>
internal sealed class GradientProbe<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly AlignedBuffer gradients;
    private readonly double scale;

    public GradientProbe(TModel model, SequenceData data, ulong dropoutSeed = 0)
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        int[] all = [.. Enumerable.Range(0, data.Count)];
        int rows = all.Sum(i => BatchReader<TModel>.RowsOf(data.GetLength(i))), inputStride = Layout.Pad(description.RowInputWidth);
        var workspace = new PassWorkspace<TModel>(new(rows, all.Max(data.GetLength)), training: true);
        var packed = new AlignedBuffer(description.Layout.PackedTrainingFloats);
        var tokenGradients = new AlignedBuffer(rows * inputStride);
        Outputs = new float[rows * description.RowOutputWidth];
        model.PrepareFor(packed.Span, training: true, WorkerSlice.All);
        workspace.Train(model, data, all, packed.Span, dropoutSeed, tokenGradients.Span, Outputs);
        model.BackpropagateDerivedWeights(workspace.Gradients.Span, WorkerSlice.All);
        scale = 1 / workspace.Weight;
        gradients = workspace.Gradients;
        Loss = workspace.Loss * scale;
        TokenGradients = new float[rows * description.RowInputWidth];
        Rows.Unpad(tokenGradients.Span, rows, description.RowInputWidth, TokenGradients);
        foreach (ref float gradient in TokenGradients.AsSpan())
        {
            gradient *= (float)scale;
        }
    }

    public double Loss { get; }

    public float[] Outputs { get; }

    public float[] TokenGradients { get; }

    public float[] Gradient(ParameterDescription parameter)
    {
        var result = new float[parameter.Rows * parameter.Columns];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = gradients.Span[parameter.Offset + i / parameter.Columns * parameter.RowStride + i % parameter.Columns]
                * (float)scale;
        }
        return result;
    }
}
