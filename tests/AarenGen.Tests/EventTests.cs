using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>From events to a prediction of the next, with models as users declare them.</summary>
public sealed class EventTests
{
    private static readonly DateTimeOffset Begin = new(2025, 3, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_model_is_trained_and_surpasses_the_baseline()
    {
        VisitModel model = VisitModel.Create(1);
        Visit[] train = [.. Enumerable.Range(0, 40).SelectMany(static i => Visits(i, 60))];
        Visit[] test = [.. Enumerable.Range(40, 10).SelectMany(static i => Visits(i, 60))];
        EventReport report = model.Fit(train, new() { Training = new() { Epochs = 12, BatchSize = 4, LearningRate = 1e-2, Threads = 2 } });
        // A fifth of 2,400 events, the latest ones; the first one of a series has no wait.
        Assert.Equal(40L * 59, report.Events + report.ValidationEvents);
        Assert.InRange(report.ValidationEvents, 440, 480);
        EventEvaluation scores = model.Evaluate(test, baseline: train);
        Assert.Equal((590, false), (scores.Model.WaitCount, scores.AreBaselinesOfSameEvents));
        // The marks go round, and the wait depends on the mark: a Markov chain knows the first, and no baseline the second.
        Assert.True(scores.Model.MarkAccuracy > 0.95 && scores.BestBaseline.Scores.MarkAccuracy > 0.95, scores.ToString());
        Assert.All(
            scores.Baselines, b => Assert.True(scores.Model.WaitLogLikelihood > b.Scores.WaitLogLikelihood + 0.5, scores.ToString()));
        Assert.True(scores.LogLikelihood > scores.BestBaseline.LogLikelihood, scores.ToString());
        Assert.True(model.Evaluate(test).AreBaselinesOfSameEvents);
        Assert.Contains("Poisson, Markov chain:", scores.ToString(), StringComparison.Ordinal);

        // After "Open" comes "Read", within about a minute; silence makes the wait longer.
        SeriesState<VisitModel> state = model.CreateSeriesState("v40");
        VisitModel.NextEvent next = default;
        foreach (Visit visit in test.Where(static v => v.Visitor == "v40").Take(31))
        {
            next = model.Step(state, visit);
            Assert.Equal(visit.Time, next.Time);
        }
        Assert.Equal(VisitorAction.Read, next.Mark.MostLikely);
        Assert.True(next.Mark.Probability(VisitorAction.Read) > 0.8 && next.Anomaly < 2);
        Assert.InRange(next.Wait.Median, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(90));
        Assert.Equal(0.25, next.Wait.ProbabilityWithin(next.Wait.Quantile(0.25)), 1e-3);
        TimeSpan half = next.Wait.Median, late = next.Wait.Quantile(0.75);
        Assert.Equal(0.5, next.Wait.ProbabilityWithin(late - half, silence: half), 1e-3);
        Assert.Equal(0, next.Wait.ProbabilityWithin(TimeSpan.Zero));
        // A mark that never follows, much too late.
        next = model.Step(state, new() { Visitor = "v40", Time = next.Time.AddDays(2), Action = VisitorAction.Open });
        Assert.True(next.Wait.Anomaly > 3 && next.Mark.Anomaly > 1, $"{next.Wait.Anomaly} {next.Mark.Anomaly}");
        Assert.Equal(Math.Max(next.Wait.Anomaly, next.Mark.Anomaly), next.Anomaly);
    }

    [Fact]
    public void Streams_have_the_outputs_of_whole_series_and_tokens_of_documented_numbers()
    {
        VisitModel model = VisitModel.Create(1);
        var layout = new EventLayout(VisitModel.Task, VisitModel.Description);
        Visit[] visits = [.. Visits(3, 9), new() { Visitor = "v3", Time = Visits(3, 9).Last().Time }];
        RecordSequence series = RecordSequence.Read<Visit, VisitModel>(visits, layout).Single();
        float[] tokens = new float[visits.Length * VisitModel.InputWidth], outputs = new float[visits.Length * VisitModel.OutputWidth];
        new EventSequences(layout, [new(series, 0, visits.Length, 0)]).ReadTokens(0, tokens);
        model.Forward(model.CreateState(), tokens, outputs);
        SeriesState<VisitModel> state = model.CreateSeriesState("v3");
        for (int i = 0; i < visits.Length; i++)
        {
            VisitModel.NextEvent next = model.Step(state, visits[i]);
            Assert.Equal(
                outputs.AsSpan(i * VisitModel.OutputWidth, VisitModel.OutputWidth).ToArray(), state.Records().Core.Outputs.ToArray());
            Assert.Equal(i == 0, double.IsNaN(next.Wait.Anomaly));
            Assert.Equal(i is 0 || visits[i].Action is null, double.IsNaN(next.Mark.Anomaly));
        }
        Assert.True(float.IsNaN(tokens[0]));
        Assert.Equal([0, 0, 0], tokens[2..5]);
        float[] second = tokens[VisitModel.InputWidth..(2 * VisitModel.InputWidth)];
        double wait = (visits[1].Time - visits[0].Time).TotalMinutes;
        Assert.Equal([(float)Math.Log(wait), (float)visits[1].Amount!.Value, (float)wait, 1, 1], second);
        // Equal times count as half of the clock's resolution apart; a missing mark is a category of its own.
        float[] last = tokens[^VisitModel.InputWidth..];
        Assert.Equal((float)Math.Log(0.5 / 60), last[0]);
        Assert.Equal(3, last[3]);
        var data = new EventSequences(layout, [new(series, 0, visits.Length - 1, 2)]);
        float[] target = new float[2];
        Assert.Equal([0f, 0, 1], [data.ReadTarget(0, 0, target), data.ReadTarget(0, 1, target), data.ReadTarget(0, 8, target)]);
        Assert.Equal([(float)(0.5 / 60), float.NaN], target);
    }

    [Fact]
    public void Series_are_divided_by_time_and_long_ones_are_cut()
    {
        var layout = new EventLayout(VisitModel.Task, VisitModel.Description);
        Visit[] visits = [.. Visits(1, 100)];
        IReadOnlyList<RecordSequence> series = RecordSequence.Read<Visit, VisitModel>(visits, layout);
        (EventSequences train, EventSequences? validation) = EventSequences.Divide(layout, series, new() { WindowLength = 30 });
        // The 81st event is the first one for validation, and 19 follow it; 79 waits come before.
        Assert.Equal((79, 20), (train.TargetCount, validation!.TargetCount));
        Assert.All(Enumerable.Range(0, train.Count), i => Assert.InRange(train.GetLength(i), 2, 30));
        Assert.Equal(30, train.GetLength(0));
        Assert.Equal([0f, 1], new[] { 0, validation.GetLength(0) - 1 }.Select(t => validation.ReadTarget(0, t, new float[2])));
        (train, validation) = EventSequences.Divide(layout, series, new() { TrainUntil = visits[50].Time });
        Assert.Equal((49, 50), (train.TargetCount, validation!.TargetCount));
        (train, validation) = EventSequences.Divide(
            layout, series, new() { TrainUntil = visits[50].Time, ValidateUntil = visits[60].Time });
        Assert.Equal((49, 10), (train.TargetCount, validation!.TargetCount));
        Assert.Null(EventSequences.Divide(layout, series, new() { ValidationFraction = 0 }).Validation);
        Assert.Equal(99, EventSequences.Divide(layout, series, new() { ValidationFraction = 0 }).Train.TargetCount);
        Assert.Equal(19, EventSequences.Of(layout, series, new() { ValidateUntil = visits[20].Time }).TargetCount);
        // Other records may validate.
        EventReport report = VisitModel.Create(1).Fit(
            visits, new() { Training = new() { Epochs = 1 }, ValidationFraction = 0 }, validation: Visits(2, 30));
        Assert.Equal((99, 29), (report.Events, report.ValidationEvents));
    }

    [Fact]
    public void A_test_from_a_moment_on_has_the_history_and_baselines_of_what_came_before()
    {
        VisitModel model = VisitModel.Create(1);
        Visit[] visits = [.. Visits(1, 40)];
        EventEvaluation all = model.Evaluate(visits), later = model.Evaluate(visits, from: visits[30].Time);
        Assert.Equal((39, 10), (all.Model.WaitCount, later.Model.WaitCount));
        Assert.False(later.AreBaselinesOfSameEvents);
        // The same outputs as of a stream.
        SeriesState<VisitModel> state = model.CreateSeriesState("v1");
        double sum = 0, rate = 0;
        for (int i = 0; i < 39; i++)
        {
            VisitModel.NextEvent next = model.Step(state, visits[i]);
            TimeSpan wait = visits[i + 1].Time - visits[i].Time;
            sum += i >= 29 ? Math.Log(next.Wait.Density(wait)) : 0;
            rate += i < 29 ? wait.TotalMinutes / 29 : 0;
        }
        Assert.Equal(sum / 10, later.Model.WaitLogLikelihood, 1e-9);
        // By hand: a Poisson process of the 29 waits before.
        double mean = Enumerable.Range(30, 10).Average(i => -Math.Log(rate) - (visits[i].Time - visits[i - 1].Time).TotalMinutes / rate);
        Assert.Equal(mean, later.Baselines[0].Scores.WaitLogLikelihood, 1e-9);
        double[] logs = [.. Enumerable.Range(1, 29).Select(i => Math.Log((visits[i].Time - visits[i - 1].Time).TotalMinutes))];
        double center = logs.Average(), variance = logs.Average(l => (l - center) * (l - center));
        mean = Enumerable.Range(30, 10).Average(i =>
        {
            double log = Math.Log((visits[i].Time - visits[i - 1].Time).TotalMinutes);
            return -log - 0.5 * Math.Log(Math.Tau * variance) - (log - center) * (log - center) / 2 / variance;
        });
        Assert.Equal(mean, later.Baselines[1].Scores.WaitLogLikelihood, 1e-9);
        Assert.Throws<ArgumentException>(() => model.Evaluate(visits, from: visits[39].Time.AddTicks(1)));
        Assert.Throws<ArgumentException>(() => model.Evaluate(visits, from: visits[0].Time));
        // Waits that are all equal have a density by the clock's resolution, so that scores are finite.
        Visit[] even = [.. Enumerable.Range(0, 9).Select(i => visits[0] with { Time = Begin.AddMinutes(i) })];
        Assert.True(double.IsFinite(model.Evaluate(even).Baselines[1].LogLikelihood));
    }

    [Fact]
    public void A_test_tells_that_the_model_was_trained_on_its_events()
    {
        const string notice = "The model was trained on what it is tested on";
        TrainingOptions one = new() { Epochs = 1, BatchSize = 4, Threads = 2 };
        Visit[] visits = [.. Visits(1, 60).Concat(Visits(2, 40)).OrderBy(static v => v.Time)];
        DateTimeOffset from = visits[50].Time;
        VisitModel model = VisitModel.Create(1);
        Assert.Null(model.FittedUntil);
        Assert.Empty(model.Evaluate(visits, from).Notices);
        model.Fit(visits, new() { ValidateUntil = from, Training = one });
        Assert.Equal(visits.Last(v => v.Time < from).Time, model.FittedUntil);
        Assert.Empty(model.Evaluate(visits, from).Notices);
        // What is not used for validation is not used, and a later training adds to an earlier one.
        model.Fit(visits, new() { ValidationFraction = 0, ValidateUntil = visits[30].Time, Training = one });
        Assert.Equal(visits.Last(v => v.Time < from).Time, model.FittedUntil);
        model.Fit(visits, new() { Training = one });
        Assert.Equal(visits[^1].Time, model.FittedUntil);
        EventEvaluation tested = model.Evaluate(visits, from);
        Assert.StartsWith(notice, Assert.Single(tested.Notices), StringComparison.Ordinal);
        Assert.EndsWith("as ValidateUntil.", tested.ToString(), StringComparison.Ordinal);
        Assert.Single(model.Evaluate(visits, visits[^1].Time).Notices);
        // Other series, of the same time: nothing is known of them.
        Assert.Empty(model.Evaluate(Visits(3, 40)).Notices);

        using var saved = new MemoryStream();
        model.Save(saved);
        saved.Position = 0;
        Assert.Equal(model.FittedUntil, VisitModel.Load(saved).FittedUntil);
        // A training on tokens, of an unknown time, takes nothing back: the records were used all the same.
        SequenceList tokens = ModelData.Random<VisitModel>([20, 20], seed: 1);
        model.Fit(tokens, options: one);
        Assert.Equal(visits[^1].Time, model.FittedUntil);
        Assert.Single(model.Evaluate(visits, from).Notices);
        // Records for validation count, and a training that was stopped leaves weights of the records, too.
        VisitModel stopped = VisitModel.Create(1);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => stopped.Fit(
            visits[..30], new() { Training = one with { Epochs = 9 } }, visits, new Stopping(stop), stop.Token));
        Assert.Equal(visits[^1].Time, stopped.FittedUntil);
        // One that never began leaves none.
        VisitModel refused = VisitModel.Create(1);
        Assert.ThrowsAny<ArgumentException>(() => refused.Fit(visits, new() { Training = one with { BatchSize = 0 } }));
        Assert.Null(refused.FittedUntil);
    }

    private sealed class Stopping(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => source.Cancel();
    }

    [Fact]
    public void Predictions_are_sampled_and_have_a_density()
    {
        VisitModel model = VisitModel.Create(3);
        SeriesState<VisitModel> state = model.CreateSeriesState("v1");
        foreach (Visit visit in Visits(1, 5))
        {
            model.Step(state, visit);
        }
        VisitModel.NextEvent next = model.GetNextEvent(state)!.Value;
        var random = new Random(1);
        TimeSpan[] waits = [.. Enumerable.Range(0, 4000).Select(_ => next.Wait.Sample(random))];
        // The standard deviation of a fraction of 4,000 is at most 0.008.
        Assert.InRange(waits.Count(w => w <= next.Wait.Median) / 4000.0, 0.46, 0.54);
        VisitorAction[] marks = [.. Enumerable.Range(0, 4000).Select(_ => next.Mark.Sample(random))];
        Assert.InRange(
            marks.Count(static m => m == VisitorAction.Read) / 4000.0 - next.Mark.Probability(VisitorAction.Read), -0.04, 0.04);
        // The density is the derivative of the probability, by the minute.
        TimeSpan at = next.Wait.Quantile(0.3), step = at / 1000;
        double slope = (next.Wait.ProbabilityWithin(at + step) - next.Wait.ProbabilityWithin(at - step)) / (2 * step.TotalMinutes);
        Assert.Equal(1, next.Wait.Density(at) / slope, 1e-3);
        Assert.Equal(0, next.Wait.Density(-at));
        Assert.Equal(next.Wait.Density(TimeSpan.Zero), next.Wait.Density(TimeSpan.FromSeconds(0.5)));
    }

    [Fact]
    public void A_state_goes_on_from_a_file_and_allocates_nothing()
    {
        VisitModel model = VisitModel.Create(1);
        Visit[] visits = [.. Visits(2, 20)];
        SeriesStateCollection<VisitModel> states = model.CreateSeriesStates(), loaded = model.CreateSeriesStates();
        foreach (Visit visit in visits[..10])
        {
            model.Step(states["v2"], visit);
        }
        using var file = new MemoryStream();
        states.Save(file);
        file.Position = 0;
        loaded.Load(file);
        SeriesState<VisitModel> copy = model.CreateSeriesState("v2");
        states["v2"].CopyTo(copy);
        double anomaly = model.GetNextEvent(states["v2"])!.Value.Anomaly;
        Assert.Equal(anomaly, model.GetNextEvent(loaded["v2"])!.Value.Anomaly);
        VisitModel.NextEvent first = model.Step(states["v2"], visits[10]);
        Assert.Equal(first.Wait.Median, model.Step(loaded["v2"], visits[10]).Wait.Median);
        Assert.Equal(first.Anomaly, model.Step(copy, visits[10]).Anomaly);
        double sum = Take();
        Assert.Equal(0, Allocations.Min(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                sum += Take();
            }
        }));
        Assert.True(double.IsFinite(sum));
        model.Step(states["v2"], visits[12]);
        Assert.Throws<InvalidOperationException>(() => first.Wait.Median);
        Assert.Throws<InvalidOperationException>(() => default(VisitModel.NextEvent).Wait);
        copy.Reset();
        Assert.Null(model.GetNextEvent(copy));

        double Take()
        {
            VisitModel.NextEvent next = model.Step(copy, visits[11]);
            return next.Mark.Probability(VisitorAction.Close) + next.Wait.ProbabilityWithin(TimeSpan.FromMinutes(1)) + next.Anomaly;
        }
    }

    [Fact]
    public void Events_may_be_times_alone()
    {
        TickModel model = TickModel.Create(1);
        Assert.Equal((1, 1), (TickModel.InputWidth, TickModel.TargetWidth));
        Assert.Empty(TickModel.Task.Marks);
        Assert.Equal(TimeSpan.FromHours(1) / 1_000_000, TickModel.Task.Resolution);
        Tick[] ticks = [.. Enumerable.Range(0, 200).Select(static i => new Tick(Begin.UtcDateTime.AddMinutes(60 * i + (i % 2 * 25))))];
        EventReport report = model.Fit(
            ticks, new() { WindowLength = 20, Training = new() { Epochs = 40, BatchSize = 2, LearningRate = 1e-2 } });
        Assert.Equal((159, 40), (report.Events, report.ValidationEvents));
        EventEvaluation scores = model.Evaluate(ticks);
        Assert.Equal(0, scores.Model.MarkCount);
        Assert.True(scores.LogLikelihood > scores.BestBaseline.LogLikelihood + 0.5, scores.ToString());
        SeriesState<TickModel> state = model.CreateSeriesState();
        Assert.True(double.IsNaN(model.Step(state, ticks[0]).Anomaly));
        Assert.True(model.Step(state, ticks[1]).Anomaly >= 0);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        VisitModel model = VisitModel.Create(1);
        Visit[] visits = [.. Visits(1, 3)];
        Reject(() => model.Evaluate([visits[1], visits[0]]), "lies before the record before it");
        Reject(() => model.Evaluate([visits[1] with { Action = (VisitorAction)9 }]), "is none of its 3 categories");
        SeriesState<VisitModel> state = model.CreateSeriesState("v1");
        model.Step(state, visits[1]);
        Reject(() => model.Step(state, visits[0]), "lies before the record before it");
        Reject(() => model.Step(state, visits[2] with { Visitor = "x" }), "came to the state of the series 'v1'");
        Reject(() => model.Step(state, visits[2] with { Amount = 1e17 }), "from -1e15 to 1e15");
        Assert.Equal(1, state.TokenCount);
        Assert.Throws<ArgumentException>(() => model.Evaluate(visits[..1]));
        Assert.Throws<ArgumentException>(() => model.Evaluate(visits, baseline: visits[..1]));
        Assert.Throws<ArgumentException>(() => model.Fit(visits[..1]));
        Assert.Throws<ArgumentException>(() => model.Fit(visits, new() { TrainUntil = Begin.AddYears(1) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Fit(visits, new() { WindowLength = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => model.Step(state, visits[2]).Wait.ProbabilityWithin(default, -TimeSpan.FromSeconds(1)));

        static void Reject(Action action, string message) =>
            Assert.Contains(message, Assert.Throws<RecordException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transitions_are_counted_by_the_rule_of_succession()
    {
        var counts = new CategoryTransitions(2, 3);
        counts.Add(0, 2);
        counts.Add(0, 2);
        Assert.Equal(Math.Log(3 / 5.0), counts.LogProbability(0, 2), 1e-12);
        Assert.Equal(Math.Log(1 / 3.0), counts.LogProbability(1, 0), 1e-12);
        Assert.Equal((2, 0), (counts.MostLikely(0), counts.MostLikely(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => counts.Add(2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => counts.LogProbability(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CategoryTransitions(1, 0));

        // After each of many, the category counted most is that of the counts; in a tie the lowest.
        var random = new Random(1);
        var many = new CategoryTransitions(1, 5);
        long[] expected = new long[5];
        for (int i = 0; i < 200; i++)
        {
            int next = random.Next(5);
            many.Add(0, next);
            expected[next]++;
            Assert.Equal(Array.IndexOf(expected, expected.Max()), many.MostLikely(0));
        }
    }

    /// <summary>A visitor opens, reads after about a minute, closes after about ten, and opens after about a hundred.</summary>
    internal static IEnumerable<Visit> Visits(int number, int count)
    {
        var random = new Random(number);
        DateTimeOffset time = Begin.AddHours(number);
        for (int i = 0; i < count; i++)
        {
            yield return new()
            {
                Visitor = $"v{number}", Time = time, Action = (VisitorAction)(i % 3), Amount = i == 0 ? 0 : random.NextDouble(),
                IsKnown = i > 0,
            };
            time += TimeSpan.FromSeconds(Math.Round(60 * Math.Pow(10, i % 3) * (0.9 + 0.2 * random.NextDouble())));
        }
    }
}
