using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>Drivers and compilers that are there and do not work.</summary>
internal static class Stubs
{
    /// <summary>
    /// A driver of CUDA 12.4 with one device, whose every call succeeds, but for these. A device tells the same number for every attribute:
    /// with 8 it is sm_88.
    /// </summary>
    public static void CreateDriver(string path, params IReadOnlyList<StubEntry> others)
    {
        const int name = 'G' | ('P' << 8) | ('U' << 16);
        StubEntry[] usual =
        [
            new(nameof(DriverApi.cuDriverGetVersion), 0, new StubWrite(0, 12040)),
            new(nameof(DriverApi.cuDeviceGetCount), 0, new StubWrite(0, 1)),
            new(nameof(DriverApi.cuDeviceGetName), 0, new StubWrite(0, name)),
            new(nameof(DriverApi.cuDeviceGetAttribute), 0, new StubWrite(0, 8)),
            new(nameof(DriverApi.cuDevicePrimaryCtxRetain), 0, new StubWrite(0, 1, IsWide: true)),
            // It does not know its errors.
            new(nameof(DriverApi.cuGetErrorName), 1), new(nameof(DriverApi.cuGetErrorString), 1),
        ];
        StubLibrary.Create(path, [.. DriverApi.Entries.Select(e =>
            others.FirstOrDefault(o => o.Name == e) ?? usual.FirstOrDefault(u => u.Name == e) ?? new(e))]);
    }

    /// <summary>A compiler for sm_80 alone, whose every call succeeds, but for these, and whose cubins are no code.</summary>
    public static void CreateCompiler(string path, Version version, int architecture = 80, params IReadOnlyList<StubEntry> others)
    {
        const int cubin = 'j' | ('u' << 8) | ('n' << 16) | ('k' << 24);
        StubEntry[] usual =
        [
            new("nvrtcVersion", 0, new(0, version.Major), new StubWrite(1, version.Minor)),
            new("nvrtcGetErrorString") { Text = "NVRTC_ERROR_OF_A_STUB" },
            new("nvrtcGetNumSupportedArchs", 0, new StubWrite(0, 1)), new("nvrtcGetSupportedArchs", 0, new StubWrite(0, architecture)),
            new("nvrtcCreateProgram", 0, new StubWrite(0, 1, IsWide: true)), new("nvrtcDestroyProgram"), new("nvrtcCompileProgram"),
            new("nvrtcGetProgramLogSize", 0, new StubWrite(1, 0, IsWide: true)), new("nvrtcGetProgramLog"),
            new("nvrtcGetCUBINSize", 0, new StubWrite(1, 4, IsWide: true)), new("nvrtcGetCUBIN", 0, new StubWrite(1, cubin)),
            new("nvrtcGetPTXSize", 0, new StubWrite(1, 4, IsWide: true)), new("nvrtcGetPTX", 0, new StubWrite(1, cubin)),
        ];
        StubLibrary.Create(path, [.. usual.Where(u => others.All(o => o.Name != u.Name)), .. others]);
    }
}
