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

/// <summary>The entries of NVRTC, the compiler of CUDA C at run time, that this library calls, under their own names.</summary>
internal static unsafe partial class NvrtcApi
{
    public const string Library = "aarengen-nvrtc";

    static NvrtcApi() => NativeLibraries.Register();

    [LibraryImport(Library)] public static partial NvrtcResult nvrtcVersion(out int major, out int minor);
    [LibraryImport(Library)] public static partial byte* nvrtcGetErrorString(NvrtcResult result);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetNumSupportedArchs(out int count);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetSupportedArchs(int* architectures);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NvrtcResult nvrtcCreateProgram(
        out nint program, string source, string name, int headerCount, byte** headers, byte** includeNames);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcDestroyProgram(ref nint program);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NvrtcResult nvrtcCompileProgram(nint program, int optionCount, string[] options);

    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetProgramLogSize(nint program, out nuint size);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetProgramLog(nint program, byte* log);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetCUBINSize(nint program, out nuint size);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetCUBIN(nint program, byte* cubin);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetPTXSize(nint program, out nuint size);
    [LibraryImport(Library)] public static partial NvrtcResult nvrtcGetPTX(nint program, byte* ptx);
}
