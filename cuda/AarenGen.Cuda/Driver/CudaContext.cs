using System.Runtime.InteropServices;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>
/// A device in use: its primary context, which all libraries of the process share. What is made in it keeps it alive, so that the order
/// of disposal does not matter. Any thread may use it: every call makes it current on the calling thread first.
/// </summary>
internal sealed class CudaContext : SafeHandle
{
    /// <summary>Opens a device and makes it current on the calling thread.</summary>
    public CudaContext(CudaDeviceInfo device) : base(0, ownsHandle: true)
    {
        Device = device;
        CudaDriver.Initialize();
        CudaDriver.Check(DriverApi.cuDevicePrimaryCtxRetain(out nint context, device.Handle),
            $"Device {device.Ordinal} ({device.Name}) was to be opened.");
        SetHandle(context);
        MakeCurrent();
    }

    /// <summary>Opens the device of a number.</summary>
    public CudaContext(int ordinal = 0) : this(new CudaDeviceInfo(ordinal))
    {
    }

    public CudaDeviceInfo Device { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>Makes this the context of the calling thread. Other libraries may have set another, so it costs a call each time.</summary>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        CudaDriver.Check(DriverApi.cuCtxSetCurrent(handle));
    }

    /// <summary>Waits until all work on the device is done. A kernel's fault comes up here at the latest.</summary>
    public void Synchronize()
    {
        MakeCurrent();
        CudaDriver.Check(DriverApi.cuCtxSynchronize());
    }

    /// <summary>Bytes that are free now, other processes counted.</summary>
    public long GetFreeMemory()
    {
        MakeCurrent();
        CudaDriver.Check(DriverApi.cuMemGetInfo_v2(out nuint free, out _));
        return (long)free;
    }

    /// <summary>For what is destroyed in this context, by whichever thread; a failure is left to the calls that follow.</summary>
    internal void MakeCurrentForRelease() => _ = DriverApi.cuCtxSetCurrent(handle);

    protected override bool ReleaseHandle()
    {
        // The last release destroys the context, and a thread must not keep a destroyed one.
        _ = DriverApi.cuCtxSetCurrent(0);
        return DriverApi.cuDevicePrimaryCtxRelease_v2(Device.Handle) == DriverResult.Success;
    }
}
