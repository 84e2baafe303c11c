using System.Reflection;
using System.Runtime.InteropServices;
using AarenGen.Cuda.Driver;

namespace AarenGen.Cuda.Interop;

/// <summary>
/// The two libraries that CUDA needs: the driver, found when its first entry is called, and NVRTC, found when something is compiled.
/// </summary>
internal static class NativeLibraries
{
    public const string DriverVariable = "AARENGEN_LIBCUDA";
    public const string CompilerVariable = "AARENGEN_LIBNVRTC";

    public static LibrarySearch Driver { get; } = CreateDriverSearch();

    public static LibrarySearch Compiler { get; } = CreateCompilerSearch();

    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    /// <summary>Called before any entry is: the static constructor does the work, once.</summary>
    public static void Register()
    {
    }

    public static LibrarySearch CreateDriverSearch() => new()
    {
        Description = "The CUDA driver's library",
        Entries =
        [
            nameof(DriverApi.cuInit), nameof(DriverApi.cuDriverGetVersion), nameof(DriverApi.cuGetErrorName),
            nameof(DriverApi.cuGetErrorString),
        ],
        Remedy = "It comes with the NVIDIA driver: install that for your GPU (Debian package libcuda1 with nvidia-driver, or "
            + "https://www.nvidia.com/drivers).",
        Variable = DriverVariable,
        NamedFile = Read(DriverVariable),
        Names = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1"],
        // Windows Subsystem for Linux keeps the driver where not every distribution's loader looks.
        Folders = OperatingSystem.IsWindows() ? [] : ["/usr/lib/wsl/lib"],
    };

    public static LibrarySearch CreateCompilerSearch() => new()
    {
        Description = "NVRTC, which compiles CUDA kernels at run time,",
        Entries = NvrtcApi.Entries,
        Remedy = "Install the CUDA toolkit, 11.2 or newer, or its part libnvrtc alone (Debian package libnvrtc11.2, component non-free, or "
            + "pip package nvidia-cuda-nvrtc).",
        Variable = CompilerVariable,
        NamedFile = Read(CompilerVariable),
        Names = OperatingSystem.IsWindows()
            ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
            : ["libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"],
        Folders = CompilerFolders.Find(Read),
    };

    /// <summary>
    /// The form of code that a driver loads or a compiler makes: empty for NVIDIA's, whose cubins and PTX any machine may load; for the
    /// emulator what both libraries of one build say.
    /// </summary>
    public static unsafe string CodeFormat(nint library) =>
        NativeLibrary.TryGetExport(library, "aarengen_emulator_code_format", out nint entry)
            ? CudaDriver.Text(((delegate* unmanaged<byte*>)entry)())
            : "";

    private static string? Read(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == DriverApi.Library ? Driver.Load().Handle : 0;
}
