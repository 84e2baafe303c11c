using System.Diagnostics;
using AarenGen.Cuda;
using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Training;
using AarenGen.Training;

namespace AarenGen.Benchmarks;

/// <summary>
/// A row of the table of training steps. WithBatches: milliseconds a step by the host's clock, batches read and copied as in a training.
/// </summary>
internal sealed record DeviceStep(
    string Model, DeviceBatch Batch, string Name, string Products, double Milliseconds, double Spread, double? WithBatches)
{
    public double TokensPerSecond => 1e3 * Batch.Tokens / Milliseconds;
}

/// <summary>
/// Times a model's training steps: the graph of a step by the device's clock, and steps of the trainer, which reads and copies a batch
/// each.
/// </summary>
internal sealed class TrainingOnDevice(
    CudaContext context, CudaStream stream, DeviceTimer timer, MatrixPrecision products, DeviceBatch batch, bool isShort)
    : IModelVisitor<DeviceStep>
{
    public DeviceStep Visit<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        Timing timing;
        using (var own = new ModelOnDevice<TModel>(context, stream, products, batch))
        {
            timing = timer.Measure(model.Name, own.Step);
        }
        return new(
            model.Name, batch, "AarenGen, Aaren", DeviceTables.Name(products), 1e3 * timing.Median, timing.Spread,
            1e3 * WithBatches<TModel>());
    }

    private double WithBatches<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(seed: 1);
        int weights = SequenceModel<TModel>.Description.Layout.WeightFloats;
        int[] lengths = batch.Lengths;
        SequenceList data = DeviceBatches.Random<TModel>(lengths, seed: 1);
        var request = new EngineRequest<TModel>(
            model, new(model.WeightBuffer, new(weights), new(weights)), data, null, new() { BatchSize = lengths.Length }, lengths.Length,
            new(lengths.Max(), lengths.Max()), ValidationScale: 1);
        using var engine = new CudaEngine<TModel>(request, new CudaDevice { MatrixPrecision = products });
        int[] all = [.. Enumerable.Range(0, lengths.Length)];
        long step = 0;
        Run(isShort ? 1 : 20);
        int steps = isShort ? 1 : Math.Clamp((int)(0.7 / Math.Max(1e-5, Run(20))), 20, 2000);
        return Run(steps);

        double Run(int count)
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < count; i++)
            {
                step++;
                engine.Step(all, new(step, step, 1e-4, 0));
            }
            // Waits for the device.
            engine.ReadLosses();
            return Stopwatch.GetElapsedTime(started).TotalSeconds / count;
        }
    }
}
