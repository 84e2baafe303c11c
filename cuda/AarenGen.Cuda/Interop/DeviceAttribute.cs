namespace AarenGen.Cuda.Interop;

/// <summary>What a device can be asked (CUdevice_attribute): the questions that this library asks.</summary>
internal enum DeviceAttribute
{
    MaxSharedMemoryPerBlock = 8,
    ClockRate = 13,
    MultiprocessorCount = 16,
    MemoryClockRate = 36,
    GlobalMemoryBusWidth = 37,
    L2CacheSize = 38,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    MaxSharedMemoryPerMultiprocessor = 81,
    MaxSharedMemoryPerBlockOptIn = 97,
}

/// <summary>What a kernel can be asked, or told (CUfunction_attribute).</summary>
internal enum KernelAttribute
{
    MaxThreadsPerBlock = 0,
    SharedBytes = 1,
    LocalBytes = 3,
    Registers = 4,
    MaxDynamicSharedBytes = 8,
}
