using System.Globalization;
using AarenGen.Training;

namespace AarenGen.Benchmarks;

/// <summary>
/// Milliseconds an optimisation step: ours beside LibTorch's, on the same weights and batch, after a check that both learn the same.
/// </summary>
internal sealed class TrainingBenchmark : IBenchmark
{
    private const int Seed = 1, CheckedSteps = 5;

    public string Name => "training";

    public string Description => "An optimisation step on one and two threads, against LibTorch";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        var results = new List<Result>();
        foreach (BenchmarkModel model in BenchmarkModel.All)
        {
            cancellation.ThrowIfCancellationRequested();
            results.Add(model.Accept(new Steps(thoroughness)));
        }
        Ceilings ceilings = Ceilings.OfThisMachine;
        string[] missing = LibTorch.WhyMissing is { } why ? ["LibTorch did not load: " + why] : [];
        yield return new(
            "training", "An optimisation step", ["model, batch", "", "threads", "ms", "± %", "ours, times faster",
                "GFLOP/s (6 x parameters x tokens)", "% of multiply-add ceiling", "tokens/s", "bytes allocated"],
            [.. results.SelectMany(r => r.Rows.Select(row => (string[])[
                $"{r.Model}, {r.Batch} x {r.Length}", row.Timing.Name, row.Threads.ToString(CultureInfo.InvariantCulture),
                Number(row.Timing.Median * 1e3, 2), Number(row.Timing.Spread * 100, 0),
                Number(r.Own(row.Threads).TimesFasterThan(row.Timing), 2) + "x", Number(r.Flops / row.Timing.Median / 1e9, 0),
                row.Timing.Name == OwnName ? Number(100 * r.Flops / row.Timing.Median / (ceilings.FlopsPerSecond * row.Threads), 0) : "",
                Number(r.Batch * r.Length / row.Timing.Median, 0),
                row.Timing.Name == OwnName ? Number(row.Timing.AllocatedBytes, 0) : ""]))],
            results.Select(static r => new
            {
                r.Model, r.Batch, r.Length, r.Parameters, r.LargestDifference,
                Rows = r.Rows.Select(row => new { row.Timing.Name, row.Threads, row.Timing.Median, row.Timing.Spread, row.Timing.Seconds }),
            }))
        {
            Notes =
            [
                .. results.Select(static r => $"{r.Model}: two threads are {Number(r.Own(2).TimesFasterThan(r.Own(1)), 2)} times as fast "
                    + $"as one. Over {CheckedSteps} steps our losses and LibTorch's differ by at most {r.LargestDifference:E1} of the "
                    + $"loss."),
                .. missing,
            ],
            Figures = missing.Length > 0 ? [] :
            [
                ("ratios", Charts.Bars(
                    "times faster than LibTorch, two threads", [.. results.Select(static r => r.Model)],
                    ["than its Aaren", "than its Transformer"],
                    [.. results.Select(static r => (double[])[.. r.Rows.Where(row => row.Threads == 2 && row.Timing.Name != OwnName)
                        .Select(row => r.Own(2).TimesFasterThan(row.Timing))])])),
            ],
        };
    }

    private const string OwnName = "AarenGen, Aaren";

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);

    private sealed record Row(Timing Timing, int Threads);

    private sealed record Result(string Model, int Batch, int Length, long Parameters, IReadOnlyList<Row> Rows, double LargestDifference)
    {
        public double Flops => 6.0 * Parameters * Batch * Length;

        public Timing Own(int threads) => Rows.First(r => r.Threads == threads && r.Timing.Name == OwnName).Timing;
    }

    private sealed class Steps(Thoroughness thoroughness) : IModelVisitor<Result>
    {
        public Result Visit<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            ModelDescription description = SequenceModel<TModel>.Description;
            (int batch, int length) = (model.Batch, model.Length);
            var random = new Random(Seed);
            float[] tokens = Numbers(description.InputWidth), targets = Numbers(description.TargetWidth);
            var data = new SequenceList(description.InputWidth, description.TargetWidth);
            for (int i = 0; i < batch; i++)
            {
                data.Add(Part(tokens, description.InputWidth, i), Part(targets, description.TargetWidth, i));
            }
            double difference = LibTorch.WhyMissing is null ? Check<TModel>(model, data, tokens, targets) : double.NaN;
            var contestants = new List<Contestant>();
            var threads = new List<int>();
            var open = new List<IDisposable>();
            for (int count = 1; count <= 2; count++)
            {
                int cores = count;
                var own = new Trainer<TModel>(SequenceModel<TModel>.Create(Seed), data, null, Options(batch) with { Threads = cores });
                open.Add(own);
                contestants.Add(new(OwnName, own.Step));
                threads.Add(cores);
                if (LibTorch.WhyMissing is null)
                {
                    foreach (TorchMixer mixer in Enum.GetValues<TorchMixer>())
                    {
                        var peer = new TorchTraining(
                            ModelWeights.Of(SequenceModel<TModel>.Create(Seed), model.Heads), mixer, tokens, targets,
                            batch, length, Options(batch));
                        open.Add(peer);
                        contestants.Add(new($"LibTorch, {mixer}", () => peer.Step(cores)));
                        threads.Add(cores);
                    }
                }
            }
            IReadOnlyList<Timing> timings =
                (thoroughness.IsShort ? thoroughness.Contest : new Contest(15, TimeSpan.FromMilliseconds(150))).Run(contestants);
            open.ForEach(static d => d.Dispose());
            return new(
                model.Name, batch, length, description.ParameterCount,
                [.. timings.Zip(threads, static (t, n) => new Row(t, n))], difference);

            float[] Part(float[] all, int width, int sequence) => all[(sequence * length * width)..((sequence + 1) * length * width)];

            float[] Numbers(int width) => [.. Enumerable.Range(0, batch * length * width).Select(_ => random.NextSingle() * 2 - 1)];
        }

        /// <summary>A constant learning rate, and no decay: PyTorch's is for all parameters, ours for matrices.</summary>
        private static TrainingOptions Options(int batch) => new()
        {
            BatchSize = batch, Epochs = 1_000_000, Seed = Seed, LearningRate = 1e-3, WarmupSteps = 0, FinalLearningRateFraction = 1,
                WeightDecay = 0, ClipNorm = 1,
        };

        private static double Check<TModel>(BenchmarkModel<TModel> model, SequenceList data, float[] tokens, float[] targets)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel own = SequenceModel<TModel>.Create(Seed);
            using var trainer = new Trainer<TModel>(own, data, null, Options(model.Batch) with { Threads = 2 });
            using var peer = new TorchTraining(
                ModelWeights.Of(own, model.Heads), TorchMixer.Aaren, tokens, targets, model.Batch, model.Length, Options(model.Batch));
            double largest = 0;
            for (int step = 0; step <= CheckedSteps; step++)
            {
                double ours = own.Evaluate(data), theirs = peer.Evaluate(), difference = Math.Abs(ours - theirs) / theirs;
                largest = Math.Max(largest, difference);
                if (!(difference < 1e-4))
                {
                    throw new InvalidOperationException($"{model.Name}: after {step} steps our loss is {ours}, LibTorch's {theirs}.");
                }
                trainer.Step();
                peer.Step(2);
            }
            return largest;
        }
    }
}
