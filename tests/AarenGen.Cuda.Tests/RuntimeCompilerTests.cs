using System.Text;
using AarenGen.Cuda.Compilation;

namespace AarenGen.Cuda.Tests;

public sealed class RuntimeCompilerTests
{
    private const string Source =
        """
        struct Arguments { float* values; float factor; };
        template <int N> __device__ float times(float x) { if constexpr (N > 1) return x * times<N - 1>(x); else return x; }
        extern "C" __global__ void scale(Arguments a, int n)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < n) a.values[i] = times<3>(a.values[i]) * a.factor;
        }
        """;

    [NvidiaCompilerTheory]
    [InlineData(75)]
    [InlineData(80)]
    [InlineData(86)]
    [InlineData(89)]
    [InlineData(90)]
    public async Task Kernel_compiles_to_a_cubin_of_the_architecture(int architecture)
    {
        string[] said = (await Program.StartAsync(["compile-kernel", $"{architecture}"], NvidiaTools.WithoutStandIns)).Split('\n');

        Assert.Equal($"sm_{architecture}", said[0]);
        Assert.StartsWith("\u007FELF", said[2], StringComparison.Ordinal);
    }

    [NvidiaCompilerFact]
    public async Task Unknown_architecture_gets_the_newest_older_ptx()
    {
        string[] said = (await Program.StartAsync(["compile-kernel", "9990"], NvidiaTools.WithoutStandIns)).Split('\n', 3);

        Assert.Equal($"compute_{said[1]}", said[0]);
        Assert.Contains(".entry scale", said[2], StringComparison.Ordinal);
        Assert.EndsWith("\0", said[2], StringComparison.Ordinal);
    }

    /// <summary>
    /// What a separate process reports of a kernel: the target, the newest architecture that the compiler knows, the code as Latin letters.
    /// </summary>
    public static string Compiled(int architecture)
    {
        RuntimeCompiler compiler = CompilerSearch.First();
        DeviceCode code = compiler.Compile(new("scale", Source), architecture);
        byte[] shown = code.Target.IsPtx ? code.Image : code.Image[..4];
        return $"{code.Target.Name}\n{compiler.Architectures.Max()}\n{Encoding.Latin1.GetString(shown)}";
    }

    [CompilerFact]
    public void Mistake_is_shown_with_its_line_and_text()
    {
        string source = Source.Replace("* a.factor", "* a.fcator", StringComparison.Ordinal);

        CudaException e = Assert.Throws<CudaException>(() => CompilerSearch.First().Compile(new("mistaken", source), 80));

        Assert.Equal("nvrtcCompileProgram", e.FunctionName);
        Assert.Equal("NVRTC_ERROR_COMPILATION", e.ErrorName);
        Assert.False(e.IsDeviceLost);
        Assert.Contains("mistaken.cu for sm_80 by NVRTC ", e.Message, StringComparison.Ordinal);
        Assert.Contains("fcator", e.Message, StringComparison.Ordinal);
        Assert.Contains("\n      6 |     if (i < n) a.values[i] = times<3>(a.values[i]) * a.fcator;", e.Message, StringComparison.Ordinal);
    }

    [CompilerFact]
    public void Source_without_an_annotation_is_device_code()
    {
        const string source = "int twice(int x) { return 2 * x; } extern \"C\" __global__ void run(int* a, int n) { *a = twice(n); }";
        Assert.NotEmpty(CompilerSearch.First().Compile(new("plain", source), 80).Image);
    }

    [CompilerFact]
    public void Version_and_architectures_are_those_of_the_library()
    {
        RuntimeCompiler compiler = CompilerSearch.First();
        Assert.True(compiler.Version >= new Version(11, 2));
        Assert.Contains(80, compiler.Architectures);
    }

    [Theory]
    [InlineData(90, "sm_90")]
    [InlineData(86, "sm_86")]
    [InlineData(87, "compute_86")]
    [InlineData(120, "compute_90")]
    public void Target_is_the_devices_own_code_or_the_newest_older_ptx(int device, string target) =>
        Assert.Equal(target, CompilationTarget.For(device, [61, 70, 75, 80, 86, 90], new(11, 8)).Name);

    [Fact]
    public void Device_too_old_for_the_compiler_is_rejected_with_a_fix()
    {
        string message = Assert.Throws<CudaException>(() => CompilationTarget.For(75, [80, 90, 100], new(14, 0))).Message;
        Assert.Contains("NVRTC 14.0 compiles for sm_80, sm_90, sm_100, which does not serve sm_75", message, StringComparison.Ordinal);
        Assert.Contains("AARENGEN_LIBNVRTC", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_quotes_the_lines_of_messages_in_every_format()
    {
        string quoted = CompilerLog.Quote(
            "k.cu(2): error: this\nk.cu:3:7: error: that\nother.h(1): note\nk.cu(9): beyond\n1 error\n\0", "a\nb b\r\nc", "k.cu");
        Assert.Equal(
            "\nk.cu(2): error: this\n      2 | b b\nk.cu:3:7: error: that\n      3 | c\nother.h(1): note\nk.cu(9): beyond\n1 error",
            quoted);
    }
}
