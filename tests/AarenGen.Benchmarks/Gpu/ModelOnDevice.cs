using AarenGen.Cuda;
using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Training;
using AarenGen.Memory;
using AarenGen.Training;

namespace AarenGen.Benchmarks;

/// <summary>A model with one batch on a device, whose training step has run once: any of its kernels can be run again separately.</summary>
internal sealed class ModelOnDevice<TModel> : IDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly CudaStream stream;
    private readonly DeviceModel<TModel> model;
    private readonly BatchSlot<TModel> slot;
    private readonly CudaGraph step;
    private readonly Pass pass;

    public ModelOnDevice(CudaContext context, CudaStream stream, MatrixPrecision products, DeviceBatch batch)
    {
        this.stream = stream;
        TModel own = SequenceModel<TModel>.Create(seed: 1);
        DeviceProgram program = own.DeviceProgram!;
        int[] lengths = batch.Lengths;
        int rows = lengths.Sum(), weights = SequenceModel<TModel>.Description.Layout.WeightFloats;
        model = new(context, program, products, rows, lengths.Length);
        slot = new(context, stream, rows, lengths.Length);
        model.Upload(new(own.WeightBuffer, new(weights), new(weights)), stream);
        pass = slot.Fill(model.Addresses);
        step = model.Record(stream, pass, [.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update]);
        BatchExtent extent = slot.Read(
            new(lengths.Max()), DeviceBatches.Random<TModel>(lengths, seed: 1), [.. Enumerable.Range(0, lengths.Length)]);
        slot.Run(extent, new()
        {
            Step = 1,
            Rows = extent.Rows,
            Sequences = extent.Sequences,
            Training = 1,
            Scale = (float)(1 / extent.Weight),
            Clip = 1,
            // So small that weights hardly change, however often the step is repeated.
            LearningRate = 1e-6f,
            Beta1 = 0.9f,
            Beta2 = 0.999f,
            Epsilon = 1e-8f,
            Correction1 = 0.1f,
            Correction2 = 0.001f,
        }, stream, step);
        stream.Synchronize();
    }

    /// <summary>Whether what a layer does with its rows is chained, as where layers are narrow.</summary>
    public bool HasChains => !model.Kernels.ContainsKey("Aaren1_hiddenSums_forward");

    /// <summary>Enqueues a whole training step.</summary>
    public void Step() => step.Launch(stream);

    /// <summary>
    /// Seconds of a kernel: its first launch in a step, several times in one graph, so that the host's part does not count.
    /// </summary>
    public Timing Measure(DeviceTimer timer, string kernel)
    {
        const int Times = 10;
        KernelLaunch launch = model.Program.Forward.Concat(model.Program.Backward).First(l => l.Kernel == kernel);
        using CudaGraph graph = model.Record(stream, pass, Enumerable.Repeat(launch, Times));
        Timing timing = timer.Measure(kernel, () => graph.Launch(stream));
        return timing with { Seconds = [.. timing.Seconds.Select(static s => s / Times)] };
    }

    public void Dispose()
    {
        step.Dispose();
        slot.Dispose();
        model.Dispose();
    }
}

/// <summary>Batches that benchmarks train on.</summary>
internal static class DeviceBatches
{
    /// <summary>Random sequences of these lengths.</summary>
    public static SequenceList Random<TModel>(int[] lengths, int seed) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var random = new Random(seed);
        var data = new SequenceList(description.InputWidth, description.TargetWidth);
        foreach (int length in lengths)
        {
            data.Add(Numbers(length * description.InputWidth), Numbers(length * description.TargetWidth));
        }
        return data;

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }
}
