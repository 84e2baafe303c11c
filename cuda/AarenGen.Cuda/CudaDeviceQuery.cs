namespace AarenGen.Cuda;

/// <summary>Whether CUDA can be used on this machine, and if not, why.</summary>
public enum CudaStatus
{
    /// <summary>The driver shows at least one device.</summary>
    Available,

    /// <summary>A library that CUDA needs was not found.</summary>
    LibraryNotFound,

    /// <summary>A library was found, but it is older than this package needs.</summary>
    LibraryTooOld,

    /// <summary>A call of the driver failed.</summary>
    DriverFailed,

    /// <summary>The driver works and shows no device.</summary>
    NoDevice,
}

/// <summary>The devices of this machine, as <see cref="CudaDeviceInfo.Query"/> found them.</summary>
public sealed record CudaDeviceQuery
{
    internal CudaDeviceQuery(IReadOnlyList<CudaDeviceInfo> devices, CudaStatus status, string message)
    {
        Devices = devices;
        Status = status;
        Message = message;
    }

    /// <summary>The devices in the order of their <see cref="CudaDeviceInfo.Ordinal"/>; empty where there are none.</summary>
    public IReadOnlyList<CudaDeviceInfo> Devices { get; }

    /// <summary>Why there are no devices; <see cref="CudaStatus.Available"/> where there are some.</summary>
    public CudaStatus Status { get; }

    /// <summary>Why there are no devices and what helps, for a user to read; empty where there are some.</summary>
    public string Message { get; }
}
