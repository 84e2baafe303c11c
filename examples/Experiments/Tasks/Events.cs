using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>
/// Streams of events. After each event the model predicts when the next one comes (a mixture of log-normal distributions) and, if
/// events have marks, its mark. Every event but a sequence's first is scored.
/// </summary>
internal static class Events
{
    /// <summary>The task's name.</summary>
    public const string Task = "events";

    private const int SplitSeed = 1, Components = 16, Bars = 60, MaxKinds = 10_000;

    /// <summary>In mean intervals: a model rejects times of 1e15 and more since the first event.</summary>
    private const double LongestSequence = 1e14;

    /// <summary>The standard deviation of logarithms of intervals that are all equal.</summary>
    private const double NarrowestHistogram = 0.5;

    /// <summary>Sizes that suit some hundred thousand events.</summary>
    public static Blocks Blocks { get; } = new(64, 128, 4, 2, 0.1);

    /// <summary>The recipe, chosen on the validation parts.</summary>
    public static Recipe Recipe(int epochs) => new(epochs, 16, 1e-3, 0.01, 5);

    /// <summary>The runs of files of events, for every mixer and seed, and the baselines.</summary>
    /// <param name="times">
    /// Files of times. One: 60, 20 and 20 % of its sequences, in the file's order. Several: the first is the test part, and the
    /// others, without the sequences that are also in the first, are for training and validation.
    /// </param>
    /// <param name="marks">As many files of marks, or none.</param>
    /// <param name="unit">The unit of the times, for reports.</param>
    /// <param name="mixers">The mixers to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="epochs">Maximum number of epochs.</param>
    /// <exception cref="TableException">A file is missing or bad.</exception>
    /// <exception cref="ArgumentException">The files do not fit each other.</exception>
    public static IReadOnlyList<PlannedRun> Plan(
        IReadOnlyList<string> times, IReadOnlyList<string> marks, string unit, IReadOnlyList<Mixer> mixers, int seeds, int epochs)
    {
        if (marks.Count > 0 && marks.Count != times.Count)
        {
            throw new ArgumentException(
                $"There are {times.Count} files of times but {marks.Count} of marks; give each its own, in the same order.");
        }
        if (times.Count == 0)
        {
            throw new ArgumentException("--times: give at least one file.");
        }
        EventSequence[][] files = [.. times.Select((path, i) => EventFile.Read(path, marks.Count == 0 ? null : marks[i]))];
        if (files.Length == 1 && files[0].Length < 3)
        {
            throw new TableException(times[0], null, null, string.Create(
                CultureInfo.InvariantCulture,
                $"there are {files[0].Length} sequences (lines), but training, validation and test need one each at least; give more, "
                + $"or a file for each part."));
        }
        EventSplit split = files.Length == 1 ? EventSplit.ByShares(files[0]) : EventSplit.ByFolds(files, SplitSeed);
        string source = string.Join(", ", times);
        CheckIntervals(source, "training", split.Train);
        CheckIntervals(source, "validation", split.Validation);
        CheckIntervals(source, "test", split.Test);
        CheckScale(times, files, split);
        int kinds = split.MarkNames?.Length ?? 0;
        if (kinds > MaxKinds)
        {
            throw new TableException(string.Join(", ", marks), null, null, string.Create(
                CultureInfo.InvariantCulture, $"there are {kinds} kinds of marks, more than {MaxKinds}; merge the rare ones."));
        }
        var name = DataIdentity.OfFiles(
            files.Length == 1 ? Path.GetFileNameWithoutExtension(times[0])
                : new DirectoryInfo(Path.GetDirectoryName(Path.GetFullPath(times[0]))!).Name,
            [.. times, .. marks]);
        // Equal times are stated where the scores are: a density at a floor depends on the floor.
        string setting = (kinds == 0 ? "intervals" : "intervals and marks")
            + (split.ShortestInterval > 0
                ? string.Create(CultureInfo.InvariantCulture, $", equal times count as {split.ShortestInterval:G3} {unit} apart") : "");
        var scale = TimeScale.Fit(split.Train);

        var runs = new List<PlannedRun>();
        List<IIntervalBaseline> baselines = [ExponentialIntervals.Fit(split.Train)];
        if (!IntervalFit.AreEqual([.. split.Train.SelectMany(static s => s.Intervals)]))
        {
            baselines.Add(LogNormalIntervals.Fit(split.Train));
        }
        else
        {
            Console.WriteLine(
                "note: all training intervals are equal, to which no log-normal distribution fits; that baseline is left out.");
        }
        foreach (IIntervalBaseline intervals in baselines)
        {
            foreach (IMarkBaseline? mark in kinds == 0 ? (IMarkBaseline?[])[null]
                : [new MarkFrequencies(split.Train, kinds), new MarkTransitions(split.Train, kinds)])
            {
                string model = mark is null ? intervals.Name : $"{intervals.Name}, {mark.Name}";
                runs.Add(new(new(Task, name, setting, model, 0), unit,
                    (_, cancellation) => new(Metrics(EventEvaluation.Run(intervals, mark, split.Test, cancellation), unit))));
            }
        }
        SequenceList train = ToData(split.Train, scale, kinds), validation = ToData(split.Validation, scale, kinds);
        int longest = split.Train.Concat(split.Validation).Concat(split.Test).Max(static s => s.Times.Length);
        foreach (Mixer mixer in mixers)
        {
            string declaration = Declare(mixer, kinds, Math.Min(longest, 512));
            Recipe recipe = Recipe(epochs);
            for (int seed = 1; seed <= seeds; seed++)
            {
                int one = seed;
                runs.Add(new(new(Task, name, setting, mixer.ToString(), seed), $"{declaration}\n{recipe}\n{unit}",
                    (progress, cancellation) => ModelRun.Make(
                        declaration, train, validation, recipe, one, new Score(split.Test, scale, kinds, unit), progress, cancellation)));
            }
        }
        return runs;
    }

    private static void CheckIntervals(string source, string part, EventSequence[] sequences)
    {
        if (sequences.All(static s => s.Times.Length < 2))
        {
            throw new TableException(source, null, null,
                $"no sequence of the {part} part has two events, so there is no interval in it; give longer sequences, one line each.");
        }
        if (sequences.SelectMany(static s => s.Intervals).All(static i => i == 0))
        {
            throw new TableException(
                source, null, null, $"all events of a sequence in the {part} part have the same time; give times that tell them apart.");
        }
    }

    /// <summary>
    /// Intervals are scaled by the mean of the training part. One huge interval there, more often a wrong time than a long wait, would make
    /// all others equal. One in any part would be a number that no model can read.
    /// </summary>
    private static void CheckScale(IReadOnlyList<string> paths, EventSequence[][] files, EventSplit split)
    {
        EventSequence[] train = [.. split.Train.Select(static s => s with { ShortestInterval = 0 })];
        double[] intervals = [.. train.SelectMany(static s => s.Intervals)];
        double[] positive = [.. intervals.Where(static i => i > 0).Order()];
        double mean = intervals.Average(), median = positive[positive.Length / 2];
        if (EventSplit.ShortestFraction * mean > median)
        {
            throw TooLong(paths, files, train.MaxBy(static s => s.Intervals.DefaultIfEmpty().Max())!, median);
        }
        foreach (EventSequence sequence in split.Train.Concat(split.Validation).Concat(split.Test))
        {
            if (sequence.Times[^1] - sequence.Times[0] > LongestSequence * mean)
            {
                throw TooLong(paths, files, sequence, median);
            }
        }
    }

    private static TableException TooLong(
        IReadOnlyList<string> paths, EventSequence[][] files, EventSequence sequence, double median)
    {
        int file = Array.FindIndex(files, f => f.Any(s => ReferenceEquals(s.Times, sequence.Times)));
        int line = Array.FindIndex(files[file], s => ReferenceEquals(s.Times, sequence.Times)) + 1;
        int end = Enumerable.Range(1, sequence.Times.Length - 1).MaxBy(sequence.IntervalBefore);
        return new(paths[file], line, null, string.Create(CultureInfo.InvariantCulture,
            $"time {end + 1}, {sequence.Times[end]}, is {sequence.IntervalBefore(end):G3} after time {end}, but half of the training "
            + $"part's intervals are at most {median:G3}, and nothing could tell those apart beside it; correct the time, or begin a new "
            + $"line there."));
    }

    private static string Declare(Mixer mixer, int kinds, int context) => string.Create(CultureInfo.InvariantCulture, $"""
        [SequenceModel]
        [Continuous(2)]
        [TimeEncoding(16, LongestPeriod = 1000)]
        {(kinds == 0 ? "" : $"[Categorical({kinds}, Width = 16)]\n")}[Dense({Blocks.Width})]
        {mixer.Attribute(Blocks, context)}
        [LayerNorm]
        [Head("Interval")]
        [Dense({3 * Components})]
        [LogNormalMixture]
        {(kinds == 0 ? "" : $"[Head(\"Mark\")]\n[Dense({kinds})]\n[CrossEntropy]")}
        """);

    /// <summary>One token per event except the last. Its target is the next event: the interval in mean intervals, and the mark.</summary>
    private static SequenceList ToData(IReadOnlyList<EventSequence> sequences, TimeScale scale, int kinds)
    {
        var data = new SequenceList(TokenWidth(kinds), kinds == 0 ? 1 : 2);
        foreach (EventSequence sequence in sequences.Where(static s => s.Times.Length > 1))
        {
            int count = sequence.Times.Length - 1;
            var targets = new List<float>();
            for (int i = 0; i < count; i++)
            {
                targets.Add(scale.Interval(sequence.IntervalBefore(i + 1)));
                if (kinds > 0)
                {
                    targets.Add(sequence.Marks![i + 1]);
                }
            }
            data.Add(Tokens(sequence, count, scale, kinds), [.. targets]);
        }
        return data;
    }

    private static int TokenWidth(int kinds) => kinds == 0 ? 3 : 4;

    /// <summary>Logarithm of the interval before, whether there was one, time since the first event, and the mark.</summary>
    private static float[] Tokens(EventSequence sequence, int count, TimeScale scale, int kinds)
    {
        int width = TokenWidth(kinds);
        var tokens = new float[count * width];
        for (int i = 0; i < count; i++)
        {
            tokens[i * width] = i == 0 ? 0 : scale.Feature(sequence.IntervalBefore(i));
            tokens[i * width + 1] = i == 0 ? 0 : 1;
            tokens[i * width + 2] = (float)((sequence.Times[i] - sequence.Times[0]) / scale.Unit);
            if (kinds > 0)
            {
                tokens[i * width + 3] = sequence.Marks![i];
            }
        }
        return tokens;
    }

    private static List<Metric> Metrics(EventScore score, string unit)
    {
        List<Metric> metrics =
            [new("negative log-likelihood (nats per event)", score.Nats), new("of the interval (nats)", score.IntervalNats)];
        if (score.MarkNats is { } nats && score.MarkAccuracy is { } accuracy)
        {
            metrics.Add(new("of the mark (nats)", nats));
            metrics.Add(new("mark accuracy", accuracy, HigherIsBetter: true));
        }
        metrics.Add(new($"interval RMSE ({unit})", score.IntervalRootMeanSquared));
        return metrics;
    }

    /// <summary>
    /// Intervals in units of the training part's mean, the longest of them, and the moments of their logarithms. No prediction is longer
    /// than the longest interval seen in training: a log-normal tail has a mean far beyond anything that happens.
    /// </summary>
    private sealed record TimeScale(double Unit, double Longest, double LogMean, double LogDeviation)
    {
        public static TimeScale Fit(IReadOnlyList<EventSequence> train)
        {
            double unit = train.SelectMany(static s => s.Intervals).Average();
            double[] logs = [.. train.SelectMany(static s => s.Intervals).Select(i => Math.Log(i / unit))];
            double mean = logs.Average(), deviation = Math.Sqrt(logs.Average(l => (l - mean) * (l - mean)));
            return new(unit, train.SelectMany(static s => s.Intervals).Max() / unit, mean,
                deviation > IntervalFit.SmallestDeviation ? deviation : 1);
        }

        public float Interval(double interval) => (float)(interval / Unit);

        public float Feature(double interval) => (float)((Math.Log(interval / Unit) - LogMean) / LogDeviation);
    }

    private sealed class Score(IReadOnlyList<EventSequence> test, TimeScale scale, int kinds, string unit) : IScore
    {
        public RunOutcome Of<TModel>(TModel model, CancellationToken cancellation)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            StreamState<TModel> state = model.CreateState();
            int width = SequenceModel<TModel>.Description.OutputWidth;
            NegativeLogLikelihood intervals = new(), marks = new();
            var error = new ForecastError();
            var confusion = new ConfusionMatrix(Math.Max(1, kinds));
            double[] observed = [.. test.SelectMany(static s => s.Intervals)];
            double low = Math.Log(observed.Min()), high = Math.Log(observed.Max());
            if (high - low < NarrowestHistogram)
            {
                (low, high) = (low - NarrowestHistogram, high + NarrowestHistogram);
            }
            double[] edges = [.. Enumerable.Range(0, Bars + 1).Select(i => Math.Exp(low + (high - low) * i / Bars))];
            double[] shares = new double[Bars], predicted = new double[Bars];
            foreach (EventSequence sequence in test.Where(static s => s.Times.Length > 1))
            {
                cancellation.ThrowIfCancellationRequested();
                int count = sequence.Times.Length - 1;
                var outputs = new float[count * width];
                state.Reset();
                model.Forward(state, Tokens(sequence, count, scale, kinds), outputs);
                for (int i = 0; i < count; i++)
                {
                    double interval = sequence.IntervalBefore(i + 1);
                    var prediction = new LogNormalMixturePrediction(outputs.AsSpan(i * width, 3 * Components));
                    // Converts a density in units of the mean interval to the files' unit.
                    intervals.Add(prediction.LogDensity(scale.Interval(interval)) - Math.Log(scale.Unit));
                    error.Add(prediction.LimitedMean(scale.Longest) * scale.Unit, interval);
                    if (kinds > 0)
                    {
                        var mark = new CategoricalPrediction(outputs.AsSpan(i * width + 3 * Components, kinds));
                        marks.Add(mark.LogProbability(sequence.Marks![i + 1]));
                        confusion.Add(sequence.Marks![i + 1], mark.MostLikely);
                    }
                    // The histogram is only a figure: every tenth event shows the prediction well enough.
                    int bar = Math.Clamp((int)((Math.Log(Math.Max(interval, edges[0])) - low) / (high - low) * Bars), 0, Bars - 1);
                    if (i % 10 == 0)
                    {
                        shares[bar]++;
                        double below = prediction.CumulativeProbability(edges[0] / scale.Unit);
                        for (int b = 0; b < Bars; b++)
                        {
                            double above = prediction.CumulativeProbability(edges[b + 1] / scale.Unit);
                            predicted[b] += above - below;
                            below = above;
                        }
                    }
                }
            }
            double total = shares.Sum();
            var score = new EventScore(
                intervals.Count, intervals.Mean, kinds == 0 ? null : marks.Mean, error.RootMeanSquared,
                kinds == 0 ? null : confusion.Accuracy);
            return new(Metrics(score, unit),
                Density: new(unit, edges, [.. shares.Select(s => s / total)], [.. predicted.Select(p => p / total)]));
        }
    }
}
