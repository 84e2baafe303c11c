namespace AarenGen.Cuda.Interop;

/// <summary>What helps against the driver's commoner errors.</summary>
internal static class DriverHints
{
    private const string Lost =
        "The work on the device is lost, and with it what was in its memory: start the process anew. An earlier kernel may be at fault; "
            + "compute-sanitizer names it.";

    /// <summary>After these errors every further call in the process fails too.</summary>
    public static bool LosesDevice(DriverResult result) => result
        is DriverResult.EccUncorrectable or DriverResult.IllegalAddress or DriverResult.LaunchTimeout or DriverResult.ContextIsDestroyed
        or DriverResult.Assert or DriverResult.HardwareStackError or DriverResult.IllegalInstruction or DriverResult.MisalignedAddress
        or DriverResult.InvalidAddressSpace or DriverResult.InvalidProgramCounter or DriverResult.LaunchFailed;

    public static string For(DriverResult result) => result switch
    {
        DriverResult.OutOfMemory => "Take smaller batches or a smaller model, or end what else uses the device; nvidia-smi lists it.",
        DriverResult.Deinitialized => "The process is ending: use CUDA before that.",
        DriverResult.StubLibrary => "The library found is the toolkit's stub, for linking only: take its folder out of LD_LIBRARY_PATH and "
            + "install the NVIDIA driver.",
        DriverResult.InsufficientDriver => "The NVIDIA driver is older than its libraries expect: update it.",
        DriverResult.DeviceUnavailable =>
            "Another process holds the device alone, or it is in a mode that forbids computing: see nvidia-smi.",
        DriverResult.NoDevice => "See whether nvidia-smi lists a GPU and what CUDA_VISIBLE_DEVICES says; a container needs to be given the "
            + "GPU (docker run --gpus all).",
        DriverResult.InvalidDevice =>
            "Devices are counted from 0; CUDA_VISIBLE_DEVICES changes the count. CudaDeviceInfo.Query lists them.",
        DriverResult.InvalidImage or DriverResult.NoBinaryForGpu => "The code was compiled for another architecture than this device has, "
            + "or by an NVRTC that is newer than the driver: update the driver.",
        DriverResult.InvalidPtx or DriverResult.UnsupportedPtxVersion =>
            "NVRTC is newer than the driver can read: update the driver, or let AARENGEN_LIBNVRTC name an older libnvrtc.",
        DriverResult.JitCompilerNotFound => "The driver lacks its PTX compiler (libnvidia-ptxjitcompiler.so): install the whole driver.",
        DriverResult.LaunchOutOfResources =>
            "A block of this kernel needs more registers or threads than the device has: take smaller blocks.",
        DriverResult.SystemNotReady =>
            "The machine's fabric manager does not run, or the device is not ready yet: see systemctl status nvidia-fabricmanager.",
        DriverResult.SystemDriverMismatch =>
            "Kernel module and libraries of the NVIDIA driver differ, as after an update: restart the machine.",
        DriverResult.CompatNotSupportedOnDevice =>
            "CUDA's forward compatibility libraries do not serve this device: take them off LD_LIBRARY_PATH or update the driver.",
        DriverResult.NotPermitted or DriverResult.StreamCaptureUnsupported or DriverResult.StreamCaptureInvalidated =>
            "While a graph is captured, nothing may wait, allocate or copy to memory that is not pinned: do that before.",
        DriverResult.StreamCaptureWrongThread => "A capture ends on the thread that began it.",
        DriverResult.Unknown => "After a suspend or a driver update the kernel module may hang: reload nvidia_uvm or restart the machine.",
        _ when LosesDevice(result) => Lost,
        _ => "",
    };
}
