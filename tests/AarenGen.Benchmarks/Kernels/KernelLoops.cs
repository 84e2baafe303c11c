using AarenGen.Kernels;
using BenchmarkDotNet.Attributes;

namespace AarenGen.Benchmarks;

/// <summary>The kernels beside the matrix products, on 96 rows: what training does with a sequence.</summary>
[MemoryDiagnoser]
public class KernelLoops
{
    public const int Rows = 96;
    private readonly float[] x = new float[Rows * 512], y = new float[Rows * 512], z = new float[Rows * 512],
        slopes = new float[Rows * 512];
    private readonly float[] scale = new float[512], shift = new float[512], scaleGradient = new float[512], shiftGradient = new float[512];
    private readonly float[] statistics = new float[Rows * 3], scores = new float[Rows * 16], scoresGradient = new float[Rows * 16],
        gates = new float[Rows * 32], carries = new float[1024];
    private readonly double[] state = new double[2 * 8 + 512];

    [Params(64, 128, 512)]
    public int Width { get; set; }

    private int Heads => Width == 64 ? 4 : 8;

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        foreach (float[] values in (float[][])[x, y, scale, scores])
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = random.NextSingle() * 4 - 2;
            }
        }
    }

    [Benchmark]
    public void Gelu() => Elementwise.Gelu(x.AsSpan(0, Rows * Width), z.AsSpan(0, Rows * Width));

    [Benchmark]
    public void GeluWithDerivative()
    {
        x.AsSpan(0, Rows * Width).CopyTo(slopes);
        Elementwise.GeluWithDerivative(slopes.AsSpan(0, Rows * Width), z.AsSpan(0, Rows * Width));
    }

    [Benchmark]
    public void LayerNormForward() => LayerNormalization.Forward(x, Rows, Width, scale, shift, z, statistics);

    [Benchmark]
    public void LayerNormBackward() =>
        LayerNormalization.Backward(x, y, statistics, scale, Rows, Width, z, accumulate: false, scaleGradient, shiftGradient);

    [Benchmark]
    public void AttentionForward() => PrefixAttention.Forward(x, scores, Rows, Width, Heads, gates, z);

    [Benchmark]
    public void AttentionBackward() =>
        PrefixAttention.Backward(x, y, y, gates, Rows, Width, Heads, z, scoresGradient, carries);

    /// <summary>One token of each stream; the number of streams is that of the rows.</summary>
    [Benchmark]
    public void AttentionSteps()
    {
        for (int row = 0; row < Rows; row++)
        {
            PrefixAttention.Step(
                x.AsSpan(row * Width, Width), scores.AsSpan(row * 16, 16), Width, Heads, state, z.AsSpan(row * Width, Width));
        }
    }
}
