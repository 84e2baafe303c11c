using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>Skipped where NVRTC is not found.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute() => Skip = Requirements.MissingCompiler;
}

/// <summary>Skipped where NVIDIA's own NVRTC is not found; a stand-in does not matter.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvidiaCompilerFactAttribute : FactAttribute
{
    public NvidiaCompilerFactAttribute() => Skip = Requirements.MissingNvidiaCompiler;
}

/// <summary><see cref="NvidiaCompilerFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvidiaCompilerTheoryAttribute : TheoryAttribute
{
    public NvidiaCompilerTheoryAttribute() => Skip = Requirements.MissingNvidiaCompiler;
}

/// <summary>Skipped where NVIDIA's compiler and the tools behind it, ptxas and cuobjdump, are not all there; a stand-in does not matter.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvidiaToolsFactAttribute : FactAttribute
{
    public NvidiaToolsFactAttribute() => Skip = NvidiaTools.Missing;
}

/// <summary>Skipped where there is neither a device nor a stand-in for one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceFactAttribute : FactAttribute
{
    public DeviceFactAttribute() => Skip = Requirements.MissingDevice;
}

/// <summary>Skipped where there is no emulator, which counts and checks what a device does not tell.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EmulatorFactAttribute : FactAttribute
{
    public EmulatorFactAttribute() => Skip = Requirements.MissingDevice
        ?? (Emulator.IsThere ? null : "The emulator is needed: build cuda/emulator and set AARENGEN_LIBCUDA and AARENGEN_LIBNVRTC; see CONTRIBUTING.md.");
}

/// <summary><see cref="DeviceFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceTheoryAttribute : TheoryAttribute
{
    public DeviceTheoryAttribute() => Skip = Requirements.MissingDevice;
}

/// <summary>What tests need beside this repository. A library that a variable names is never taken for missing: then tests fail.</summary>
internal static class Requirements
{
    /// <summary>The collection of tests that share the device, one after the other: its order of threads is the whole process's.</summary>
    public const string Device = "device";

    public static string? MissingCompiler { get; } = IsSet(NativeLibraries.CompilerVariable) || Loads(NativeLibraries.Compiler)
        ? null
        : "NVRTC is needed: install libnvrtc of the CUDA toolkit (Debian non-free: libnvrtc11.2, libnvrtc-builtins11.8), or set AARENGEN_LIBNVRTC; see CONTRIBUTING.md.";

    public static string? MissingNvidiaCompiler { get; } = NvidiaTools.MissingCompiler;

    public static string? MissingDevice { get; } = IsSet(NativeLibraries.DriverVariable) || CudaDeviceInfo.List(out _).Count > 0
        ? MissingCompiler
        : "An NVIDIA GPU is needed, or a stand-in for it: set AARENGEN_LIBCUDA and AARENGEN_LIBNVRTC; see CONTRIBUTING.md.";

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };

    private static bool Loads(LibrarySearch search)
    {
        try
        {
            search.Load();
            return true;
        }
        catch (CudaUnavailableException)
        {
            return false;
        }
    }
}
