using AarenGen.Cuda;
using AarenGen.Cuda.Driver;

namespace AarenGen.Benchmarks;

/// <summary>How fast a kernel was: bytes or operations a second.</summary>
internal sealed record KernelRate(string Model, string Kernel, MatrixPrecision Products, int Tokens, Timing Timing, double PerSecond);

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
        using var own = new ModelOnDevice<TModel>(context, stream, MatrixPrecision.Float32, sequences, length);
        int tokens = sequences * length;
        return [.. sizes.Scans(own.HasChains).Select(s =>
        {
            Timing timing = own.Measure(timer, s.Kernel);
            return new KernelRate(model.Name, s.Kernel, MatrixPrecision.Float32, tokens, timing, s.BytesPerToken * tokens / timing.Median);
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
        using var own = new ModelOnDevice<TModel>(context, stream, products, sequences, length);
        int tokens = sequences * length;
        return [.. ModelSizes.Of(model).Products(own.HasChains).Select(p =>
        {
            Timing timing = own.Measure(timer, p.Kernel);
            return new KernelRate(model.Name, p.Kernel, products, tokens, timing, p.OperationsPerToken * tokens / timing.Median);
        })];
    }
}
