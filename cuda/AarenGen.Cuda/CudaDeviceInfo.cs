using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda;

/// <summary>An NVIDIA GPU as the driver describes it. Sizes are in bytes.</summary>
public sealed record CudaDeviceInfo
{
    internal CudaDeviceInfo(int ordinal)
    {
        CudaDriver.Initialize();
        CudaDriver.Check(DriverApi.cuDeviceGet(out int device, ordinal), $"Device {ordinal} was asked for.");
        Ordinal = ordinal;
        Handle = device;
        Name = ReadName(device);
        CudaDriver.Check(DriverApi.cuDeviceTotalMem_v2(out nuint total, device));
        TotalMemory = (long)total;
        ComputeCapability = new(Read(DeviceAttribute.ComputeCapabilityMajor), Read(DeviceAttribute.ComputeCapabilityMinor));
        Multiprocessors = Read(DeviceAttribute.MultiprocessorCount);
        SharedMemoryPerBlock = Read(DeviceAttribute.MaxSharedMemoryPerBlock);
        SharedMemoryPerBlockOptIn = Read(DeviceAttribute.MaxSharedMemoryPerBlockOptIn);
        SharedMemoryPerMultiprocessor = Read(DeviceAttribute.MaxSharedMemoryPerMultiprocessor);
        ClockRate = Read(DeviceAttribute.ClockRate) * 1e3;
        MemoryClockRate = Read(DeviceAttribute.MemoryClockRate) * 1e3;
        MemoryBusWidth = Read(DeviceAttribute.GlobalMemoryBusWidth);
        L2CacheSize = Read(DeviceAttribute.L2CacheSize);
    }

    /// <summary>The number that names the device, from 0. CUDA_VISIBLE_DEVICES changes the count.</summary>
    public int Ordinal { get; }

    /// <summary>What the vendor calls it.</summary>
    public string Name { get; }

    /// <summary>Generation of the architecture: 9.0 is what compilers call sm_90.</summary>
    public Version ComputeCapability { get; }

    /// <summary>All memory of the device, used or not.</summary>
    public long TotalMemory { get; }

    /// <summary>Processors that run blocks of threads.</summary>
    public int Multiprocessors { get; }

    /// <summary>Shared memory that any kernel may ask for in a block.</summary>
    public int SharedMemoryPerBlock { get; }

    /// <summary>Shared memory that a kernel may ask for in a block once its limit was raised.</summary>
    public int SharedMemoryPerBlockOptIn { get; }

    /// <summary>Shared memory that the blocks on one multiprocessor divide among themselves.</summary>
    public int SharedMemoryPerMultiprocessor { get; }

    /// <summary>Highest clock of the multiprocessors in hertz; 0 where the driver does not say.</summary>
    public double ClockRate { get; }

    /// <summary>Highest clock of the memory in hertz; 0 where the driver does not say.</summary>
    public double MemoryClockRate { get; }

    /// <summary>Width of the memory's bus in bits; 0 where the driver does not say.</summary>
    public int MemoryBusWidth { get; }

    /// <summary>Cache between memory and all multiprocessors.</summary>
    public int L2CacheSize { get; }

    /// <summary>
    /// Bytes a second that memory gives at best: two transfers a clock over the whole bus. 0 where the driver does not say.
    /// </summary>
    public double PeakBandwidth => 2 * MemoryClockRate * MemoryBusWidth / 8;

    internal int Handle { get; }

    /// <summary>The architecture as a compiler's number: 90 for compute capability 9.0.</summary>
    internal int Architecture => ComputeCapability.Major * 10 + ComputeCapability.Minor;

    /// <summary>
    /// Asks the driver for the devices of this machine. Never throws: where there are none, <see cref="CudaDeviceQuery.Status"/> says why,
    /// and <see cref="CudaDeviceQuery.Message"/> what to do about it.
    /// </summary>
    public static CudaDeviceQuery Query()
    {
        try
        {
            CudaDriver.Initialize();
            CudaDriver.Check(DriverApi.cuDeviceGetCount(out int count));
            var devices = new CudaDeviceInfo[count];
            for (int i = 0; i < count; i++)
            {
                devices[i] = new(i);
            }
            return count > 0
                ? new(devices, CudaStatus.Available, "")
                : new([], CudaStatus.NoDevice, $"The CUDA driver shows no device. {DriverHints.For(DriverResult.NoDevice)}");
        }
        catch (CudaUnavailableException e)
        {
            return new([], e.Status, e.Message);
        }
        catch (CudaException e)
        {
            CudaStatus status = (DriverResult)e.ErrorCode switch
            {
                DriverResult.NoDevice => CudaStatus.NoDevice,
                DriverResult.InsufficientDriver => CudaStatus.LibraryTooOld,
                _ => CudaStatus.DriverFailed,
            };
            return new([], status, e.Message);
        }
    }

    /// <summary>
    /// Memory that is free now, other processes counted. Where this process does not use the device yet, it is opened for the question,
    /// which takes a moment.
    /// </summary>
    /// <exception cref="CudaException">The device does not answer.</exception>
    public long GetFreeMemory()
    {
        using var context = new CudaContext(this);
        return context.GetFreeMemory();
    }

    private static unsafe string ReadName(int device)
    {
        const int capacity = 256;
        byte* name = stackalloc byte[capacity];
        CudaDriver.Check(DriverApi.cuDeviceGetName(name, capacity, device));
        return CudaDriver.Text(name);
    }

    private int Read(DeviceAttribute attribute)
    {
        CudaDriver.Check(
            DriverApi.cuDeviceGetAttribute(out int value, attribute, Handle), $"Attribute {attribute} of device {Ordinal} was asked for.");
        return value;
    }
}
