using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Driver;
using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Cuda.Tests.Reference;

/// <summary>The buffers of a reference program on a device, and its launches.</summary>
internal sealed class ReferenceRun : IDisposable
{
    private const int ThreadsPerBlock = 256;

    private readonly CudaContext context = new();
    private readonly CudaStream stream;
    private readonly CudaModule module;
    private readonly Dictionary<ReferenceBuffer, DeviceBuffer> buffers = [];
    private readonly DeviceBuffer ends, statistics;
    private readonly List<DeviceBuffer> constants = [];
    private readonly int sequences;

    public ReferenceRun(int[] ends, double[] statistics)
    {
        stream = new(context);
        module = new KernelLoader(KernelCache.Open()).Load(context, new("reference", ReferenceSource.Text));
        sequences = ends.Length;
        this.ends = Upload(ends);
        this.statistics = Upload(statistics);
    }

    public void Add(ReferenceBuffer buffer, double[] values) => buffers.Add(buffer, Upload(values));

    public double[] Read(ReferenceBuffer buffer)
    {
        DeviceView<double> view = buffers[buffer].View<double>();
        var values = new double[view.Length];
        view.CopyTo(values, stream);
        return values;
    }

    public unsafe void Launch(
        IReadOnlyCollection<ReferenceLaunch> launches, int rows, MatrixPrecision precision, ulong dropoutSeed, ulong errorSeed)
    {
        foreach ((ReferenceLaunch launch, int number) in launches.Select(static (l, i) => (l, i)))
        {
            // The structure of this name in the device code, and what the kernel has beside it.
            long[] numbers =
            [
                rows, sequences, ends.Address, statistics.Address, (long)dropoutSeed, (long)precision,
                errorSeed == 0 ? 0 : BitConverter.DoubleToInt64Bits(Math.ScaleB(1, -24)), (long)errorSeed * launches.Count + number,
                .. launch.Arguments.Select(a => Number(a, rows)),
            ];
            var arguments = new Arguments();
            numbers.CopyTo(new Span<long>(arguments.Numbers, Arguments.Length));
            int threads = checked((int)(
                launch.Threads.PerRow * rows + launch.Threads.PerSequence * sequences + launch.Threads.Fixed));
            module.GetKernel(launch.Kernel).Launch(
                stream, new Extent((threads + ThreadsPerBlock - 1) / ThreadsPerBlock), ThreadsPerBlock, 0, arguments, threads);
        }
        stream.Synchronize();
    }

    public void Dispose()
    {
        foreach (IDisposable resource in (IDisposable[])[.. buffers.Values, .. constants, ends, statistics, module, stream, context])
        {
            resource.Dispose();
        }
    }

    private long Number(ReferenceArgument argument, int rows)
    {
        switch (argument)
        {
            case IntegerArgument a:
                return a.Value;
            case RealArgument a:
                return BitConverter.DoubleToInt64Bits(a.Value);
            case BufferArgument a:
                return buffers[a.Buffer].Address + a.Offset * (a.IsPerRow ? rows : 1) * sizeof(double);
            case ConstantsArgument a:
                constants.Add(Upload([.. a.Values]));
                return constants[^1].Address;
            default:
                throw new InvalidOperationException(argument.GetType().Name);
        }
    }

    private unsafe DeviceBuffer Upload<T>(T[] values) where T : unmanaged
    {
        var buffer = new DeviceBuffer(context, Math.Max(1, (long)values.Length) * sizeof(T));
        buffer.View<T>(0, values.Length).CopyFrom(values, stream);
        return buffer;
    }

    /// <summary>The longest structure of arguments; a kernel reads as much of it as its own has.</summary>
    private unsafe struct Arguments
    {
        public const int Length = 40;

        public fixed long Numbers[Length];
    }
}
