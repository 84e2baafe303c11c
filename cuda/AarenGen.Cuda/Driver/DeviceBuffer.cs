using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>Memory of a device, not zeroed. It is read and written through typed views.</summary>
internal sealed class DeviceBuffer : CudaResource
{
    public DeviceBuffer(CudaContext context, long bytes) : base(context)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Bytes = bytes;
        context.MakeCurrent();
        DriverResult result = DriverApi.cuMemAlloc_v2(out nint address, (nuint)bytes);
        if (result != DriverResult.Success)
        {
            throw CudaDriver.Failure(result, Describe(context, bytes), nameof(DriverApi.cuMemAlloc_v2));
        }
        Own(address);
    }

    public long Bytes { get; }

    /// <summary>Where the memory begins, as kernels see it: 256-byte aligned.</summary>
    public nint Address
    {
        get
        {
            ThrowIfDisposed();
            return handle;
        }
    }

    /// <summary>The whole buffer as values of a type; bytes that make no whole value at the end are left out.</summary>
    public unsafe DeviceView<T> View<T>() where T : unmanaged => new(this, 0, Bytes / sizeof(T));

    /// <summary>So many values of a type that begin at a byte.</summary>
    public DeviceView<T> View<T>(long byteOffset, long length) where T : unmanaged => new(this, byteOffset, length);

    /// <summary>Zeroes the memory in the stream's turn.</summary>
    public void Clear(CudaStream stream) => View<byte>().Clear(stream);

    protected override void Destroy(nint owned) => _ = DriverApi.cuMemFree_v2(owned);

    private static string Describe(CudaContext context, long bytes)
    {
        string asked = $"{bytes:N0} bytes were asked for on device {context.Device.Ordinal} ({context.Device.Name})";
        return DriverApi.cuMemGetInfo_v2(out nuint free, out nuint total) == DriverResult.Success
            ? $"{asked}; {free:N0} of its {total:N0} are free."
            : $"{asked}.";
    }
}
