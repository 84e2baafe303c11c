using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Interop;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>Where the kernels of a training come from, in processes that find the emulator and what a test puts there.</summary>
[Collection(Requirements.Device)]
public sealed class KernelLoaderTests : TemporaryFolder
{
    private const string OnDevice = "\n", Compiler = "libnvrtc.so";

    private static readonly int Architecture = CudaDeviceInfo.Query().Devices is [var first, ..] ? first.Architecture : 0;

    /// <summary>Of a kernel file no part needs NVRTC: not its name, nor what it holds.</summary>
    [NamedEmulatorFact]
    public async Task Kernels_compiled_by_one_training_serve_the_next_without_NVRTC()
    {
        Assert.Equal(OnDevice, await TrainAsync(TheCompiler));
        Assert.Equal(OnDevice, await TrainAsync(null));
    }

    [NamedEmulatorFact]
    public async Task Kernels_compiled_ahead_serve_a_training_without_NVRTC()
    {
        CudaKernels.Compile<GoldenPre>(At("kernels"), [Architecture, 75]);

        Assert.Equal(2, Directory.GetFiles(At("kernels")).Length);
        Assert.Equal(OnDevice, await TrainAsync(null));
    }

    /// <summary>By NVIDIA's own compiler, for machines that this one knows nothing of.</summary>
    [NvidiaCompilerFact]
    public async Task Kernels_are_compiled_ahead_without_a_driver()
    {
        await Program.StartAsync(["compile-ahead", At("kernels"), "80", "90"], NvidiaTools.WithoutStandIns);

        Assert.Equal(2, Directory.GetFiles(At("kernels")).Length);
        foreach (int architecture in (int[])[80, 90])
        {
            DeviceCode code = Assert.Single(new KernelCache(At("kernels")).Find(Key(architecture, ""), nameof(GoldenPre)));
            Assert.Equal($"sm_{architecture}", code.Target.Name);
            // A file of the ELF format for NVIDIA's machines, number 190.
            Assert.Equal("\u007FELF"u8, code.Image.AsSpan(0, 4));
            Assert.Equal(190, BitConverter.ToInt16(code.Image, 18));
        }
    }

    /// <summary>As where an NVRTC newer than the driver comes first.</summary>
    [NamedEmulatorFact]
    public async Task Code_that_the_driver_refuses_is_passed_over_for_that_of_the_next_NVRTC()
    {
        CreateRefusedCompiler();
        string library = Path.Combine(Directory.CreateDirectory(At("toolkit/lib64")).FullName, Compiler);
        File.CreateSymbolicLink(library, TheCompiler);

        Assert.Equal(OnDevice, await TrainAsync(At(Compiler), ("CUDA_HOME", At("toolkit"))));
        // Only the code that works was kept.
        Assert.Equal(CompilerSearch.First().Version, Assert.Single(Kept()).Compiler);
    }

    [NamedEmulatorFact]
    public async Task Kept_code_that_the_driver_refuses_is_replaced()
    {
        KernelCache.Write(At("kernels"), Key(), new("GoldenPre", new(Architecture, IsPtx: false), new(99, 0), [1, 2, 3, 4]));

        string said = await TrainAsync(null);
        Assert.StartsWith("Trained on the CPU: The kernels of 'GoldenPre' cannot be loaded on device 0", said, StringComparison.Ordinal);
        Assert.Contains($".kernels: cuModuleLoadDataEx failed with CUDA_ERROR_INVALID_IMAGE", said, StringComparison.Ordinal);
        Assert.Contains("by NVRTC 99.0", said, StringComparison.Ordinal);
        Assert.Contains($"{Compiler}: ", said, StringComparison.Ordinal);

        Assert.Equal(OnDevice, await TrainAsync(TheCompiler));
        Assert.NotEqual(99, Assert.Single(Kept()).Compiler.Major);
    }

    [NamedEmulatorFact]
    public async Task Error_lists_every_NVRTC_and_why_its_code_does_not_serve()
    {
        CreateRefusedCompiler();

        string said = await TrainAsync(At(Compiler));

        Assert.Contains(" Tried:\n  NVRTC 11.8 (", said, StringComparison.Ordinal);
        Assert.Contains("cuModuleLoadDataEx failed with CUDA_ERROR_INVALID_IMAGE", said, StringComparison.Ordinal);
        Assert.Contains("\n  libnvrtc.so.12: ", said, StringComparison.Ordinal);
        Assert.Empty(Kept());
    }

    [Fact]
    public void Kernels_are_found_by_source_options_architecture_and_form_of_the_code()
    {
        KernelSource source = new("name", "text", "-option");
        byte[][] keys =
        [
            source.Key(80, ""), source.Key(90, ""), source.Key(80, "emulator"), (source with { Text = "other" }).Key(80, ""),
            (source with { Name = "other" }).Key(80, ""), (source with { Options = [] }).Key(80, ""),
        ];
        Assert.Equal(keys.Length, keys.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(keys[0], new KernelSource("name", "text", "-option").Key(80, ""));
    }

    [Theory]
    [InlineData(70, MatrixPrecision.Float32, "sm_70, but AarenGen's kernels need sm_75")]
    [InlineData(75, MatrixPrecision.BFloat16, "sm_75, but matrices in BFloat16 need sm_80")]
    public void Architecture_that_is_too_old_is_rejected(int architecture, MatrixPrecision precision, string expected)
    {
        var device = new CudaDevice { MatrixPrecision = precision };
        Assert.Contains(
            expected, Assert.Throws<NotSupportedException>(() => device.Check("It", architecture)).Message, StringComparison.Ordinal);
    }

    /// <summary>The compiler of the tests.</summary>
    private static string TheCompiler => NativeLibraries.Compiler.Load().Path;

    private static byte[] Key() => Key(Architecture, CudaDriver.CodeFormat);

    private static byte[] Key(int architecture, string codeFormat) => KernelSource
        .Of(nameof(GoldenPre), CudaDevice.ProgramOf(GoldenPre.Create(seed: 1)), MatrixPrecision.Float32, carriesStates: false)
        .Key(architecture, codeFormat);

    private IEnumerable<DeviceCode> Kept() => new KernelCache(At("kernels")).Find(Key(), nameof(GoldenPre));

    /// <summary>A compiler for this device whose code no driver loads.</summary>
    private void CreateRefusedCompiler()
    {
        string format = CudaDriver.CodeFormat;
        StubEntry[] told = format.Length == 0 ? [] : [new("aarengen_emulator_code_format") { Text = format }];
        Stubs.CreateCompiler(At(Compiler), new(11, 8), Architecture, told);
    }

    /// <summary>What a process says that finds the driver and this compiler alone.</summary>
    private Task<string> TrainAsync(string? compiler, params (string Name, string? Value)[] more) => Program.StartAsync(["train"], [
        .. HiddenLibraries.In(Directory.CreateDirectory(At("hidden")).FullName), (KernelCache.FolderVariable, At("kernels")),
        (NativeLibraries.DriverVariable, NativeLibraries.Driver.Load().Path), (NativeLibraries.CompilerVariable, compiler), .. more]);
}
