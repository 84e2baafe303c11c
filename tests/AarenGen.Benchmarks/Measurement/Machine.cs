using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AarenGen.Benchmarks;

/// <summary>What a run ran on, and the ceilings that its rows are held against.</summary>
internal static class Machine
{
    public static Section Describe()
    {
        Ceilings ceilings = Ceilings.OfThisMachine;
        (string Name, string Value)[] rows =
        [
            ("processor", Processor()),
            ("cores for this process", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
            ("vectors", Vector512.IsHardwareAccelerated ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "narrower"),
            ("bytes' dot products (VNNI)", AvxVnni.IsSupported ? "yes" : "no"),
            ("system", RuntimeInformation.OSDescription),
            (".NET", RuntimeInformation.FrameworkDescription),
            ("ONNX Runtime", typeof(Microsoft.ML.OnnxRuntime.InferenceSession).Assembly.GetName().Version!.ToString(3)),
            ("LibTorch", LibTorch.WhyMissing is { } why ? "did not load: " + why : "2.10, by TorchSharp " + typeof(TorchSharp.torch)
                .Assembly.GetName().Version!.ToString(3)),
            ("multiply-adds, one core", (ceilings.FlopsPerSecond / 1e9).ToString("N0", CultureInfo.InvariantCulture) + " GFLOP/s"),
            .. ceilings.BytesPerSecond.Select(
                static b => ($"reading {b.Bytes >> 10:N0} KiB repeatedly, one core", (b.PerSecond / 1e9)
                    .ToString("N0", CultureInfo.InvariantCulture) + " GB/s")),
        ];
        return new(
            "machine", "The machine and its measured ceilings", ["", ""], [.. rows.Select(static r => (string[])[r.Name, r.Value])],
            new { Rows = rows.ToDictionary(static r => r.Name, static r => r.Value), ceilings.FlopsPerSecond,
                BytesPerSecond = ceilings.BytesPerSecond.Select(static b => new { b.Bytes, b.PerSecond }) });
    }

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? model = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo)
            .FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return model?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
