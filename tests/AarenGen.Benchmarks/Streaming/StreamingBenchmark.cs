using System.Globalization;

namespace AarenGen.Benchmarks;

/// <summary>Microseconds a token: our step beside the peers', on the same weights, after a check that all compute the same.</summary>
internal sealed class StreamingBenchmark : IBenchmark
{
    private const int Seed = 1, CheckedTokens = 50;

    public string Name => "streaming";

    public string Description => "A step of a stream, and many streams at once, against ONNX Runtime, LibTorch and a plain loop";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        Ceilings ceilings = Ceilings.OfThisMachine;
        var results = new List<StreamingResult>();
        foreach (BenchmarkModel model in BenchmarkModel.All)
        {
            cancellation.ThrowIfCancellationRequested();
            StreamingResult result = model.Accept(new Steps(thoroughness));
            results.Add(result);
            yield return Table(result, ceilings);
        }
        yield return new(
            "streaming", "Times faster than the best peer", ["model", "AarenGen", "bf16", "int8", "best peer"],
            [.. results.Select(
                static r => (string[])[r.Model, .. r.Own.Select(t => Times(t.TimesFasterThan(r.BestPeer))), r.BestPeer.Name])],
            results.Select(
                static r => new { r.Model, BestPeer = r.BestPeer.Name,
                    Ratios = r.Own.ToDictionary(static t => t.Name, t => t.TimesFasterThan(r.BestPeer)) }))
        {
            Figures = [("ratios", Charts.Bars(
                "times faster than the best peer, one stream", [.. results.Select(static r => r.Model)], ["float32", "bf16", "int8"],
                [.. results.Select(static r => r.Own.Select(t => t.TimesFasterThan(r.BestPeer)).ToArray())]))],
        };
        yield return Many(thoroughness, ceilings);
    }

    private static Section Table(StreamingResult result, Ceilings ceilings)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (Timing timing in result.Timings)
        {
            double bytes = result.WeightBytes(timing.Name);
            int own = result.Own.ToList().IndexOf(timing);
            bool isOwn = own >= 0;
            rows.Add([
                timing.Name, Number(timing.Median * 1e6, 2), Number(timing.Spread * 100, 0), Times(result.Own[0].TimesFasterThan(timing)),
                Number(timing.AllocatedBytes, 0),
                isOwn ? Number(result.Flops / timing.Median / 1e9, 1) : "", isOwn ? Number(bytes / timing.Median / 1e9, 0) : "",
                isOwn ? Number(100 * ceilings.Share(result.Flops, result.Readings[own], timing), 0) : "",
            ]);
        }
        return new(
            $"streaming-{result.Model}", $"{result.Model}: one stream, {result.Parameters:N0} parameters",
            ["", "µs a token", "± %", "ours, times faster", "bytes allocated", "GFLOP/s", "GB/s of weights", "% of ceiling"], rows,
            new { result.Model, result.Parameters, result.Flops,
                Readings = result.Readings.Select(static t => new { t.Name, t.Median, t.Seconds }),
                Timings = result.Timings.Select(t => new
                {
                    t.Name, t.Median, t.Spread, t.AllocatedBytes, t.Seconds, OursTimesFaster = result.Own[0].TimesFasterThan(t),
                }),
                result.LargestDifference, result.NarrowDifferences })
        {
            Notes =
            [
                $"The ceiling: reading the same bytes, interleaved with the steps, took "
                    + $"{string.Join(", ", result.Readings.Select(static r => Number(r.Median * 1e6, 1)))} µs for float, bf16 and int8.",
                $"Outputs of {CheckedTokens} tokens differ by at most {result.LargestDifference:E1} of the largest; bf16 by "
                    + $"{result.NarrowDifferences[0]:E1}, int8 by {result.NarrowDifferences[1]:E1} (norm of the difference over the norm).",
                .. result.Missing,
            ],
        };
    }

    private static Section Many(Thoroughness thoroughness, Ceilings ceilings)
    {
        const int Streams = 64;
        ManyResult[] results = [.. BenchmarkModel.All.Select(m => m.Accept(new ManySteps(Streams, thoroughness)))];
        return new(
            "streaming-many", $"{Streams} streams on one core: StepMany in one call against Step one by one", ["model",
                "tokens/s, one by one", "tokens/s, StepMany", "times faster", "GFLOP/s", "% of ceiling", "maximum that the ceilings allow"],
            [.. results.Select(r => (string[])[
                r.Model, Number(Streams / r.OneByOne.Median, 0), Number(Streams / r.Together.Median, 0),
                Times(r.Together.TimesFasterThan(r.OneByOne)), Number(r.Flops * Streams / r.Together.Median / 1e9, 0),
                Number(100 * ceilings.Share(r.Flops * Streams, r.Reading, r.Together), 0),
                Times(r.Together.TimesFasterThan(r.OneByOne) / ceilings.Share(r.Flops * Streams, r.Reading, r.Together))])],
            results.Select(
                static r => new { r.Model, Streams, OneByOne = r.OneByOne.Seconds, Together = r.Together.Seconds,
                    TimesFaster = r.Together.TimesFasterThan(r.OneByOne) }));
    }

    private static string Times(double ratio) => Number(ratio, 2) + "x";

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);

    private sealed record StreamingResult(
        string Model, long Parameters, double Flops, double LargeWeights, double OtherWeights, IReadOnlyList<Timing> Own,
        IReadOnlyList<Timing> Peers, IReadOnlyList<Timing> Readings, double LargestDifference, double[] NarrowDifferences,
        IReadOnlyList<string> Missing)
    {
        public Timing BestPeer => Peers.MinBy(static t => t.Median)!;

        public IEnumerable<Timing> Timings => Own.Concat(Peers);

        /// <summary>Bytes of weights that our step reads.</summary>
        public double WeightBytes(string contestant) => StreamingBenchmark.WeightBytes(contestant, LargeWeights, OtherWeights);
    }

    private static double WeightBytes(string contestant, double large, double other) =>
        other * 4 + large
            * (contestant.EndsWith("bf16", StringComparison.Ordinal) ? 2 : contestant.EndsWith("int8", StringComparison.Ordinal) ? 1 : 4);

    private sealed record ManyResult(string Model, Timing OneByOne, Timing Together, Timing Reading, double Flops);

    private sealed class Steps(Thoroughness thoroughness) : IModelVisitor<StreamingResult>
    {
        public StreamingResult Visit<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            ModelDescription description = SequenceModel<TModel>.Description;
            TModel created = SequenceModel<TModel>.Create(Seed);
            ModelWeights weights = ModelWeights.Of(created, model.Heads);
            List<IStepPeer> own =
                [.. Enum.GetValues<WeightPrecision>().Select(static p => (IStepPeer)new OwnStep<TModel>(p, Seed))], peers = [];
            var missing = new List<string>();
            for (int threads = 1; threads <= Math.Min(2, Environment.ProcessorCount); threads++)
            {
                peers.AddRange(OnnxStep.Graphs.Select(g => new OnnxStep(OnnxStep.Write(created, g.Options), g.Name, threads)));
            }
            if (LibTorch.WhyMissing is { } why)
            {
                missing.Add("LibTorch did not load: " + why);
            }
            else
            {
                peers.Add(new TorchStep(weights, threads: 1));
            }
            peers.Add(new PlainStep(weights));
            float[] token = new float[description.InputWidth];
            (double largest, double[] narrow) = Check(own, peers, token);
            double large = description.Parameters.Where(static p => p.IsMatrix && Math.Min(p.Rows, p.Columns) >= 64 && !IsFolded(p.Name))
                .Sum(static p => (double)p.Rows * p.Columns);
            double other = description.Parameters.Where(static p => !IsFolded(p.Name)).Sum(static p => (double)p.Rows * p.Columns) - large;
            IReadOnlyList<Timing> timings = thoroughness.Contest.Run([
                .. own.Select(p => Ceilings.Reading(WeightBytes(p.Name, large, other))),
                .. own.Concat(peers).Select(p => new Contestant(p.Name, () => p.Step(token)))]);
            own.Concat(peers).ToList().ForEach(static p => p.Dispose());
            return new(
                model.Name, description.ParameterCount, description.FlopsPerToken, large, other,
                [.. timings.Skip(own.Count).Take(own.Count)], [.. timings.Skip(2 * own.Count)],
                [.. timings.Take(own.Count)], largest, narrow, missing);
        }

        /// <summary>Of queries and keys a step reads the folded vectors alone.</summary>
        private static bool IsFolded(string name) =>
            name.Contains(".mixer.q", StringComparison.Ordinal) || name.Contains(".mixer.k_proj", StringComparison.Ordinal);

        /// <summary>All but our narrow ones compute the same but for rounding; the narrow ones' differences are returned.</summary>
        private static (double, double[]) Check(List<IStepPeer> own, List<IStepPeer> peers, float[] token)
        {
            var random = new Random(Seed);
            double largest = 0, size = 0, norm = 0;
            double[] narrow = new double[own.Count - 1];
            for (int t = 0; t < CheckedTokens; t++)
            {
                for (int i = 0; i < token.Length; i++)
                {
                    token[i] = random.NextSingle() * 2 - 1;
                }
                float[] expected = [.. own[0].Step(token)];
                size = Math.Max(size, expected.Max(Math.Abs));
                norm += expected.Sum(static e => (double)e * e);
                foreach (IStepPeer peer in peers)
                {
                    double difference = Differences(expected, peer.Step(token)).Max(Math.Abs);
                    largest = Math.Max(largest, difference);
                    if (!(difference <= 1e-4 * Math.Max(size, 1e-2)))
                    {
                        throw new InvalidOperationException(
                            $"{peer.Name} differs by {difference} at token {t}, where outputs are up to {size}.");
                    }
                }
                for (int i = 0; i < narrow.Length; i++)
                {
                    narrow[i] += Differences(expected, own[i + 1].Step(token)).Sum(static d => d * d);
                }
            }
            return (largest / size, [.. narrow.Select(n => Math.Sqrt(n / norm))]);
        }

        private static double[] Differences(float[] expected, ReadOnlySpan<float> actual)
        {
            var differences = new double[expected.Length];
            for (int i = 0; i < expected.Length; i++)
            {
                differences[i] = (double)expected[i] - actual[i];
            }
            return differences;
        }
    }

    private sealed class ManySteps(int streams, Thoroughness thoroughness) : IModelVisitor<ManyResult>
    {
        public ManyResult Visit<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            ModelDescription description = SequenceModel<TModel>.Description;
            TModel own = SequenceModel<TModel>.Create(Seed);
            StreamState<TModel>[] states = [.. Enumerable.Range(0, streams).Select(_ => own.CreateState())];
            var random = new Random(Seed);
            float[] tokens = [.. Enumerable.Range(0, streams * description.InputWidth).Select(_ => random.NextSingle())],
                outputs = new float[streams * description.OutputWidth];
            IReadOnlyList<Timing> timings = thoroughness.Contest.Run(
            [
                new("one by one", () =>
                {
                    for (int i = 0; i < streams; i++)
                    {
                        own.Step(
                            states[i], tokens.AsSpan(i * description.InputWidth, description.InputWidth),
                            outputs.AsSpan(i * description.OutputWidth, description.OutputWidth));
                    }
                }),
                new("StepMany", () => own.StepMany(states, tokens, outputs)),
                Ceilings.Reading(description.Layout.PackedFloats * sizeof(float)),
            ]);
            return new(model.Name, timings[0], timings[1], timings[2], description.FlopsPerToken);
        }
    }
}
