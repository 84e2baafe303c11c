using System.Reflection;
using System.Runtime.InteropServices;

namespace AarenGen.Cuda.Interop;

/// <summary>The two libraries that CUDA needs, found when the first entry of each is called.</summary>
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
        Entry = nameof(DriverApi.cuInit),
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
        Entry = nameof(NvrtcApi.nvrtcVersion),
        Remedy = "Install the CUDA toolkit, 11.2 or newer, or its part libnvrtc alone (Debian package libnvrtc11.2, component non-free).",
        Variable = CompilerVariable,
        NamedFile = Read(CompilerVariable),
        Names = OperatingSystem.IsWindows()
            ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
            : ["libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"],
        Folders = [.. ToolkitFolders()],
    };

    private static IEnumerable<string> ToolkitFolders()
    {
        string? toolkit = Read("CUDA_PATH");
        if (OperatingSystem.IsWindows())
        {
            if (toolkit is not null)
            {
                yield return Path.Combine(toolkit, "bin");
                yield return Path.Combine(toolkit, "bin", "x64");
            }
            yield break;
        }
        if (toolkit is not null)
        {
            yield return Path.Combine(toolkit, "lib64");
        }
        yield return "/usr/local/cuda/lib64";
    }

    private static string? Read(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        DriverApi.Library => Driver.Load().Handle,
        NvrtcApi.Library => Compiler.Load().Handle,
        _ => 0,
    };
}
