using AarenGen.Cuda;
using AarenGen.Cuda.Driver;

namespace AarenGen.Benchmarks;

/// <summary>How fast a kernel was: bytes or operations a second.</summary>
internal sealed record KernelRate(
    string Model, DeviceBatch Batch, string Kernel, MatrixPrecision Products, Timing Timing, double PerSecond);

/// <summary>Times a model's scan on a batch that no cache holds.</summary>
internal sealed class ScansOnDevice(CudaContext context, CudaStream stream, DeviceTimer timer, bool isShort)
    : IModelVisitor<IReadOnlyList<KernelRate>>
{
    private const double Bytes = 512e6;

    public IReadOnlyList<KernelRate> Visit<TModel>(BenchmarkModel<TModel> model)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelSizes sizes = ModelSizes.Of(model);
        double scanned = sizes.Scans(areChained: false)[0].BytesPerToken;
        // At most a third of the memory: a model stores much more per token than a scan moves.
        double wanted = Bytes / scanned, possible =
            context.GetFreeMemory() / 3.0 / (sizeof(float) * SequenceModel<TModel>.Description.Layout.TrainingFloatsPerToken);
        (int sequences, int length) = isShort ? (2, 8) : (Math.Max(1, (int)(Math.Min(wanted, possible) / model.Length)), model.Length);
        return [.. DeviceBatch.Both(sequences, length).SelectMany(batch =>
        {
            using var own = new ModelOnDevice<TModel>(context, stream, MatrixPrecision.Float32, batch);
            return sizes.Scans(own.HasChains).Select(s =>
            {
                Timing timing = own.Measure(timer, s.Kernel);
                return new KernelRate(
                    model.Name, batch, s.Kernel, MatrixPrecision.Float32, timing, s.BytesPerToken * batch.Tokens / timing.Median);
            }).ToArray();
        })];
    }
}

/// <summary>Times a model's products on a large batch.</summary>
internal sealed class ProductsOnDevice(CudaContext context, CudaStream stream, DeviceTimer timer, MatrixPrecision products, bool isShort)
    : IModelVisitor<IReadOnlyList<KernelRate>>
{
    public IReadOnlyList<KernelRate> Visit<TModel>(BenchmarkModel<TModel> model)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        (int sequences, int length) = isShort ? (2, 8) : (8 * model.Batch, model.Length);
        return [.. DeviceBatch.Both(sequences, length).SelectMany(batch =>
        {
            using var own = new ModelOnDevice<TModel>(context, stream, products, batch);
            return ModelSizes.Of(model).Products(own.HasChains).Select(p =>
            {
                Timing timing = own.Measure(timer, p.Kernel);
                return new KernelRate(model.Name, batch, p.Kernel, products, timing, p.OperationsPerToken * batch.Tokens / timing.Median);
            }).ToArray();
        })];
    }
}
