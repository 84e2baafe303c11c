using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>
/// A kernel of a module: <c>extern "C" __global__ void name(Arguments arguments, int number)</c>. Any thread may launch it, but the
/// limit of shared memory is to be raised before.
/// </summary>
internal sealed unsafe class CudaKernel
{
    private readonly CudaModule module;
    private readonly nint function;

    internal CudaKernel(CudaModule module, string name, nint function)
    {
        this.module = module;
        this.function = function;
        Name = name;
        Registers = Read(KernelAttribute.Registers);
        LocalBytes = Read(KernelAttribute.LocalBytes);
        StaticSharedBytes = Read(KernelAttribute.SharedBytes);
        MaxThreadsPerBlock = Read(KernelAttribute.MaxThreadsPerBlock);
    }

    public string Name { get; }

    /// <summary>Registers a thread uses.</summary>
    public int Registers { get; }

    /// <summary>Bytes a thread spills, or keeps in arrays, in the device's memory: best 0.</summary>
    public int LocalBytes { get; }

    /// <summary>Shared memory a block has by declaration.</summary>
    public int StaticSharedBytes { get; }

    /// <summary>Threads a block may have with the registers the kernel uses.</summary>
    public int MaxThreadsPerBlock { get; }

    /// <summary>Shared memory a block may ask for when launched; <see cref="AllowSharedBytes"/> raises it.</summary>
    public int SharedBytesLimit => Read(KernelAttribute.MaxDynamicSharedBytes);

    /// <summary>Lets a launch ask for as much shared memory, where it is more than any kernel may (48 KB).</summary>
    public void AllowSharedBytes(int bytes)
    {
        Prepare();
        int max = module.Context.Device.SharedMemoryPerBlockOptIn - StaticSharedBytes;
        CudaDriver.Check(
            DriverApi.cuFuncSetAttribute(function, KernelAttribute.MaxDynamicSharedBytes, bytes),
            $"Kernel '{Name}' was to be allowed {bytes} bytes of shared memory a block; this device has {max} beside its declared ones.");
    }

    /// <summary>Blocks of this kernel that a multiprocessor runs at once.</summary>
    public int BlocksPerMultiprocessor(int threads, int sharedBytes)
    {
        Prepare();
        CudaDriver.Check(DriverApi.cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blocks, function, threads, (nuint)sharedBytes),
            $"Kernel '{Name}' was asked about.");
        return blocks;
    }

    /// <summary>
    /// Enqueues the kernel. The structure must have the layout of the kernel's own; it is copied before this returns. The buffers
    /// whose addresses it holds must stay alive until the stream has run it.
    /// </summary>
    public void Launch<TArguments>(CudaStream stream, Extent grid, Extent block, int sharedBytes, in TArguments arguments, int number)
        where TArguments : unmanaged
    {
        Prepare();
        fixed (TArguments* structure = &arguments)
        {
            void** pointers = stackalloc void*[] { structure, &number };
            DriverResult result = DriverApi.cuLaunchKernel(
                function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)block.X, (uint)block.Y, (uint)block.Z, (uint)sharedBytes, stream,
                pointers, null);
            if (result != DriverResult.Success)
            {
                throw CudaDriver.Failure(result, Describe(grid, block, sharedBytes), nameof(DriverApi.cuLaunchKernel));
            }
        }
        GC.KeepAlive(module);
    }

    private void Prepare()
    {
        module.CheckAlive();
        module.Context.MakeCurrent();
    }

    private int Read(KernelAttribute attribute)
    {
        Prepare();
        CudaDriver.Check(
            DriverApi.cuFuncGetAttribute(out int value, attribute, function), $"{attribute} of kernel '{Name}' was asked for.");
        return value;
    }

    private string Describe(Extent grid, Extent block, int sharedBytes) =>
        $"Kernel '{Name}' was to run in {grid} blocks of {block} threads (at most {MaxThreadsPerBlock} a block) with {sharedBytes} bytes "
            + $"of shared memory{MaxSharedBytes()}.";

    /// <summary>For a message: a lost device answers nothing any more.</summary>
    private string MaxSharedBytes() =>
        DriverApi.cuFuncGetAttribute(out int max, KernelAttribute.MaxDynamicSharedBytes, function) == DriverResult.Success
            ? $" (at most {max})" : "";
}
