using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Interop;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Machines whose GPU cannot train a model: <c>Device.Auto</c> trains on the CPU and says why, <c>Device.Cuda</c> throws.
/// </summary>
public sealed class FallbackTests : TemporaryFolder
{
    private const string Driver = "libcuda.so.1", Compiler = "libnvrtc.so";

    [HiddenLibrariesFact]
    public async Task No_driver() => await CheckAsync("The CUDA driver's library was not found.", nameof(CudaUnavailableException));

    [HiddenByStubsFact]
    public async Task Library_that_is_no_driver()
    {
        StubLibrary.Create(At(Driver), new StubEntry("something"));
        await CheckAsync(
            "The CUDA driver's library was not found.", nameof(CudaUnavailableException),
            $"{At(Driver)} (from {NativeLibraries.DriverVariable}): it loads, but has no entry cuInit, cuDriverGetVersion, ");
    }

    [HiddenByStubsFact]
    public async Task Driver_that_lacks_entries()
    {
        StubEntry[] some =
            [new("cuInit"), new("cuGetErrorName"), new("cuGetErrorString"), new("cuDriverGetVersion", 0, new StubWrite(0, 12040))];
        StubLibrary.Create(At(Driver), some);
        await CheckAsync(
            $"{At(Driver)} is not NVIDIA's driver, or is damaged: it lacks cuDeviceGetCount, ", nameof(CudaUnavailableException));
    }

    [HiddenByStubsFact]
    public async Task Driver_that_is_too_old() => await CheckDriverAsync(
        "serves CUDA 11.2; 11.4 or newer is needed", nameof(CudaUnavailableException),
        new StubEntry("cuDriverGetVersion", 0, new StubWrite(0, 11020)));

    [HiddenByStubsFact]
    public async Task Driver_that_does_not_start() => await CheckDriverAsync(
        "cuInit failed with error 999", nameof(CudaException), new StubEntry("cuInit", (int)DriverResult.Unknown));

    [HiddenByStubsFact]
    public async Task Driver_that_says_there_is_no_device() => await CheckDriverAsync(
        "cuInit failed with error 100", nameof(CudaException), new StubEntry("cuInit", (int)DriverResult.NoDevice));

    [HiddenByStubsFact]
    public async Task Driver_with_no_device() => await CheckDriverAsync(
        "The CUDA driver shows no device.", nameof(CudaException),
        new StubEntry("cuDeviceGetCount", 0, new StubWrite(0, 0)), new StubEntry("cuDeviceGet", (int)DriverResult.InvalidDevice));

    [HiddenByStubsFact]
    public async Task Device_that_is_too_old() => await CheckDriverAsync(
        "GPU is sm_66, but AarenGen's kernels need sm_75 (Turing, 2018) or newer", nameof(NotSupportedException),
        new StubEntry("cuDeviceGetAttribute", 0, new StubWrite(0, 6)));

    /// <summary>Nine devices, from sm_0 to sm_88.</summary>
    [HiddenByStubsFact]
    public async Task First_device_that_is_new_enough_is_taken()
    {
        Stubs.CreateDriver(
            At(Driver), new StubEntry("cuDeviceGetCount", 0, new StubWrite(0, 9)), new StubEntry("cuDeviceGet") { Copied = 1 },
            new StubEntry("cuDeviceGetAttribute") { Copied = 2 });
        Stubs.CreateCompiler(At(Compiler), new(14, 0), architecture: 90);
        await CheckAsync("cannot be loaded on device 7 (GPU, sm_77).", nameof(NotSupportedException), "GPU is sm_0, but");
    }

    [HiddenByStubsFact]
    public async Task Device_that_another_process_holds() => await CheckDriverAsync(
        "cuDevicePrimaryCtxRetain failed with error 46", nameof(CudaException),
        new StubEntry("cuDevicePrimaryCtxRetain", (int)DriverResult.DeviceUnavailable));

    [HiddenByStubsFact]
    public async Task No_compiler() =>
        await CheckDriverAsync("NVRTC, which compiles CUDA kernels at run time, was not found.", nameof(CudaUnavailableException));

    [HiddenByStubsFact]
    public async Task Compiler_that_is_too_old()
    {
        Stubs.CreateDriver(At(Driver));
        Stubs.CreateCompiler(At(Compiler), new(10, 2));
        await CheckAsync(
            "NVRTC, which compiles CUDA kernels at run time, was not found.", nameof(CudaUnavailableException),
            "NVRTC 10.2; 11.2 or newer is needed");
    }

    [HiddenByStubsTheory]
    [InlineData(7, "The kernels of 'GoldenPre' cannot be loaded on device 0 (GPU, sm_88).", "libnvrtc-builtins of the same version")]
    [InlineData(6, "nvrtcCompileProgram failed with NVRTC_ERROR_OF_A_STUB.", "GoldenPre.cu for compute_80 by NVRTC 12.0")]
    public async Task Compiler_that_fails(int result, string reason, string detail)
    {
        Stubs.CreateDriver(At(Driver));
        Stubs.CreateCompiler(At(Compiler), new(12, 0), others: new StubEntry("nvrtcCompileProgram", result));
        await CheckAsync(reason, nameof(CudaException), detail);
    }

    [HiddenByStubsFact]
    public async Task Compiler_that_does_not_know_the_device()
    {
        Stubs.CreateDriver(At(Driver));
        Stubs.CreateCompiler(At(Compiler), new(14, 0), architecture: 90);
        await CheckAsync(
            "The kernels of 'GoldenPre' cannot be loaded on device 0 (GPU, sm_88).", nameof(CudaException),
            "NVRTC 14.0 compiles for sm_90, which does not serve sm_88");
    }

    [HiddenByStubsFact]
    public async Task Driver_that_refuses_the_code()
    {
        Stubs.CreateCompiler(At(Compiler), new(13, 0), architecture: 88);
        await CheckDriverAsync(
            "The kernels of 'GoldenPre' cannot be loaded on device 0 (GPU, sm_88).", nameof(CudaException),
            new StubEntry("cuModuleLoadDataEx", (int)DriverResult.UnsupportedPtxVersion));
    }

    [Fact]
    public void Report_says_why_at_its_end()
    {
        var report = new TrainingReport([], 1, StopReason.EpochsCompleted, 3, 4, TimeSpan.FromSeconds(2));
        Assert.EndsWith("tokens/s", report.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(
            "tokens/s\nTrained on the CPU: it rains.", (report with { DeviceNote = "Trained on the CPU: it rains." }).ToString(),
            StringComparison.Ordinal);
    }

    /// <summary>
    /// What a process of its own says: the note of a training by <c>Auto</c>, and what one by <c>Cuda</c> throws, or nothing.
    /// </summary>
    internal static string Train()
    {
        var data = new SequenceList(3, 5);
        data.Add(
            [.. Enumerable.Range(0, 60).Select(static i => MathF.Sin(i))], [.. Enumerable.Range(0, 100).Select(static i => MathF.Cos(i))]);
        var options = new TrainingOptions { Epochs = 1, Threads = 1 };
        GoldenPre Fit(Device device, out string note)
        {
            GoldenPre model = GoldenPre.Create(seed: 1);
            var progress = new Notes();
            note = model.Fit(data, null, options with { Device = device }, progress).DeviceNote;
            Assert.Equal(note, progress.Last);
            return model;
        }
        GoldenPre auto = Fit(Device.Auto, out string note), cpu = Fit(Device.Cpu, out string none);
        Assert.Equal("", none);
        if (note.Length > 0)
        {
            Assert.Equal(cpu.Weights.ToArray(), auto.Weights.ToArray());
        }
        try
        {
            Fit(Device.Cuda, out _);
            return $"{note}\n";
        }
        catch (Exception e) when (e is CudaException or CudaUnavailableException or NotSupportedException)
        {
            return $"{note}\n{e.GetType().Name}\n{e.Message}";
        }
    }

    private Task CheckDriverAsync(string reason, string exception, params IReadOnlyList<StubEntry> entries)
    {
        Stubs.CreateDriver(At(Driver), entries);
        return CheckAsync(reason, exception);
    }

    /// <param name="reason">In the report of a training by <c>Auto</c>.</param>
    /// <param name="exception">What a training by <c>Cuda</c> throws.</param>
    /// <param name="detail">In the exception's message, beside the reason.</param>
    private async Task CheckAsync(string reason, string exception, string detail = "")
    {
        string[] said = (await Program.StartAsync(["train"], [
            .. HiddenLibraries.In(Directory.CreateDirectory(At("hidden")).FullName), (KernelCache.FolderVariable, At("kernels")),
            (NativeLibraries.DriverVariable, At(Driver)), (NativeLibraries.CompilerVariable, At(Compiler))])).Split('\n', 3);

        Assert.StartsWith("Trained on the CPU: ", said[0], StringComparison.Ordinal);
        Assert.Contains(reason, said[0], StringComparison.Ordinal);
        Assert.Equal(exception, said[1]);
        Assert.Contains(detail, said[2], StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("kernels")));
    }

    private sealed class Notes : IProgress<TrainingProgress>
    {
        public string Last { get; private set; } = "";

        public void Report(TrainingProgress value) => Last = value.DeviceNote;
    }
}
