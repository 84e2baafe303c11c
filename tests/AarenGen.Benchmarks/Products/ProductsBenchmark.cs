using System.Globalization;
using AarenGen.Kernels;
using TorchSharp;

namespace AarenGen.Benchmarks;

/// <summary>Our matrix products beside LibTorch's (MKL) on one core, on the shapes of the benchmarks' models.</summary>
internal sealed class ProductsBenchmark : IBenchmark
{
    private static readonly (int Rows, int Inner, int Columns)[] Shapes =
    [
        (96, 64, 64), (96, 64, 256), (96, 256, 64), (96, 128, 128), (96, 128, 512), (96, 512, 128), (192, 512, 512),
        (192, 512, 2048), (192, 2048, 512),
    ];

    public string Name => "products";

    public string Description => "Matrix products on one core, against LibTorch's";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        Ceilings ceilings = Ceilings.OfThisMachine;
        if (LibTorch.WhyMissing is null)
        {
            torch.set_num_threads(1);
        }
        var rows = new List<IReadOnlyList<string>>();
        var data = new List<object>();
        foreach ((int m, int k, int n) in Shapes)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = torch.NewDisposeScope();
            float[] x = Numbers(m * k), w = Numbers(n * k), y = Numbers(m * n), dw = new float[n * k], db = new float[n],
                packed = GC.AllocateArray<float>(n * k, pinned: true);
            MatrixProduct.Pack(w, n, k, packed);
            var contestants = new List<Contestant>
            {
                new("multiply", () => MatrixProduct.Multiply(x, m, k, packed, n, y)),
                new("gradient", () => MatrixProduct.AccumulateGradients(y, m, n, x, k, dw, db)),
            };
            if (LibTorch.WhyMissing is null)
            {
                torch.Tensor a = torch.tensor(x, [m, k]), b = torch.tensor(w, [n, k]).t(), c = torch.zeros(m, n),
                    dyT = torch.tensor(y, [m, n]).t(), d = torch.zeros(n, k);
                contestants.Add(new("LibTorch multiply", () => c.addmm_(a, b, beta: 0, alpha: 1)));
                contestants.Add(new("LibTorch gradient", () => d.addmm_(dyT, a, beta: 1, alpha: 1)));
            }
            IReadOnlyList<Timing> timings = thoroughness.Contest.Run(contestants);
            double flops = 2.0 * m * k * n;
            rows.Add([
                $"{m} x {k} x {n}", .. timings.Select(t => Number(flops / t.Median / 1e9, 0)),
                .. timings.Count > 2 ? (string[])[Number(timings[0].TimesFasterThan(timings[2]), 2) + "x",
                    Number(timings[1].TimesFasterThan(timings[3]), 2) + "x"] : [],
                Number(100 * flops / timings[0].Median / ceilings.FlopsPerSecond, 0),
            ]);
            data.Add(new { Rows = m, Inner = k, Columns = n, Timings = timings.Select(static t => new { t.Name, t.Median, t.Spread }) });
        }
        string[] peers = LibTorch.WhyMissing is null
            ? ["LibTorch multiply", "LibTorch gradient", "times faster", "times faster, gradient"] : [];
        yield return new(
            "products", "Matrix products on one core, GFLOP/s",
            ["rows x inner x columns", "multiply", "gradient", .. peers, "% of multiply-add ceiling"], rows, data)
        {
            Notes = LibTorch.WhyMissing is { } why
                ? ["LibTorch did not load: " + why]
                : ["LibTorch's times include its call and dispatch, about a microsecond; AarenGen's gradients include that of the bias."],
        };
    }

    private static float[] Numbers(int count)
    {
        var random = new Random(count);
        float[] values = GC.AllocateArray<float>(count, pinned: true);
        for (int i = 0; i < count; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }
        return values;
    }

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);
}
