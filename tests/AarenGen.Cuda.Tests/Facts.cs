using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>Skipped where NVRTC is not found.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute() => Skip = Requirements.Find(Requirement.Compiler);
}

/// <summary>Skipped where NVIDIA's own NVRTC is not found; a stand-in does not matter.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvidiaCompilerFactAttribute : FactAttribute
{
    public NvidiaCompilerFactAttribute() => Skip = Requirements.Find(Requirement.NvidiaCompiler);
}

/// <summary><see cref="NvidiaCompilerFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvidiaCompilerTheoryAttribute : TheoryAttribute
{
    public NvidiaCompilerTheoryAttribute() => Skip = Requirements.Find(Requirement.NvidiaCompiler);
}

/// <summary>
/// Skipped where NVIDIA's compiler and the tools behind it, ptxas and cuobjdump, are not all there; a stand-in does not matter.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NvidiaToolsFactAttribute : FactAttribute
{
    public NvidiaToolsFactAttribute() => Skip = Requirements.Find(Requirement.NvidiaTools);
}

/// <summary>Skipped where there is neither a device nor a stand-in for one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceFactAttribute : FactAttribute
{
    public DeviceFactAttribute() => Skip = Requirements.Find(Requirement.Device);
}

/// <summary>Skipped without the emulator, which counts and checks more than a device reports.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EmulatorFactAttribute : FactAttribute
{
    public EmulatorFactAttribute() => Skip = Requirements.Find(Requirement.Emulator);
}

/// <summary><see cref="EmulatorFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EmulatorTheoryAttribute : TheoryAttribute
{
    public EmulatorTheoryAttribute() => Skip = Requirements.Find(Requirement.Emulator);
}

/// <summary><see cref="DeviceFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceTheoryAttribute : TheoryAttribute
{
    public DeviceTheoryAttribute() => Skip = Requirements.Find(Requirement.Device);
}

/// <summary>
/// Skipped where CUDA cannot be hidden from a process that the test starts: elsewhere than on Linux, and where a toolkit lies in a folder
/// that is always searched.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HiddenLibrariesFactAttribute : FactAttribute
{
    public HiddenLibrariesFactAttribute() => Skip = HiddenLibraries.WhyVisible;
}

/// <summary><see cref="HiddenLibrariesFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HiddenLibrariesTheoryAttribute : TheoryAttribute
{
    public HiddenLibrariesTheoryAttribute() => Skip = HiddenLibraries.WhyVisible;
}

/// <summary>Skipped where a process may find other libraries than a test's stubs, or cannot load these.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HiddenByStubsFactAttribute : FactAttribute
{
    public HiddenByStubsFactAttribute() => Skip = HiddenLibraries.WhyVisible ?? StubLibrary.WhyUnusable;
}

/// <summary>Skipped without the emulator, which a process finds by its name though all other libraries are hidden from it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamedEmulatorFactAttribute : FactAttribute
{
    public NamedEmulatorFactAttribute() =>
        Skip = Requirements.Find(Requirement.Emulator) ?? HiddenLibraries.WhyVisible ?? StubLibrary.WhyUnusable;
}

/// <summary><see cref="HiddenByStubsFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HiddenByStubsTheoryAttribute : TheoryAttribute
{
    public HiddenByStubsTheoryAttribute() => Skip = HiddenLibraries.WhyVisible ?? StubLibrary.WhyUnusable;
}

/// <summary>Skipped elsewhere than on Linux, <see cref="FactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = OperatingSystem.IsLinux() ? null : "The tools of NVIDIA are looked for on Linux only.";
}

/// <summary>Skipped where the tests' own stub libraries do not load: elsewhere than on Linux on x86-64.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StubFactAttribute : FactAttribute
{
    public StubFactAttribute() => Skip = StubLibrary.WhyUnusable;
}

/// <summary><see cref="StubFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StubTheoryAttribute : TheoryAttribute
{
    public StubTheoryAttribute() => Skip = StubLibrary.WhyUnusable;
}

/// <summary>Something that tests need beside this repository.</summary>
internal enum Requirement
{
    /// <summary>NVRTC or a stand-in for it.</summary>
    Compiler,

    /// <summary>NVIDIA's own NVRTC.</summary>
    NvidiaCompiler,

    /// <summary>NVIDIA's own NVRTC, ptxas, cuobjdump and nvdisasm.</summary>
    NvidiaTools,

    /// <summary>A device or a stand-in for one, and a compiler.</summary>
    Device,

    /// <summary>The emulator.</summary>
    Emulator,
}

/// <summary>What of it is on this machine. A file or folder that a variable names is never taken for missing: then tests fail.</summary>
internal static class Requirements
{
    /// <summary>The collection of tests that share the device, one after the other: its order of threads is the whole process's.</summary>
    public const string Device = "device";

    private static readonly Lazy<string?> Compiler = new(FindCompiler), OwnDevice = new(FindDevice), OwnEmulator = new(FindEmulator);

    /// <summary>Why tests that need it are skipped; null where it is there.</summary>
    public static string? Find(Requirement requirement) => requirement switch
    {
        Requirement.Compiler => Compiler.Value,
        Requirement.NvidiaCompiler => NvidiaTools.MissingCompiler,
        Requirement.NvidiaTools => NvidiaTools.Missing,
        Requirement.Device => OwnDevice.Value,
        _ => OwnEmulator.Value,
    };

    /// <summary>Whether a variable of the environment has a value.</summary>
    public static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };

    private static string? FindCompiler() => IsSet(NativeLibraries.CompilerVariable) || Loads(NativeLibraries.Compiler)
        ? null
        : "NVRTC is needed: install libnvrtc of the CUDA toolkit (Debian non-free: libnvrtc11.2, libnvrtc-builtins11.8), or set "
            + "AARENGEN_LIBNVRTC; see CONTRIBUTING.md.";

    private static string? FindDevice() => IsSet(NativeLibraries.DriverVariable) || CudaDeviceInfo.Query().Devices.Count > 0
        ? Compiler.Value
        : "An NVIDIA GPU is needed, or a stand-in for it: set AARENGEN_LIBCUDA and AARENGEN_LIBNVRTC; see CONTRIBUTING.md.";

    /// <summary>A driver that is named but does not load is not a reason to skip.</summary>
    private static string? FindEmulator() => OwnDevice.Value ?? (!Loads(NativeLibraries.Driver) || Emulator.IsThere
        ? null
        : "The emulator is needed: build cuda/emulator and set AARENGEN_LIBCUDA and AARENGEN_LIBNVRTC; see CONTRIBUTING.md.");

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
