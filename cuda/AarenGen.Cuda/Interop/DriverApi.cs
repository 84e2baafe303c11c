using System.Runtime.InteropServices;
using AarenGen.Cuda.Driver;

namespace AarenGen.Cuda.Interop;

/// <summary>
/// The entries of the CUDA driver that this library calls, under their own names; NVIDIA's reference of the driver API describes them.
/// Handles that live for long are passed as the objects that own them, so that none is destroyed during a call.
/// </summary>
internal static unsafe partial class DriverApi
{
    public const string Library = "aarengen-cuda-driver";

    public const uint StreamNonBlocking = 1;
    public const uint EventBlockingSync = 1;
    public const uint EventDisableTiming = 2;
    public const uint HostAllocPortable = 1;

    /// <summary>Only calls of the capturing thread are held against a capture: others may allocate and free meanwhile.</summary>
    public const int CaptureThreadLocal = 1;

    public const int JitErrorLogBuffer = 5;
    public const int JitErrorLogBufferSize = 6;

    static DriverApi() => NativeLibraries.Register();

    /// <summary>The names of all entries below.</summary>
    public static IReadOnlyList<string> Entries { get; } =
    [
        nameof(cuInit), nameof(cuDriverGetVersion), nameof(cuGetErrorName), nameof(cuGetErrorString), nameof(cuDeviceGetCount),
        nameof(cuDeviceGet), nameof(cuDeviceGetName), nameof(cuDeviceGetAttribute), nameof(cuDeviceTotalMem_v2),
        nameof(cuDevicePrimaryCtxRetain), nameof(cuDevicePrimaryCtxRelease_v2), nameof(cuCtxSetCurrent), nameof(cuCtxSynchronize),
        nameof(cuMemGetInfo_v2), nameof(cuMemAlloc_v2), nameof(cuMemFree_v2), nameof(cuMemHostAlloc), nameof(cuMemFreeHost),
        nameof(cuMemcpyHtoDAsync_v2), nameof(cuMemcpyDtoHAsync_v2), nameof(cuMemsetD8Async), nameof(cuMemsetD32Async),
        nameof(cuStreamCreate), nameof(cuStreamDestroy_v2), nameof(cuStreamSynchronize), nameof(cuStreamWaitEvent),
        nameof(cuStreamBeginCapture_v2), nameof(cuStreamEndCapture), nameof(cuGraphInstantiateWithFlags), nameof(cuGraphLaunch),
        nameof(cuGraphDestroy), nameof(cuGraphExecDestroy), nameof(cuEventCreate), nameof(cuEventRecord), nameof(cuEventSynchronize),
        nameof(cuEventQuery), nameof(cuEventElapsedTime), nameof(cuEventDestroy_v2), nameof(cuModuleLoadDataEx), nameof(cuModuleUnload),
        nameof(cuModuleGetFunction), nameof(cuFuncGetAttribute), nameof(cuFuncSetAttribute),
        nameof(cuOccupancyMaxActiveBlocksPerMultiprocessor), nameof(cuLaunchKernel),
    ];

    [LibraryImport(Library)] public static partial DriverResult cuInit(uint flags);
    [LibraryImport(Library)] public static partial DriverResult cuDriverGetVersion(out int version);
    [LibraryImport(Library)] public static partial DriverResult cuGetErrorName(DriverResult error, out byte* text);
    [LibraryImport(Library)] public static partial DriverResult cuGetErrorString(DriverResult error, out byte* text);

    [LibraryImport(Library)] public static partial DriverResult cuDeviceGetCount(out int count);
    [LibraryImport(Library)] public static partial DriverResult cuDeviceGet(out int device, int ordinal);
    [LibraryImport(Library)] public static partial DriverResult cuDeviceGetName(byte* name, int capacity, int device);
    [LibraryImport(Library)] public static partial DriverResult cuDeviceGetAttribute(out int value, DeviceAttribute attribute, int device);
    [LibraryImport(Library)] public static partial DriverResult cuDeviceTotalMem_v2(out nuint bytes, int device);
    [LibraryImport(Library)] public static partial DriverResult cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Library)] public static partial DriverResult cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(Library)] public static partial DriverResult cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] public static partial DriverResult cuCtxSynchronize();

    [LibraryImport(Library)] public static partial DriverResult cuMemGetInfo_v2(out nuint free, out nuint total);
    [LibraryImport(Library)] public static partial DriverResult cuMemAlloc_v2(out nint address, nuint bytes);
    [LibraryImport(Library)] public static partial DriverResult cuMemFree_v2(nint address);
    [LibraryImport(Library)] public static partial DriverResult cuMemHostAlloc(out nint address, nuint bytes, uint flags);
    [LibraryImport(Library)] public static partial DriverResult cuMemFreeHost(nint address);
    [LibraryImport(Library)] public static partial DriverResult cuMemcpyHtoDAsync_v2(
        nint destination, void* source, nuint bytes, CudaStream stream);
    [LibraryImport(Library)] public static partial DriverResult cuMemcpyDtoHAsync_v2(
        void* destination, nint source, nuint bytes, CudaStream stream);
    [LibraryImport(Library)] public static partial DriverResult cuMemsetD8Async(
        nint destination, byte value, nuint count, CudaStream stream);
    [LibraryImport(Library)] public static partial DriverResult cuMemsetD32Async(
        nint destination, uint value, nuint count, CudaStream stream);

    [LibraryImport(Library)] public static partial DriverResult cuStreamCreate(out nint stream, uint flags);
    [LibraryImport(Library)] public static partial DriverResult cuStreamDestroy_v2(nint stream);
    [LibraryImport(Library)] public static partial DriverResult cuStreamSynchronize(CudaStream stream);
    [LibraryImport(Library)] public static partial DriverResult cuStreamWaitEvent(CudaStream stream, CudaEvent awaited, uint flags);
    [LibraryImport(Library)] public static partial DriverResult cuStreamBeginCapture_v2(CudaStream stream, int mode);
    [LibraryImport(Library)] public static partial DriverResult cuStreamEndCapture(CudaStream stream, out nint graph);

    [LibraryImport(Library)] public static partial DriverResult cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);
    [LibraryImport(Library)] public static partial DriverResult cuGraphLaunch(CudaGraph executable, CudaStream stream);
    [LibraryImport(Library)] public static partial DriverResult cuGraphDestroy(nint graph);
    [LibraryImport(Library)] public static partial DriverResult cuGraphExecDestroy(nint executable);

    [LibraryImport(Library)] public static partial DriverResult cuEventCreate(out nint created, uint flags);
    [LibraryImport(Library)] public static partial DriverResult cuEventRecord(CudaEvent recorded, CudaStream stream);
    [LibraryImport(Library)] public static partial DriverResult cuEventSynchronize(CudaEvent awaited);
    [LibraryImport(Library)] public static partial DriverResult cuEventQuery(CudaEvent asked);
    [LibraryImport(Library)] public static partial DriverResult cuEventElapsedTime(out float milliseconds, CudaEvent start, CudaEvent end);
    [LibraryImport(Library)] public static partial DriverResult cuEventDestroy_v2(nint destroyed);

    [LibraryImport(Library)] public static partial DriverResult cuModuleLoadDataEx(
        out nint module, void* image, uint optionCount, int* options, void** values);
    [LibraryImport(Library)] public static partial DriverResult cuModuleUnload(nint module);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial DriverResult cuModuleGetFunction(out nint function, CudaModule module, string name);

    [LibraryImport(Library)] public static partial DriverResult cuFuncGetAttribute(out int value, KernelAttribute attribute, nint function);
    [LibraryImport(Library)] public static partial DriverResult cuFuncSetAttribute(nint function, KernelAttribute attribute, int value);
    [LibraryImport(Library)] public static partial DriverResult cuOccupancyMaxActiveBlocksPerMultiprocessor(
        out int blocks, nint function, int threads, nuint sharedBytes);
    [LibraryImport(Library)]
    public static partial DriverResult cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, CudaStream stream,
        void** arguments, void** extra);
}
