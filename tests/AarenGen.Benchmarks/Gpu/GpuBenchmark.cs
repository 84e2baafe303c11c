using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using AarenGen.Cuda;
using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Driver;
using AarenGen.Tests.Models;
using static AarenGen.Benchmarks.DeviceTables;

namespace AarenGen.Benchmarks;

/// <summary>
/// Training on an NVIDIA GPU: first whether it computes what the CPU does, then how fast, beside the device's own ceilings and PyTorch.
/// </summary>
/// <param name="drawBars">Draws groups of bars: title, groups, series, values by group. Null: no pictures.</param>
internal sealed class GpuBenchmark(Func<string, string[], string[], double[][], string>? drawBars = null) : IBenchmark
{
    /// <summary>
    /// Until when PyTorch may begin another case, so that the whole run stays below eight minutes; how long it may take at most, and at
    /// least.
    /// </summary>
    private static readonly TimeSpan PeersEnd = TimeSpan.FromSeconds(400), MostPeersTime = TimeSpan.FromMinutes(4),
        LeastPeersTime = TimeSpan.FromSeconds(20);

    public string Name => "gpu";

    public string Description => $"Training on an NVIDIA GPU: correctness, kernels against the device's ceilings, steps against PyTorch; "
        + $"without a device it ends with {ExitCodes.NoDevice}";

    public string? WhyImpossible()
    {
        CudaDeviceQuery query = CudaDeviceInfo.Query();
        if (query.Devices.Count == 0)
        {
            return query.Message;
        }
        try
        {
            _ = CompilerSearch.First();
            return null;
        }
        catch (CudaUnavailableException e)
        {
            return e.Message;
        }
    }

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        bool isShort = thoroughness.IsShort;
        long started = Stopwatch.GetTimestamp();
        using var context = new CudaContext();
        using var stream = new CudaStream(context);
        using var timer = new DeviceTimer(context, stream, isShort);
        MatrixPrecision[] products = context.Device.Architecture >= CudaDevice.TensorCores
            ? Enum.GetValues<MatrixPrecision>() : [MatrixPrecision.Float32];
        BenchmarkModel[] models = [.. BenchmarkModel.All.Take(isShort ? 1 : int.MaxValue)];
        var check = new DeviceCheck(products, isShort);
        DeviceComparison[] comparisons = [.. models.SelectMany(m => m.Accept(check)), .. check.Golden()];
        yield return Correctness(comparisons);
        DeviceCheck.Require(comparisons);
        cancellation.ThrowIfCancellationRequested();
        DeviceCeilings ceilings = DeviceCeilings.Measure(context, stream, timer, isShort);
        yield return Describe(context.Device, ceilings);
        cancellation.ThrowIfCancellationRequested();
        yield return Scans([.. models.SelectMany(m => m.Accept(new ScansOnDevice(context, stream, timer, isShort)))], ceilings);
        cancellation.ThrowIfCancellationRequested();
        yield return Products(
            [.. models.SelectMany(m => products.SelectMany(p => m.Accept(new ProductsOnDevice(context, stream, timer, p, isShort))))],
            ceilings);
        var steps = new List<DeviceStep>();
        foreach (BenchmarkModel model in models)
        {
            DeviceBatch[] batches = isShort
                ? [.. DeviceBatch.Both(2, 8)]
                : [.. DeviceBatch.Both(model.Batch, model.Length), .. DeviceBatch.Both(model.Batch * 8, model.Length)];
            foreach (DeviceBatch batch in batches)
            {
                foreach (MatrixPrecision precision in products)
                {
                    cancellation.ThrowIfCancellationRequested();
                    steps.Add(model.Accept(new TrainingOnDevice(context, stream, timer, precision, batch, isShort)));
                }
            }
        }
        TimeSpan left = PeersEnd - Stopwatch.GetElapsedTime(started);
        TorchOnDevice torch = TorchOnDevice.Measure(
            left < LeastPeersTime ? LeastPeersTime : left < MostPeersTime ? left : MostPeersTime, isShort);
        yield return Steps([.. steps, .. torch.Steps], [
            "A step is one graph: forward, loss, backward, clipping, AdamW. Times are the device's, many steps in a row; with batches "
                + "read and copied they are the host's, over many steps of the trainer.",
            "The ratio is to our step with the same arithmetic of products; PyTorch's bf16 is autocast.",
            "Uneven lengths have the same mean as even ones. PyTorch pads them to the longest and leaves padding out of the loss; tokens "
                + "are those of the data, without padding.", .. torch.Notes,
        ]) with { Figures = Figures([.. steps, .. torch.Steps]) };
    }

    private static Section Correctness(IReadOnlyList<DeviceComparison> comparisons) => new(
        "gpu-correctness", "Largest relative error on the device", ["", "products", "error", "bound"],
        [.. comparisons.Select(static c => (string[])[c.What, Name(c.Products), Exponent(c.Error), Exponent(c.Bound)])],
        // JSON has no NaN or infinity; null stands for them.
        Array(
            comparisons, static c => new JsonObject { ["what"] = c.What, ["products"] = Name(c.Products),
                ["error"] = double.IsFinite(c.Error) ? c.Error : null, ["bound"] = c.Bound }))
    {
        Notes = GoldenFiles.AreThere ? [] : ["The golden files are not at hand: the CPU alone was compared with."],
    };

    private static Section Describe(CudaDeviceInfo device, DeviceCeilings ceilings)
    {
        (string Name, string Value)[] rows =
        [
            ("device", device.Name),
            ("architecture", $"sm_{device.Architecture}"),
            ("multiprocessors", Number(device.Multiprocessors, 0)),
            ("memory", Number(device.TotalMemory / 1e9, 1) + " GB"),
            ("cache of all multiprocessors", Number(device.L2CacheSize / 1e6, 1) + " MB"),
            ("memory's bandwidth as the driver has it", device.PeakBandwidth > 0
                ? Number(device.PeakBandwidth / 1e9, 0) + " GB/s" : "not told"),
            ("driver serves CUDA", CudaDriver.Version.ToString()),
            ("NVRTC", CompilerSearch.First().Version.ToString()),
            ("copy of a large buffer, bytes read and written", Number(ceilings.BytesPerSecond / 1e9, 1) + " GB/s"),
            .. ceilings.OperationsPerSecond.Select(
                static o => ($"multiply-adds in registers, {Name(o.Key)}", Number(o.Value / 1e12, 2) + " TFLOP/s")),
        ];
        string[] emulated = device.Name.Contains("emulator", StringComparison.OrdinalIgnoreCase)
            ? ["This device is an emulator: it shows that everything runs and computes what it should. Its times, here and below, mean "
                + "nothing."]
            : [];
        return new(
            "gpu-device", "The device and its measured ceilings", ["", ""],
            [.. rows.Select(static r => (string[])[r.Name, r.Value])],
            new JsonObject
            {
                ["device"] = device.Name, ["isEmulator"] = emulated.Length > 0, ["architecture"] = device.Architecture,
                    ["multiprocessors"] = device.Multiprocessors, ["memory"] = device.TotalMemory,
                ["bytesPerSecond"] = ceilings.BytesPerSecond,
                ["operationsPerSecond"] = new JsonObject(
                    ceilings.OperationsPerSecond.Select(static o => KeyValuePair.Create(Name(o.Key), (JsonNode?)o.Value))),
            })
        {
            Notes = [.. emulated, "Tensor cores are measured by the instructions that our products use (mma.sync). From sm_90 on there "
                + "are others (wgmma) that go beyond; data sheets count those."],
        };
    }

    private static Section Scans(IReadOnlyList<KernelRate> rates, DeviceCeilings ceilings) => new(
        "gpu-scans", "The scan against the device's bandwidth", ["kernel", "batch", "tokens", "ms", "± %", "GB/s", "% of the copy's"],
        [.. rates.Select(r => (string[])[$"{r.Model}, {r.Kernel}", r.Batch.Name, Number(r.Batch.Tokens, 0),
            Number(1e3 * r.Timing.Median, 3), Number(100 * r.Timing.Spread, 0), Number(r.PerSecond / 1e9, 1),
            Number(100 * r.PerSecond / ceilings.BytesPerSecond, 0)])],
        Array(
            rates, r => new JsonObject { ["model"] = r.Model, ["kernel"] = r.Kernel, ["batch"] = r.Batch.Name, ["tokens"] = r.Batch.Tokens,
                ["seconds"] = r.Timing.Median, ["spread"] = r.Timing.Spread, ["bytesPerSecond"] = r.PerSecond,
                ["share"] = r.PerSecond / ceilings.BytesPerSecond }))
    {
        Notes =
            ["Bytes are the least: each input and each output once. Batches are so large that no cache holds them, as far as memory goes."],
    };

    private static Section Products(IReadOnlyList<KernelRate> rates, DeviceCeilings ceilings) => new(
        "gpu-products", "Products against the device's peak",
        ["kernel", "products", "batch", "tokens", "ms", "± %", "TFLOP/s", "% of the peak"],
        [.. rates.Select(r => (string[])[$"{r.Model}, {r.Kernel}", Name(r.Products), r.Batch.Name, Number(r.Batch.Tokens, 0),
            Number(1e3 * r.Timing.Median, 3), Number(100 * r.Timing.Spread, 0), Number(r.PerSecond / 1e12, 3),
            Number(100 * r.PerSecond / ceilings.OperationsPerSecond[r.Products], 1)])],
        Array(rates, r => new JsonObject
        {
            ["model"] = r.Model, ["kernel"] = r.Kernel, ["products"] = Name(r.Products), ["batch"] = r.Batch.Name,
                ["tokens"] = r.Batch.Tokens,
                ["seconds"] = r.Timing.Median, ["spread"] = r.Timing.Spread,
            ["operationsPerSecond"] = r.PerSecond, ["share"] = r.PerSecond / ceilings.OperationsPerSecond[r.Products],
        }))
    {
        Notes = ["The kernels of the training step, with all that is fused into them; operations are those of the products alone. Back, a "
            + "kernel has the gradient of its rows and that of its weights."],
    };

    /// <summary>How many times faster than the best of PyTorch in each arithmetic, in the usual batch.</summary>
    private IReadOnlyList<(string Name, string Svg)> Figures(IReadOnlyList<DeviceStep> steps)
    {
        DeviceStep[] own = [.. steps.Where(static s => s.WithBatches is not null)];
        double BestPeer(DeviceStep s) =>
            steps.Where(p => p.WithBatches is null && (p.Model, p.Batch, p.Products) == (s.Model, s.Batch, s.Products))
                .Select(static p => p.Milliseconds).DefaultIfEmpty(double.NaN).Min();
        string[] series = [.. own.Select(static s => s.Products).Distinct()];
        double[][] values =
            [.. own.GroupBy(static s => (s.Model, s.Batch)).Select(g => g.Select(s => BestPeer(s) / s.Milliseconds).ToArray())];
        return drawBars is null || values.Any(static v => v.Any(double.IsNaN)) ? [] :
            [("ratios", drawBars(
                "times faster than the best of PyTorch, a training step",
                [.. own.Select(static s => $"{s.Model}, {s.Batch.Name}").Distinct()], series, values))];
    }

    private static string Exponent(double value) => value.ToString("E1", CultureInfo.InvariantCulture);
}
