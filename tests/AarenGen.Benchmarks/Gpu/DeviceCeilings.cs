using System.Runtime.InteropServices;
using AarenGen.Cuda;
using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Driver;

namespace AarenGen.Benchmarks;

/// <summary>
/// Measured maxima of a device: bytes per second of a large copy, counting reads and writes, and operations per second by
/// arithmetic.
/// </summary>
internal sealed record DeviceCeilings(double BytesPerSecond, IReadOnlyDictionary<MatrixPrecision, double> OperationsPerSecond)
{
    /// <summary>As the kernels' structure of this name.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Memory
    {
        public nint From, To;
        public long Count;
    }

    public static DeviceCeilings Measure(CudaContext context, CudaStream stream, DeviceTimer timer, bool isShort)
    {
        CudaDeviceInfo device = context.Device;
        using CudaModule module = new KernelLoader(KernelCache.Open()).Load(context, new("ceilings", CeilingKernels.Source));
        // Far more than the cache between memory and processors holds.
        long bytes = isShort ? 1 << 16 : Math.Min(1L << 30, context.GetFreeMemory() / 4) / 16 * 16;
        using var from = new DeviceBuffer(context, bytes);
        using var to = new DeviceBuffer(context, bytes);
        from.Clear(stream);
        var memory = new Memory { From = from.Address, To = to.Address, Count = bytes / 16 };
        CudaKernel copy = module.GetKernel("copy");
        int turns = isShort ? 2 : 20_000, copyBlocks = Blocks(copy);
        double copied = 2.0 * bytes / timer.Measure(
            "copy", () => copy.Launch(stream, copyBlocks, CeilingKernels.Threads, 0, memory, 0)).Median;
        var operations = new Dictionary<MatrixPrecision, double> { [MatrixPrecision.Float32] = Peak(
            "multiply_adds", CeilingKernels.MultiplyAdds * CeilingKernels.Threads) };
        if (device.Architecture >= CudaDevice.TensorCores)
        {
            operations[MatrixPrecision.TensorFloat32] = Peak("products_tf32", CeilingKernels.TensorFloat32 * CeilingKernels.Threads / 32);
            operations[MatrixPrecision.BFloat16] = Peak("products_bf16", CeilingKernels.BFloat16 * CeilingKernels.Threads / 32);
        }
        return new(copied, operations);

        double Peak(string name, double operationsOfBlock)
        {
            CudaKernel kernel = module.GetKernel(name);
            int blocks = Blocks(kernel);
            Timing timing = timer.Measure(name, () => kernel.Launch(stream, blocks, CeilingKernels.Threads, 0, memory, turns));
            return operationsOfBlock * turns * blocks / timing.Seconds.Min();
        }

        // As many as run at once: no multiprocessor waits for others at the end.
        int Blocks(CudaKernel kernel) => isShort ? 4 : device.Multiprocessors * kernel.BlocksPerMultiprocessor(CeilingKernels.Threads, 0);
    }
}
