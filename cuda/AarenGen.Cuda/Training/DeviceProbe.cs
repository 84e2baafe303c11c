using AarenGen.Cuda.Driver;
using AarenGen.Training;

namespace AarenGen.Cuda.Training;

/// <summary>
/// Loss, outputs and all gradients of one sequence set, or of a chunk of each sequence, as a single batch on a device: what tests compare
/// with references.
/// </summary>
internal sealed class DeviceProbe<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly float[] gradients;
    private readonly float scale;

    /// <param name="model">The model.</param>
    /// <param name="data">The sequences; of those with several chunks, the ones with the most come first.</param>
    /// <param name="precision">The arithmetic of matrix multiplications.</param>
    /// <param name="dropoutSeed">Decides dropout.</param>
    /// <param name="otherProgram">Kernels that take the place of the model's own.</param>
    /// <param name="chunks">How sequences are cut.</param>
    /// <param name="chunk">The chunk; sequences that have ended are left out.</param>
    /// <param name="states">The states before the chunk, as <see cref="States"/> returned them.</param>
    public DeviceProbe(
        TModel model, SequenceData data, MatrixPrecision precision = MatrixPrecision.Float32, ulong dropoutSeed = 0,
        DeviceProgram? otherProgram = null, SequenceChunks chunks = default, int chunk = 0, double[]? states = null)
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        DeviceProgram program = otherProgram ?? model.DeviceProgram!;
        int[] all = [.. Enumerable.Range(0, data.Count).Where(i => chunks.Count(description.Tokens, data.GetLength(i)) > chunk)];
        int rows = all.Sum(i => BatchReader<TModel>.RowsOf(chunks, data.GetLength(i), chunk)), stride = BatchReader<TModel>.TokenStride,
            sequences = all.Length * description.Tokens.Channels;
        bool isCut = chunks.Tokens is not null;
        using var context = new CudaContext();
        using var work = new CudaStream(context);
        using var device = new DeviceModel<TModel>(context, program, precision, rows, sequences, isCut);
        using var slot = new BatchSlot<TModel>(context, work, rows, sequences);
        device.Upload(new(model.WeightBuffer, new(description.Layout.WeightFloats), new(description.Layout.WeightFloats)), work);
        using DeviceStates<TModel>? around = isCut ? new(context, work, all.Length) : null;
        around?.Restore((states ?? []).AsSpan()[..(chunk == 0 ? 0 : all.Length * CarriedStates<TModel>.StateDoubles)], work);
        BatchExtent extent = slot.Read(
            new(all.Max(data.GetLength)) { Standardizer = model.Standardizer }, data, all, weightScale: 1,
            around is null ? default : around.Around(chunks, chunk, all.Length, hasNext: true));
        // All of a step but its last launch, which would change the weights.
        using CudaGraph graph = device.Record(
            work, slot.Fill(device.Addresses),
            [.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update.SkipLast(1)]);
        Weight = extent.Weight;
        scale = Weight == 0 ? 1 : (float)(1 / Weight);
        slot.Run(
            extent,
            new()
            {
                Rows = extent.Rows, Sequences = extent.Sequences, Training = 1, TokenGradients = 1, Scale = scale, Seed = dropoutSeed,
            },
            work, graph, around?.Settings(chunk, hasNext: true));
        around?.Advance();
        States = around?.Copy(all.Length, work) ?? [];
        var results = new Results[1];
        device.Results.CopyTo(results, work);
        Loss = results[0].Loss;
        gradients = new float[description.Layout.WeightFloats];
        device.Gradients.CopyTo(gradients, work);
        TokenGradients = Rows(device.TokenGradients, 0, stride, description.RowInputWidth, scale);
        Outputs = new float[rows * description.RowOutputWidth];
        foreach ((HeadDescription head, int memory) in description.Heads.Zip(program.Outputs))
        {
            float[] own = Rows(device.Memory, (long)memory * rows, Kernels.Layout.Pad(head.OutputWidth), head.OutputWidth, 1);
            for (int row = 0; row < rows; row++)
            {
                own.AsSpan(row * head.OutputWidth, head.OutputWidth).CopyTo(
                    Outputs.AsSpan(row * description.RowOutputWidth + head.OutputOffset));
            }
        }

        float[] Rows(DeviceView<float> view, long start, int rowStride, int width, float factor)
        {
            var padded = new float[rows * rowStride];
            view.Slice(start, padded.Length).CopyTo(padded, work);
            return [.. Enumerable.Range(0, rows * width).Select(i => padded[i / width * rowStride + i % width] * factor)];
        }
    }

    public double Loss { get; }

    /// <summary>The sum of the weights, by which loss and gradients are divided; they are not where it is zero.</summary>
    public double Weight { get; }

    /// <summary>The states after the chunk, each as a stream has it; empty where sequences are not cut.</summary>
    public double[] States { get; }

    public float[] Outputs { get; }

    public float[] TokenGradients { get; }

    public float[] Gradient(ParameterDescription parameter)
    {
        var result = new float[parameter.Rows * parameter.Columns];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = gradients[parameter.Offset + i / parameter.Columns * parameter.RowStride + i % parameter.Columns] * scale;
        }
        return result;
    }
}
