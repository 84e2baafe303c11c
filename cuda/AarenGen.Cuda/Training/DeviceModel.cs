using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Driver;
using AarenGen.Memory;
using AarenGen.Training;

namespace AarenGen.Cuda.Training;

/// <summary>A model on a device: its kernels, and the memory they work on.</summary>
internal sealed class DeviceModel<TModel> : IDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;

    private readonly CudaModule module;
    private readonly Dictionary<string, CudaKernel> kernels = new(StringComparer.Ordinal);
    /// <summary>The parameters, rounded; null where matrix multiplications read them as they are.</summary>
    private readonly DeviceBuffer? operands;

    private readonly DeviceBuffer weights, gradients, firstMoment, secondMoment, partials, memory, carries, tileCounter, losses,
        normPartials, results, tokenGradients;
    private readonly int rows, sequences;

    /// <param name="context">The device.</param>
    /// <param name="program">The model's kernels.</param>
    /// <param name="precision">The arithmetic of matrix multiplications.</param>
    /// <param name="rows">Maximum number of rows of a batch.</param>
    /// <param name="sequences">Maximum number of sequences of a batch.</param>
    /// <param name="carriesStates">Whether sequences are cut into chunks.</param>
    public DeviceModel(
        CudaContext context, DeviceProgram program, MatrixPrecision precision, int rows, int sequences, bool carriesStates = false)
    {
        this.rows = rows;
        this.sequences = sequences;
        Program = program;
        module = new KernelLoader(KernelCache.Open()).Load(
            context, KernelSource.Of(Description.Name, program, precision, carriesStates));
        KernelLaunch[] launches =
        [
            .. program.Begin, .. program.Prepare, .. program.Forward, .. program.Evaluate, .. program.Backward, .. program.Update,
        ];
        foreach (KernelLaunch launch in launches)
        {
            kernels.TryAdd(launch.Kernel, module.GetKernel(launch.Kernel));
        }
        DeviceBuffer Floats(long count) => new(context, Math.Max(1, count) * sizeof(float));
        weights = Floats(Description.Layout.WeightFloats);
        if (precision == MatrixPrecision.BFloat16 && program.Begin.Count > 0 && context.Device.Architecture >= CudaDevice.TensorCores)
        {
            operands = new(context, Description.Layout.WeightFloats * sizeof(ushort));
        }
        gradients = Floats(Description.Layout.WeightFloats);
        firstMoment = Floats(Description.Layout.WeightFloats);
        secondMoment = Floats(Description.Layout.WeightFloats);
        partials = Floats(program.PartialGradientFloats);
        memory = Floats((long)rows * Description.Layout.TrainingFloatsPerToken);
        // The same for all launches, which come one after the other; each leaves zeros.
        carries = new(context, Math.Max(1, launches.Max(l => (long)l.CarriedWords * l.GridSize(rows, sequences))) * sizeof(ulong));
        tileCounter = new(context, sizeof(uint));
        tokenGradients = Floats((long)rows * BatchReader<TModel>.TokenStride);
        // A number a thread block of each loss; the last launch adds them up.
        losses = new(context, program.Evaluate.SkipLast(1).Sum(l => (long)l.GridSize(rows, sequences)) * sizeof(double));
        normPartials = new(context, (long)Math.Max(1, program.GradientNormPartials) * sizeof(double));
        results = new(context, System.Runtime.CompilerServices.Unsafe.SizeOf<Results>());
    }

    public DeviceProgram Program { get; }

    /// <summary>The kernels by name.</summary>
    public IReadOnlyDictionary<string, CudaKernel> Kernels => kernels;

    /// <summary>Addresses of all but the batch.</summary>
    public Pass Addresses => new()
    {
        Weights = weights.Address,
        Operands = (operands ?? weights).Address,
        Gradients = gradients.Address,
        FirstMoment = firstMoment.Address,
        SecondMoment = secondMoment.Address,
        Partials = partials.Address,
        Memory = memory.Address,
        Carries = carries.Address,
        TileCounter = tileCounter.Address,
        Losses = losses.Address,
        GradientNormPartials = normPartials.Address,
        Results = results.Address,
        TokenGradients = tokenGradients.Address,
        Capacity = rows,
    };

    public DeviceView<float> Gradients => gradients.View<float>();

    public DeviceView<float> TokenGradients => tokenGradients.View<float>();

    public DeviceView<float> Memory => memory.View<float>();

    public DeviceView<Results> Results => results.View<Results>();

    public void Upload(TrainingTensors tensors, CudaStream stream)
    {
        weights.View<float>().CopyFrom(tensors.Weights.Span, stream);
        firstMoment.View<float>().CopyFrom(tensors.FirstMoment.Span, stream);
        secondMoment.View<float>().CopyFrom(tensors.SecondMoment.Span, stream);
        Results.CopyFrom([default], stream);
        // No kernel writes the padding of rows, which is added up with them.
        partials.Clear(stream);
        gradients.Clear(stream);
        carries.Clear(stream);
        tileCounter.Clear(stream);
        Launch(stream, Addresses, Program.Begin);
    }

    /// <summary>Waits for all that the stream has been given.</summary>
    public void Download(TrainingTensors tensors, CudaStream stream)
    {
        weights.View<float>().CopyTo(tensors.Weights.Span, stream);
        firstMoment.View<float>().CopyTo(tensors.FirstMoment.Span, stream);
        secondMoment.View<float>().CopyTo(tensors.SecondMoment.Span, stream);
    }

    /// <summary>Records launches as a graph.</summary>
    public CudaGraph Record(CudaStream stream, Pass pass, params IEnumerable<KernelLaunch> launches) =>
        CudaGraph.Capture(stream, () => Launch(stream, pass, launches));

    private void Launch(CudaStream stream, Pass pass, IEnumerable<KernelLaunch> launches)
    {
        foreach (KernelLaunch launch in launches)
        {
            kernels[launch.Kernel].Launch(
                stream, new Extent(launch.GridSize(rows, sequences), launch.Blocks), launch.Threads, sharedBytes: 0, pass,
                launch.FirstBlock);
        }
    }

    public void Dispose()
    {
        foreach (IDisposable? resource in (IDisposable?[])[weights, operands, gradients, firstMoment, secondMoment, partials, memory,
            carries, tileCounter, losses, normPartials, results, tokenGradients, module])
        {
            resource?.Dispose();
        }
    }
}
