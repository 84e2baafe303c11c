using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>Compiled kernels on a device. Any thread may use it; its kernels are gone when it is disposed.</summary>
internal sealed unsafe class CudaModule : CudaResource
{
    public CudaModule(CudaContext context, DeviceCode code) : base(context)
    {
        Code = code;
        context.MakeCurrent();
        Own(Load(context, code));
    }

    /// <summary>What was loaded.</summary>
    public DeviceCode Code { get; }

    public string Name => Code.Name;

    /// <summary>The kernel of a name, which its source declares <c>extern "C"</c>.</summary>
    public CudaKernel GetKernel(string name)
    {
        Context.MakeCurrent();
        CudaDriver.Check(
            DriverApi.cuModuleGetFunction(out nint function, this, name),
            $"Kernel '{name}' was looked for in module '{Name}'; a kernel is found by name where it is extern \"C\" __global__.");
        return new(this, name, function);
    }

    internal void CheckAlive() => ThrowIfDisposed();

    protected override void Destroy(nint owned) => _ = DriverApi.cuModuleUnload(owned);

    private static nint Load(CudaContext context, DeviceCode code)
    {
        const int capacity = 8192;
        byte* log = stackalloc byte[capacity];
        log[0] = 0;
        int* options = stackalloc int[] { DriverApi.JitErrorLogBuffer, DriverApi.JitErrorLogBufferSize };
        void** values = stackalloc void*[] { log, (void*)capacity };
        // The driver reads PTX up to a zero, which the compiler writes at its end but a reader of files may have lost.
        byte[] image = code.Target.IsPtx && !code.Image.AsSpan().EndsWith((byte)0) ? [.. code.Image, 0] : code.Image;
        fixed (byte* start = image)
        {
            DriverResult result = DriverApi.cuModuleLoadDataEx(out nint module, start, 2, options, values);
            if (result != DriverResult.Success)
            {
                string detail = $"Module '{code.Name}' was compiled for {code.Target.Name} by NVRTC {code.Compiler}; device "
                    + $"{context.Device.Ordinal} ({context.Device.Name}) is sm_{context.Device.Architecture}.";
                string said = CudaDriver.Text(log).Trim();
                throw CudaDriver.Failure(
                    result, said.Length == 0 ? detail : $"{detail} The driver says: {said}", nameof(DriverApi.cuModuleLoadDataEx));
            }
            return module;
        }
    }
}
