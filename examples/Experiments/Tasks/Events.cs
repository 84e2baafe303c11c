using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>How models of events are built and trained.</summary>
/// <param name="Blocks">Sizes.</param>
/// <param name="Training">Training.</param>
/// <param name="MarkWidth">Numbers of a mark's embedding.</param>
/// <param name="TimeWidth">Numbers of the encoding of the time since the first event.</param>
/// <param name="MaxOutputs">More kinds of marks than this are predicted by <see cref="MarkRecency"/>; null: each has an output.</param>
internal sealed record EventsRecipe(Blocks Blocks, Recipe Training, int MarkWidth, int TimeWidth, int? MaxOutputs);

/// <summary>How marks are predicted.</summary>
internal enum MarkForm
{
    /// <summary>There are none.</summary>
    None,

    /// <summary>An output for each kind.</summary>
    Kinds,

    /// <summary>By their place among the recent ones; see <see cref="MarkRecency"/>.</summary>
    Recency,
}

/// <summary>
/// Streams of events. After each event the model predicts when the next one comes (a mixture of log-normal distributions) and, if
/// events have marks, its mark. Every event but a sequence's first is scored.
/// </summary>
internal static class Events
{
    /// <summary>The task's name.</summary>
    public const string Task = "events";

    private const int Components = 16, Bars = 60, MaxKinds = 10_000;

    /// <summary>In mean intervals: a model rejects times of 1e15 and more since the first event.</summary>
    private const double LongestSequence = 1e14;

    /// <summary>The standard deviation of logarithms of intervals that are all equal.</summary>
    private const double NarrowestHistogram = 0.5;

    /// <summary>Sizes that suit some hundred thousand events, and training as chosen on the validation parts.</summary>
    public static EventsRecipe Recipe(int epochs) =>
        new(new(64, 128, 4, 2, 0.1), new(epochs, 16, 1e-3, 0.01, 5), MarkWidth: 16, TimeWidth: 16, MaxOutputs: 64);

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
        IReadOnlyList<string> times, IReadOnlyList<string> marks, string unit, IReadOnlyList<Mixer> mixers, int seeds, int epochs) =>
        Plan(EventData.OfText(times, marks, unit), Contender<EventsRecipe>.Of(mixers, Recipe(epochs)), seeds, Console.WriteLine);

    /// <summary>The runs of a data set, for every model and seed, and the baselines.</summary>
    /// <param name="data">The events, divided.</param>
    /// <param name="contenders">The models to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="tell">Receives notes on the data.</param>
    /// <exception cref="TableException">The events cannot be learned from.</exception>
    public static IReadOnlyList<PlannedRun> Plan(
        EventData data, IReadOnlyList<Contender<EventsRecipe>> contenders, int seeds, Action<string> tell)
    {
        (DataIdentity name, EventSplit split, string unit, IReadOnlyList<EventSource> sources) = data;
        CheckIntervals(data.Places, "training", split.Train);
        CheckIntervals(data.Places, "validation", split.Validation);
        CheckIntervals(data.Places, "test", split.Test);
        CheckScale(sources, split);
        int kinds = split.MarkNames?.Length ?? 0;
        if (kinds == 1)
        {
            // Archives of events without kinds have a mark of 1 for each.
            tell("note: all marks are equal; only the times are predicted.");
            kinds = 0;
        }
        if (kinds > MaxKinds)
        {
            throw new TableException(data.MarkPlaces, null, null, string.Create(
                CultureInfo.InvariantCulture, $"there are {kinds} kinds of marks, more than {MaxKinds}; merge the rare ones."));
        }
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
            tell(
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
        int longest = split.Train.Concat(split.Validation).Concat(split.Test).Max(static s => s.Times.Length);
        var made = new Dictionary<(EventSequence[], MarkForm), SequenceList>();
        foreach (Contender<EventsRecipe> contender in contenders)
        {
            MarkForm form = kinds == 0 ? MarkForm.None : kinds > contender.Recipe.MaxOutputs ? MarkForm.Recency : MarkForm.Kinds;
            string declaration = Declare(contender, form, kinds, Math.Min(longest, 512));
            Recipe recipe = contender.Recipe.Training;
            SequenceList train = Data(split.Train, form), validation = Data(split.Validation, form);
            NewMarks? unseen = form == MarkForm.Recency ? new(split.Train, kinds, MarkRecency.Capacity) : null;
            var score = new Score(split.Test, scale, kinds, form, unseen, unit);
            for (int seed = 1; seed <= seeds; seed++)
            {
                int one = seed;
                runs.Add(new(new(Task, name, setting, contender.Name, seed), $"{declaration}\n{recipe}\n{unit}",
                    (progress, cancellation) => ModelRun.Make(
                        declaration, train, validation, recipe, one, score, progress, cancellation)));
            }
        }
        return runs;

        // Models that read the same tokens share them.
        SequenceList Data(EventSequence[] part, MarkForm form)
        {
            if (!made.TryGetValue((part, form), out SequenceList? list))
            {
                made.Add((part, form), list = ToData(part, scale, form));
            }
            return list;
        }
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
    private static void CheckScale(IReadOnlyList<EventSource> sources, EventSplit split)
    {
        EventSequence[] train = [.. split.Train.Select(static s => s with { ShortestInterval = 0 })];
        double[] intervals = [.. train.SelectMany(static s => s.Intervals)];
        double[] positive = [.. intervals.Where(static i => i > 0).Order()];
        double mean = intervals.Average(), median = positive[positive.Length / 2];
        if (EventSplit.ShortestFraction * mean > median)
        {
            throw TooLong(sources, train.MaxBy(static s => s.Intervals.DefaultIfEmpty().Max())!, median);
        }
        foreach (EventSequence sequence in split.Train.Concat(split.Validation).Concat(split.Test))
        {
            if (sequence.Times[^1] - sequence.Times[0] > LongestSequence * mean)
            {
                throw TooLong(sources, sequence, median);
            }
        }
    }

    private static TableException TooLong(IReadOnlyList<EventSource> sources, EventSequence sequence, double median)
    {
        EventSource source = sources.First(f => Array.Exists(f.Sequences, s => ReferenceEquals(s.Times, sequence.Times)));
        int number = Array.FindIndex(source.Sequences, s => ReferenceEquals(s.Times, sequence.Times)) + 1;
        int end = Enumerable.Range(1, sequence.Times.Length - 1).MaxBy(sequence.IntervalBefore);
        string place = source.HasLines ? "" : string.Create(CultureInfo.InvariantCulture, $"sequence {number}: ");
        return new(source.Path, source.HasLines ? number : null, null, string.Create(CultureInfo.InvariantCulture,
            $"{place}time {end + 1}, {sequence.Times[end]}, is {sequence.IntervalBefore(end):G3} after time {end}, but half of the "
            + $"training part's intervals are at most {median:G3}, and nothing could tell those apart beside it; correct the time, or "
            + $"begin a new line there."));
    }

    private static string Declare(Contender<EventsRecipe> contender, MarkForm form, int kinds, int context)
    {
        (Blocks blocks, _, int markWidth, int timeWidth, _) = contender.Recipe;
        string mark = form == MarkForm.None ? "" : $"[Categorical({kinds}, Width = {markWidth})]\n";
        if (form == MarkForm.Recency)
        {
            mark += $"[Categorical({MarkRecency.Classes}, Width = {markWidth})]\n";
        }
        int outputs = form == MarkForm.Recency ? MarkRecency.Classes : kinds;
        return string.Create(CultureInfo.InvariantCulture, $"""
            [SequenceModel]
            [Continuous(2)]
            [TimeEncoding({timeWidth}, LongestPeriod = 1000)]
            {mark}[Dense({blocks.Width})]
            {contender.Mixer.Attribute(blocks, context)}
            [LayerNorm]
            [Head("Interval")]
            [Dense({3 * Components})]
            [LogNormalMixture]
            {(form == MarkForm.None ? "" : $"[Head(\"Mark\")]\n[Dense({outputs})]\n[CrossEntropy]")}
            """);
    }

    /// <summary>One token per event except the last. Its target is the next event: the interval in mean intervals, and the mark.</summary>
    private static SequenceList ToData(IReadOnlyList<EventSequence> sequences, TimeScale scale, MarkForm form)
    {
        var data = new SequenceList(TokenWidth(form), form == MarkForm.None ? 1 : 2);
        foreach (EventSequence sequence in sequences.Where(static s => s.Times.Length > 1))
        {
            int count = sequence.Times.Length - 1;
            int[]? marks = form == MarkForm.Recency ? MarkRecency.PlacesOf(sequence.Marks!) : sequence.Marks;
            var targets = new List<float>();
            for (int i = 0; i < count; i++)
            {
                targets.Add(scale.Interval(sequence.IntervalBefore(i + 1)));
                if (form != MarkForm.None)
                {
                    targets.Add(marks![i + 1]);
                }
            }
            data.Add(Tokens(sequence, count, scale, form), [.. targets]);
        }
        return data;
    }

    private static int TokenWidth(MarkForm form) => form switch
    {
        MarkForm.None => 3,
        MarkForm.Kinds => 4,
        _ => 5,
    };

    /// <summary>
    /// Logarithm of the interval before, whether there was one, time since the first event, the mark, and its place among the recent ones.
    /// </summary>
    private static float[] Tokens(EventSequence sequence, int count, TimeScale scale, MarkForm form)
    {
        int width = TokenWidth(form);
        int[] places = form == MarkForm.Recency ? MarkRecency.PlacesOf(sequence.Marks!) : [];
        var tokens = new float[count * width];
        for (int i = 0; i < count; i++)
        {
            tokens[i * width] = i == 0 ? 0 : scale.Feature(sequence.IntervalBefore(i));
            tokens[i * width + 1] = i == 0 ? 0 : 1;
            tokens[i * width + 2] = (float)((sequence.Times[i] - sequence.Times[0]) / scale.Unit);
            if (form != MarkForm.None)
            {
                tokens[i * width + 3] = sequence.Marks![i];
            }
            if (form == MarkForm.Recency)
            {
                tokens[i * width + 4] = places[i];
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

    private sealed class Score(
        IReadOnlyList<EventSequence> test, TimeScale scale, int kinds, MarkForm form, NewMarks? unseen, string unit) : IScore
    {
        public RunOutcome Of<TModel>(TModel model, CancellationToken cancellation)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            StreamState<TModel> state = model.CreateState();
            int width = SequenceModel<TModel>.Description.OutputWidth;
            var scores = new EventScores();
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
                var recent = new RecentMarks(MarkRecency.Capacity);
                state.Reset();
                model.Forward(state, Tokens(sequence, count, scale, form), outputs);
                for (int i = 0; i < count; i++)
                {
                    double interval = sequence.IntervalBefore(i + 1);
                    var prediction = new LogNormalMixturePrediction(outputs.AsSpan(i * width, 3 * Components));
                    // Converts a density in units of the mean interval to the files' unit.
                    scores.AddWait(
                        prediction.LogDensity(scale.Interval(interval)) - Math.Log(scale.Unit),
                        prediction.LimitedMean(scale.Longest) * scale.Unit, interval);
                    if (form == MarkForm.Recency)
                    {
                        recent.Add(sequence.Marks![i]);
                        float[] places = outputs[(i * width + 3 * Components)..((i + 1) * width)];
                        (double log, bool isHit) = MarkRecency.Score(
                            place => new CategoricalPrediction(places).LogProbability(place), recent, unseen!, kinds,
                            sequence.Marks[i + 1]);
                        scores.AddMark(log, isHit);
                    }
                    else if (form == MarkForm.Kinds)
                    {
                        var mark = new CategoricalPrediction(outputs.AsSpan(i * width + 3 * Components, kinds));
                        scores.AddMark(mark.LogProbability(sequence.Marks![i + 1]), mark.MostLikely == sequence.Marks[i + 1]);
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
            return new(Metrics(EventScore.Of(scores), unit),
                Density: new(unit, edges, [.. shares.Select(s => s / total)], [.. predicted.Select(p => p / total)]));
        }
    }
}
