using System.Diagnostics;
using System.Globalization;

namespace AarenGen.Benchmarks;

/// <summary>
/// What a stream costs as it grows: Aaren beside a Transformer with a cache of keys and values, as in figure 5 of the paper; and one
/// long sequence over threads.
/// </summary>
internal sealed class ScalingBenchmark : IBenchmark
{
    private const int Seed = 1, Width = 64, Blocks = 2, MostContext = 32_768, SampledSteps = 64;

    public string Name => "scaling";

    public string Description => "Memory and time of a stream of up to a million tokens, and one sequence over threads";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        int powers = thoroughness.IsShort ? 4 : 6;
        double[] lengths = [.. Enumerable.Range(1, powers).Select(static p => Math.Pow(10, p))];
        double[] aaren = StreamTimes<SmallModel>(lengths, cancellation);
        (double[] transformer, bool[] isComputed) = CachedTimes(lengths, thoroughness, cancellation);
        double[] aarenBytes = [.. lengths.Select(static _ => (double)SmallModel.StateBytes)], cacheBytes = [.. lengths.Select(CacheBytes)];
        yield return new(
            "scaling", "A stream as it grows: two blocks of width 64", ["tokens", "Aaren: state, bytes", "Transformer: cache, bytes",
                "Aaren: seconds", "Transformer: seconds", "Aaren: µs a token", "Transformer: µs the last token"],
            [.. lengths.Select((n, i) => (string[])[
                Number(n, 0), Number(aarenBytes[i], 0), Number(cacheBytes[i], 0), Number(aaren[i], 5),
                Number(transformer[i], 5) + (isComputed[i] ? " (computed)" : ""), Number(aaren[i] / n * 1e6, 2),
                Number(lastStep[i] * 1e6, 1)])],
            new { Lengths = lengths, AarenBytes = aarenBytes, CacheBytes = cacheBytes, AarenSeconds = aaren,
                TransformerSeconds = transformer, TransformerIsComputed = isComputed, TransformerLastStep = lastStep })
        {
            Notes = [$"Computed: single steps are timed at a few lengths of the context up to {MostContext:N0} tokens; straight lines "
                + $"through them are summed, and beyond them the last line is extrapolated. "
                + "All other streams ran from the first token to the last."],
            Figures =
            [
                ("memory", Charts.LogLines("memory of one stream", "tokens", "bytes", [("Aaren", lengths, aarenBytes, new bool[powers]),
                    ("Transformer, keys and values", lengths, cacheBytes, new bool[powers])])),
                ("time", Charts.LogLines(
                    "time for all tokens (hollow: computed)", "tokens", "seconds",
                    [("Aaren", lengths, aaren, new bool[powers]), ("Transformer, keys and values", lengths, transformer, isComputed)])),
            ],
        };
        yield return Threads(thoroughness); 
    }

    private double[] lastStep = [];

    /// <summary>Keys and values of all tokens as floats, and how many there are.</summary>
    private static double CacheBytes(double tokens) => Blocks * (8 + tokens * 2 * Width * sizeof(float));

    /// <summary>Cumulative seconds at each length, stepping from the first token to the last.</summary>
    private static double[] StreamTimes<TModel>(double[] lengths, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(Seed);
        float[] token = new float[SequenceModel<TModel>.Description.InputWidth],
            output = new float[SequenceModel<TModel>.Description.OutputWidth];
        WarmUp(model, token, output);
        StreamState<TModel> state = model.CreateState();
        var seconds = new double[lengths.Length];
        double spent = 0;
        for (int i = 0, t = 0; i < lengths.Length; i++)
        {
            long started = Stopwatch.GetTimestamp();
            for (; t < lengths[i]; t++)
            {
                token[t % token.Length] = MathF.Sin(t);
                model.Step(state, token, output);
            }
            spent += Stopwatch.GetElapsedTime(started).TotalSeconds;
            seconds[i] = spent;
            cancellation.ThrowIfCancellationRequested();
        }
        return seconds;
    }

    private static void WarmUp<TModel>(TModel model, float[] token, float[] output)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        StreamState<TModel> state = model.CreateState();
        for (long started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1);)
        {
            model.Step(state, token, output);
            if (state.TokenCount == 1000)
            {
                state.Reset();
            }
        }
    }

    /// <summary>
    /// The Transformer up to 10,000 tokens step by step; beyond, from steps timed at lengths of the context, where it is filled without
    /// timing.
    /// </summary>
    private (double[] Seconds, bool[] IsComputed) CachedTimes(double[] lengths, Thoroughness thoroughness, CancellationToken cancellation)
    {
        double[] run = StreamTimes<LongTransformer>([.. lengths.Where(static n => n <= 10_000)], cancellation);
        LongTransformer model = LongTransformer.Create(Seed);
        float[] token = new float[LongTransformer.InputWidth], output = new float[LongTransformer.OutputWidth];
        int[] contexts = thoroughness.IsShort ? [10, 100, 1_000, 4_000] : [10, 100, 1_000, 4_000, 8_000, 16_000, 32_000];
        var steps = new double[contexts.Length];
        StreamState<LongTransformer> state = model.CreateState();
        for (int i = 0; i < contexts.Length; i++)
        {
            int missing = contexts[i] - (int)state.TokenCount;
            model.Forward(state, new float[missing * LongTransformer.InputWidth], new float[missing * LongTransformer.OutputWidth]);
            var times = new double[SampledSteps];
            for (int s = 0; s < SampledSteps; s++)
            {
                long started = Stopwatch.GetTimestamp();
                model.Step(state, token, output);
                times[s] = Stopwatch.GetElapsedTime(started).TotalSeconds;
            }
            steps[i] = Statistics.Median(times);
            cancellation.ThrowIfCancellationRequested();
        }
        lastStep = [.. lengths.Select(n => Interpolated(contexts, steps, n))];
        return ([.. lengths.Select((n, i) => i < run.Length ? run[i] : run[^1] + Sum(10_000, n))],
            [.. lengths.Select((_, i) => i >= run.Length)]);

        // The trapezoidal rule is exact between the points that the line bends at.
        double Sum(double from, double to)
        {
            double[] bends = [from, .. contexts.Select(static c => (double)c).Where(c => c > from && c < to), to];
            return bends.Zip(bends.Skip(1), (a, b) => (b - a) * (Interpolated(contexts, steps, a) + Interpolated(contexts, steps, b)) / 2)
                .Sum();
        }
    }

    /// <summary>On straight lines between the points; beyond the last on the last of these, before the first at its value.</summary>
    private static double Interpolated(int[] x, double[] y, double at)
    {
        if (at <= x[0])
        {
            return y[0];
        }
        int right = Array.FindIndex(x, v => v >= at);
        right = right < 0 ? x.Length - 1 : right;
        return y[right - 1] + (at - x[right - 1]) * (y[right] - y[right - 1]) / (x[right] - x[right - 1]);
    }

    private static Section Threads(Thoroughness thoroughness)
    {
        int tokens = thoroughness.IsShort ? 4_096 : 65_536;
        ThreadsResult[] results = [.. BenchmarkModel.All.Select(m => m.Name switch
        {
            "small" => Measure<SmallModel>(m.Name, tokens, thoroughness),
            "medium" => Measure<MediumModel>(m.Name, tokens / 4, thoroughness),
            _ => Measure<LargeModel>(m.Name, tokens / 16, thoroughness),
        })];
        return new(
            "scaling-threads", "One sequence: two threads by the prefix scan against one",
            ["model", "tokens", "one thread, ms", "two threads, ms", "times faster", "largest difference"],
            [.. results.Select(
                static r => (string[])[r.Model, Number(r.Tokens, 0), Number(r.One.Median * 1e3, 1), Number(r.Two.Median * 1e3, 1),
                    Number(r.Two.TimesFasterThan(r.One), 2) + "x", r.Difference.ToString("E1", CultureInfo.InvariantCulture)])],
            results);
    }

    private static ThreadsResult Measure<TModel>(string name, int tokens, Thoroughness thoroughness)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>, IPrefixScan<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        TModel model = SequenceModel<TModel>.Create(Seed);
        var random = new Random(Seed);
        float[] sequence = [.. Enumerable.Range(0, tokens * description.InputWidth).Select(_ => random.NextSingle())],
            one = new float[tokens * description.OutputWidth], two = new float[one.Length];
        IReadOnlyList<Timing> timings = (thoroughness.IsShort ? thoroughness.Contest : new Contest(11, TimeSpan.FromMilliseconds(100))).Run(
        [
            new("one", () => model.Forward(model.CreateState(), sequence, one)),
            new("two", () => PrefixScan<TModel>.Run(model, model.CreateState(), sequence, two, 2)),
        ]);
        return new(name, tokens, timings[0], timings[1], one.Zip(two, static (a, b) => Math.Abs(a - b)).Max());
    }

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);

    private sealed record ThreadsResult(string Model, int Tokens, Timing One, Timing Two, double Difference);
}
