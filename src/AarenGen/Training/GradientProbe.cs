using AarenGen.Kernels;
using AarenGen.Memory;

namespace AarenGen.Training;

/// <summary>
/// Loss, outputs and all gradients of one sequence set, or of a chunk of each sequence, as a single batch: what tests compare with
/// references.
/// </summary>
internal sealed class GradientProbe<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly AlignedBuffer gradients;
    private readonly double scale;

    /// <param name="model">The model.</param>
    /// <param name="data">The sequences; of those with several chunks, the ones with the most come first.</param>
    /// <param name="dropoutSeed">Decides dropout.</param>
    /// <param name="chunks">How they are cut.</param>
    /// <param name="chunk">The chunk; sequences that have ended are left out.</param>
    /// <param name="states">The states before the chunk, which are used, and after it, which are written.</param>
    public GradientProbe(
        TModel model, SequenceData data, ulong dropoutSeed = 0, SequenceChunks chunks = default, int chunk = 0,
        CarriedStates<TModel>? states = null)
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        int[] all = [.. Enumerable.Range(0, data.Count).Where(i => chunks.Count(description.Tokens, data.GetLength(i)) > chunk)];
        int rows = all.Sum(i => BatchReader<TModel>.RowsOf(chunks, data.GetLength(i), chunk));
        int inputStride = Layout.Pad(description.RowInputWidth);
        var workspace = new PassWorkspace<TModel>(new(rows, all.Max(data.GetLength)), training: true);
        var packed = new AlignedBuffer(description.Layout.PackedTrainingFloats);
        var tokenGradients = new AlignedBuffer(rows * inputStride);
        Outputs = new float[rows * description.RowOutputWidth];
        model.PrepareFor(packed.Span, training: true, WorkerSlice.All);
        workspace.Train(
            model, data, all, packed.Span, dropoutSeed, tokenGradients.Span, Outputs,
            chunk: states is null ? new() { Chunks = chunks } : states.Around(chunks, chunk, first: 0, all.Length, hasNext: true));
        model.BackpropagateDerivedWeights(workspace.Gradients.Span, WorkerSlice.All);
        Weight = workspace.Weight;
        scale = Weight == 0 ? 1 : 1 / Weight;
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

    /// <summary>The sum of the weights, by which loss and gradients are divided; they are zero where it is.</summary>
    public double Weight { get; }

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
