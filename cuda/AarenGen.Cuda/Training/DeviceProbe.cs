using AarenGen.Cuda.Driver;
using AarenGen.Training;

namespace AarenGen.Cuda.Training;

/// <summary>
/// Loss, outputs and all gradients of one sequence set as a single batch on a device: what tests compare with references.
/// </summary>
internal sealed class DeviceProbe<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly float[] gradients;
    private readonly float scale;

    public DeviceProbe(
        TModel model, SequenceData data, MatrixPrecision precision = MatrixPrecision.Float32, ulong dropoutSeed = 0,
        DeviceProgram? otherProgram = null)
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        DeviceProgram program = otherProgram ?? model.DeviceProgram!;
        int[] all = [.. Enumerable.Range(0, data.Count)];
        int rows = all.Sum(i => BatchReader<TModel>.RowsOf(data.GetLength(i))), stride = BatchReader<TModel>.TokenStride,
            sequences = data.Count * description.Tokens.Channels;
        using var context = new CudaContext();
        using var work = new CudaStream(context);
        using var device = new DeviceModel<TModel>(context, program, precision, rows, sequences);
        using var slot = new BatchSlot<TModel>(context, work, rows, sequences);
        device.Upload(new(model.WeightBuffer, new(description.Layout.WeightFloats), new(description.Layout.WeightFloats)), work);
        BatchExtent extent = slot.Read(new(all.Max(data.GetLength)), data, all);
        // All of a step but its last launch, which would change the weights.
        using CudaGraph graph = device.Record(
            work, slot.Fill(device.Addresses),
            [.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update.SkipLast(1)]);
        scale = (float)(1 / extent.Weight);
        slot.Run(
            extent,
            new()
            {
                Rows = extent.Rows, Sequences = extent.Sequences, Training = 1, TokenGradients = 1, Scale = scale, Seed = dropoutSeed,
            },
            work, graph);
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
