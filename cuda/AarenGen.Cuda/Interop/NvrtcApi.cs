using System.Runtime.InteropServices;

namespace AarenGen.Cuda.Interop;

/// <summary>What an entry of NVRTC returns (nvrtcResult): the values that this library tells apart.</summary>
internal enum NvrtcResult
{
    Success = 0,
    OutOfMemory = 1,
    InvalidOption = 5,
    Compilation = 6,
    BuiltinOperationFailure = 7,
}

/// <summary>
/// The entries of one NVRTC, the compiler of CUDA C at run time, that this library calls, under their own names. A process may have several
/// versions.
/// </summary>
internal sealed unsafe class NvrtcApi(nint library)
{
    private const string VersionEntry = "nvrtcVersion";

    public readonly delegate* unmanaged<NvrtcResult, byte*> nvrtcGetErrorString =
        (delegate* unmanaged<NvrtcResult, byte*>)Entry(library, nameof(nvrtcGetErrorString));

    public readonly delegate* unmanaged<int*, NvrtcResult> nvrtcGetNumSupportedArchs =
        (delegate* unmanaged<int*, NvrtcResult>)Entry(library, nameof(nvrtcGetNumSupportedArchs));

    public readonly delegate* unmanaged<int*, NvrtcResult> nvrtcGetSupportedArchs =
        (delegate* unmanaged<int*, NvrtcResult>)Entry(library, nameof(nvrtcGetSupportedArchs));

    public readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, NvrtcResult> nvrtcCreateProgram =
        (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, NvrtcResult>)Entry(library, nameof(nvrtcCreateProgram));

    public readonly delegate* unmanaged<nint*, NvrtcResult> nvrtcDestroyProgram =
        (delegate* unmanaged<nint*, NvrtcResult>)Entry(library, nameof(nvrtcDestroyProgram));

    public readonly delegate* unmanaged<nint, int, byte**, NvrtcResult> nvrtcCompileProgram =
        (delegate* unmanaged<nint, int, byte**, NvrtcResult>)Entry(library, nameof(nvrtcCompileProgram));

    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> nvrtcGetProgramLogSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)Entry(library, nameof(nvrtcGetProgramLogSize));

    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> nvrtcGetProgramLog =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)Entry(library, nameof(nvrtcGetProgramLog));

    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> nvrtcGetCUBINSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)Entry(library, nameof(nvrtcGetCUBINSize));

    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> nvrtcGetCUBIN =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)Entry(library, nameof(nvrtcGetCUBIN));

    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> nvrtcGetPTXSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)Entry(library, nameof(nvrtcGetPTXSize));

    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> nvrtcGetPTX =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)Entry(library, nameof(nvrtcGetPTX));

    /// <summary>What every NVRTC has, however old, so that its version can be told.</summary>
    public static IReadOnlyList<string> Entries { get; } = [VersionEntry];

    /// <summary>The version of an NVRTC that may be too old for the other entries.</summary>
    public static NvrtcResult ReadVersion(nint library, out int major, out int minor)
    {
        fixed (int* first = &major, second = &minor)
        {
            return ((delegate* unmanaged<int*, int*, NvrtcResult>)Entry(library, VersionEntry))(first, second);
        }
    }

    private static nint Entry(nint library, string name) => NativeLibrary.GetExport(library, name);
}
