using System.Globalization;
using System.Security.Cryptography;
using AarenGen.Serialization;
using AarenGen.Tests.Models;
using Xunit.Abstractions;

namespace AarenGen.Tests;

/// <summary>From logged episodes to decisions, with models as users declare them.</summary>
public sealed class DecisionTests(ITestOutputHelper log)
{
    private const int Steps = 20;
    private static readonly DateTimeOffset Begin = new(2025, 3, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_policy_reaches_a_high_return_where_the_data_do_on_average_not()
    {
        // Logged policies push to 0, more or less, or away from it; how well, no observation tells but the return.
        Push[] data = [.. Enumerable.Range(0, 300).SelectMany(static e =>
        {
            var random = new Random(e);
            double gain = -1 + 4 * random.NextDouble();
            return Run(e, new Point(e), (point, _) => (-gain * point.Position + 0.3 * (random.NextDouble() - 0.5), 0.1));
        })];
        PushPolicy policy = PushPolicy.Create(1);
        var options = new DecisionTrainingOptions
        {
            Training = new() { Epochs = 40, BatchSize = 8, LearningRate = 3e-3, Threads = 2 },
        };
        DecisionReport report = policy.Fit(data.OrderBy(static p => p.Time), options);
        // Behaviour cloning: the same model, which is told no returns.
        PushPolicy cloning = PushPolicy.Create(1);
        cloning.Fit(data.Select(static p => p with { Reward = 0 }), options);
        Assert.Equal((240, 240L * Steps), (report.Episodes, report.Steps));
        DecisionScores scores = report.Validation!;
        Assert.Equal(60 * Steps, scores.Steps);
        Assert.Equal(["Force", "Brake"], scores.Actions.Select(static a => a.Name));
        Assert.Null(scores.LogLoss);
        Assert.True(scores.Actions[0].Error < 0.5 * scores.Actions[0].ConstantError, report.ToString());
        Assert.True(scores.Actions[0].Error < scores.Actions[0].LastError, report.ToString());

        double logged = report.Returns.Mean, cloned = Mean(_ => Acting(cloning, 0, isTold: false));
        double high = Mean(_ => Acting(policy, report.Returns.Percentile90)), low = Mean(_ => Acting(policy, report.Returns.Min));
        // The best logged policy; a gain of 3 is the largest.
        double best = Mean(static _ => (point, _) => (-3 * point.Position, 0.1));
        string all = FormattableString.Invariant($"best {best}, high {high}, cloned {cloned}, logged {logged}, low {low}\n{report}");
        log.WriteLine(all);
        Assert.True(high > cloned + 0.5 * (best - cloned), all);
        Assert.True(high > logged + 0.7 * (best - logged), all);
        Assert.True(low < logged, all);

        static double Mean(Func<int, Func<Point, double, (double, double)>> policy) => Enumerable.Range(1000, 40)
            .Average(e => Run(e, new Point(e), policy(e)).Sum(static p => p.Reward!.Value));
    }

    [Fact]
    public void A_category_is_decided_with_probabilities()
    {
        Walk[] data = [.. Enumerable.Range(0, 400).SelectMany(static g => Game(g, g))];
        WalkPolicy policy = WalkPolicy.Create(1);
        DecisionReport report = policy.Fit(
            data, new() { Training = new() { Epochs = 15, BatchSize = 8, LearningRate = 5e-3, Threads = 2 } });
        ActionScore turn = Assert.Single(report.Validation!.Actions);
        Assert.True(turn.IsDiscrete && turn.Error < turn.ConstantError && turn.Error < turn.LastError, report.ToString());
        Assert.InRange(report.Validation.LogLoss!.Value, 0.01, Math.Log(3));
        Assert.Contains("% wrong", report.ToString(), StringComparison.Ordinal);

        double reached = Enumerable.Range(0, 20).Average(start =>
        {
            SeriesState<WalkPolicy> state = policy.CreateDecisionState(report.Returns.Max);
            int cell = start % 7, reward = 0, sum = 0;
            for (int step = 0; step < 10; step++)
            {
                WalkPolicy.Decision decision = policy.Decide(state, new("x", cell, true, null, 0), reward);
                Assert.Equal(decision.Turn, decision.Rank()[0].Action);
                Assert.Equal(1, decision.Rank().Sum(static r => r.Probability), 1e-6);
                Assert.Equal(decision.Rank()[0].Probability, decision.Probability(decision.Turn));
                cell = Math.Clamp(cell + (int)decision.Turn, 0, 6);
                sum += reward = cell == 6 ? 1 : 0;
            }
            return sum;
        });
        Assert.True(reached > report.Returns.Mean + 2, FormattableString.Invariant($"{reached}\n{report}"));

        SeriesState<WalkPolicy> drawn = policy.CreateDecisionState(8), told = policy.CreateDecisionState(8);
        WalkPolicy.Decision first = policy.Decide(drawn, new("x", 3, null, null, 0));
        var random = new Random(1);
        Turn other = first.Turn;
        while (other == first.Turn)
        {
            other = first.Sample(random);
        }
        policy.Decide(told, new("x", 3, null, null, 0));
        policy.SetAction(told, new("x", 0, null, other, 0));
        Walk next = new("x", 4, false, null, 0);
        double probability = policy.Decide(told, next, 0).Probability(Turn.Stay);
        Assert.Equal(probability, policy.Decide(drawn, next, 0).Probability(Turn.Stay));
        SeriesState<WalkPolicy> untold = policy.CreateDecisionState(8);
        policy.Decide(untold, new("x", 3, null, null, 0));
        Assert.NotEqual(probability, policy.Decide(untold, next, 0).Probability(Turn.Stay));
        Assert.Throws<ArgumentException>(() => policy.GetDecision(untold)!.Value.Probability((Turn)9));
        Assert.Throws<InvalidOperationException>(() => first.Turn);
        Assert.Throws<InvalidOperationException>(() => default(WalkPolicy.Decision).Turn);
    }

    /// <summary>As examples/Control writes them: return, observation, action, each with the step's number.</summary>
    [Fact]
    public void Tokens_are_those_of_a_decision_transformer()
    {
        Push[] episode = [.. Run(7, new Point(7), static (point, _) => (-point.Position, 0.1)).Take(3)];
        episode[1] = episode[1] with { Position = null, IsRough = true };
        DecisionLayout layout = PushLayout();
        LoggedEpisode read = LoggedEpisode.Of(layout, RecordSequence.Read<Push, PushPolicy>(episode, layout)).Single();
        var data = new DecisionWindows(layout, [read], returnScale: 4, windowSteps: 100);
        Assert.Equal((1, 8), (data.Count, data.GetLength(0)));
        float[] tokens = new float[8 * 4], target = new float[2];
        data.ReadTokens(0, tokens);
        double[] rewards = [.. episode.Select(static p => p.Reward!.Value)];
        float[] expected =
        [
            (float)((rewards[2] + rewards[1] + rewards[0]) / 4), 0, 0, 0,
            (float)episode[0].Position!.Value, episode[0].Speed, 0, 0,
            episode[0].Force!.Value / 2, (float)((episode[0].Brake!.Value - 0.25) / 0.25), 0, 0,
            (float)((rewards[2] + rewards[1]) / 4), 0, 1, 1,
            float.NaN, episode[1].Speed, 1, 1,
            episode[1].Force!.Value / 2, (float)((episode[1].Brake!.Value - 0.25) / 0.25), 1, 1,
            (float)(rewards[2] / 4), 0, 0, 2,
            (float)episode[2].Position!.Value, episode[2].Speed, 0, 2,
        ];
        Assert.Equal(expected, tokens);
        for (int token = 0; token < 8; token++)
        {
            Assert.Equal(token % 3 == 1 ? 1 : 0, data.ReadTarget(0, token, target));
            if (token % 3 == 1)
            {
                Assert.Equal(episode[token / 3].Force!.Value / 2, target[0]);
            }
        }
        // Saved states are of these facts, wherever they are read.
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        Assert.Equal("decide by time 24: -2 to 2; 0 to 0.5", layout.Facts);
        float[] some = new float[3 * 4];
        data.ReadTokens(0, 2, some);
        Assert.Equal(expected[8..20], some);
    }

    [Fact]
    public void Actions_of_a_stream_are_those_of_training_and_of_a_model_written_by_hand()
    {
        DerivedPolicy policy = DerivedPolicy.Create(3);
        WrittenPolicy written = WrittenPolicy.Create(3);
        Assert.Equal(WrittenPolicy.Description.Parameters.Count, DerivedPolicy.Description.Parameters.Count);
        Push[] episode = [.. Run(7, new Point(7), static (point, _) => (-point.Position, 0.1))];
        episode[3] = episode[3] with { Position = null, IsRough = true };
        DecisionLayout layout = new(TaskOf<DerivedPolicy, DerivedPolicy.Decision>(), hasTime: true, DerivedPolicy.Description);
        LoggedEpisode read = LoggedEpisode.Of(layout, RecordSequence.Read<Push, DerivedPolicy>(episode, layout)).Single();
        int length = 3 * Steps - 1;
        float[] tokens = new float[length * layout.TokenWidth], outputs = new float[2 * length], others = new float[2 * length];
        read.ReadTokens(layout, returnScale: 1, 0, tokens);
        policy.Forward(policy.CreateState(), tokens, outputs);
        written.Forward(written.CreateState(), tokens, others);
        Assert.Equal(others, outputs);
        SeriesState<DerivedPolicy> state = policy.CreateDecisionState(read.Return, "7");
        for (int step = 0; step < Steps; step++)
        {
            // Sums from the end, as training has them, so that all bits are the same.
            double reward = step == 0 ? 0 : policy.GetReturnToGo(state) - read.ReturnsToGo[step];
            DerivedPolicy.Decision decision = policy.Decide(
                state, episode[step] with { Force = null, Brake = null, Reward = null }, reward);
            float[] output = outputs[((3 * step + 1) * 2)..][..2];
            Assert.Equal(2 * output[0], decision.Force, 2e-6f);
            Assert.Equal(0.25 + 0.25 * output[1], decision.Brake, 1e-6f);
            Assert.InRange(decision.Brake, 0, 0.5f);
            policy.SetAction(state, episode[step]);
            Assert.Equal(3 * step + 2, state.TokenCount);
        }
    }

    [Fact]
    public void Long_episodes_are_cut_and_each_step_counts_once_in_statistics()
    {
        DecisionLayout layout = PushLayout();
        Push[] records =
            [.. Enumerable.Range(0, 2).SelectMany(static e => Run(e, new Point(e), static (_, _) => (1, 0.1)).Take(Steps - e))];
        IReadOnlyList<LoggedEpisode> episodes = LoggedEpisode.Of(layout, RecordSequence.Read<Push, PushPolicy>(records, layout));
        var windows = new DecisionWindows(layout, episodes, 1, windowSteps: 8);
        Assert.Equal(
            [0, 4, 8, 12, 0, 4, 8, 11], Enumerable.Range(0, windows.Count).Select(i => FirstStep(windows, i)));
        Assert.All(Enumerable.Range(0, windows.Count), i => Assert.Equal(23, windows.GetLength(i)));
        Assert.Equal([3 * 20 - 1, 3 * 19 - 1], Lengths(windows.ForStatistics));
        Assert.Equal(Enumerable.Repeat(2, 20), Lengths(new DecisionWindows(layout, [episodes[0]], 1, windowSteps: 1)));
        var whole = new DecisionWindows(layout, episodes, 1, windowSteps: 20);
        Assert.Same(whole, whole.ForStatistics);

        static int FirstStep(DecisionWindows data, int index)
        {
            float[] token = new float[data.TokenWidth];
            data.ReadTokens(index, 0, token);
            return (int)token[^1];
        }

        static int[] Lengths(SequenceData data) => [.. Enumerable.Range(0, data.Count).Select(data.GetLength)];
    }

    [Fact]
    public void Errors_and_returns_are_those_of_plain_sums()
    {
        PushPolicy policy = PushPolicy.Create(1);
        Push[] records = [.. Enumerable.Range(0, 5).SelectMany(static e =>
            Run(e, new Point(e), static (point, _) => (-point.Position, 0.05 * (point.Speed > 0 ? 1 : 3))))];
        DecisionScores scores = policy.Evaluate(records);
        double[] forces = [.. records.Select(static p => (double)p.Force!.Value)];
        double mean = forces.Average();
        Assert.Equal(Math.Sqrt(forces.Average(f => (f - mean) * (f - mean))), scores.Actions[0].ConstantError, 1e-9);
        double last = records.Select((p, i) => p.Force!.Value - (i % Steps == 0 ? mean : forces[i - 1])).Average(static d => d * d);
        Assert.Equal(Math.Sqrt(last), scores.Actions[0].LastError, 1e-9);
        // An untrained policy decides something, and what it decides is in bounds.
        Assert.InRange(scores.Actions[0].Error, 1e-3, 4);
        Assert.InRange(scores.Actions[1].Error, 1e-3, 0.5);

        ReturnSummary returns = ReturnSummary.Of([4, 1, 3, 2, 10]);
        Assert.Equal((1, 4, 3, 10), (returns.Min, returns.Mean, returns.Median, returns.Max));
        Assert.Equal(7.6, returns.Percentile90, 1e-12);
        Assert.Equal(new ReturnSummary(2, 2, 2, 2, 2), ReturnSummary.Of([2]));
    }

    [Fact]
    public void The_scale_of_returns_goes_with_the_model_and_stays()
    {
        Push[] records =
            [.. Enumerable.Range(0, 4).SelectMany(static e => Run(e, new Point(e), static (point, _) => (-point.Position, 0.1)))];
        PushPolicy policy = PushPolicy.Create(1);
        Assert.Equal(1, policy.ReturnScale);
        var options = new DecisionTrainingOptions { ValidationFraction = 0, Training = new() { Epochs = 1 } };
        DecisionReport report = policy.Fit(records, options);
        Assert.Null(report.Validation);
        // Rewards are below 0 alone, so that none is left of a return that is larger.
        Assert.Equal(-report.Returns.Min, policy.ReturnScale);
        using var file = new MemoryStream();
        policy.Save(file);
        file.Position = 0;
        PushPolicy loaded = PushPolicy.Load(file);
        Assert.Equal(policy.ReturnScale, loaded.ReturnScale);
        file.Position = 0;
        Assert.Equal(policy.ReturnScale, ModelFileInfo.Read(file).ReturnScale);
        Assert.Equal(policy.Statistics!.Tokens, loaded.Statistics!.Tokens);
        // It belongs to the weights: other outputs would follow from the same records.
        Assert.Equal(policy.WeightFingerprint, loaded.WeightFingerprint);
        SeriesState<PushPolicy> state = policy.CreateDecisionState(-3);
        policy.Decide(state, records[0]);
        loaded.Decide(state, records[1], reward: -1);
        using var scaleless = new MemoryStream();
        ModelFile.Writer(
            PushPolicy.Description, policy.WeightBuffer, new(policy.Statistics, null, null, policy.Metadata), fingerprint: 1)(scaleless);
        scaleless.Position = 0;
        PushPolicy other = PushPolicy.Load(scaleless);
        Assert.Equal(1, other.ReturnScale);
        Assert.NotEqual(policy.WeightFingerprint, other.WeightFingerprint);
        Assert.Throws<InvalidOperationException>(() => other.Decide(state, records[2], reward: -1));
        Assert.Contains("return_scale", Assert.Throws<ModelFileException>(static () => ModelNotes.Read(
            null, new Dictionary<string, string> { ["aarengen.return_scale"] = "-1" }, UserMetadata.None)).Message,
            StringComparison.Ordinal);
        loaded.Fit(records.Select(static p => p with { Reward = 100 }), options);
        Assert.Equal(policy.ReturnScale, loaded.ReturnScale);

        // Tokens have returns that are divided by it, also those that are trained on as they are.
        loaded.Fit(ModelData.Random<PushPolicy>([29, 29], seed: 1), options: new() { Epochs = 1 });
        Assert.Equal(policy.ReturnScale, loaded.ReturnScale);

        // Returns, actions and targets are not standardised; what is observed is.
        int width = PushPolicy.Description.InputWidth;
        for (int i = 0; i < policy.Statistics.Tokens.Count; i++)
        {
            Assert.Equal(i >= width && i < width + 2, policy.Statistics.Tokens[i] != ColumnScale.None);
        }
        Assert.All(policy.Statistics.Targets, static t => Assert.Equal(ColumnScale.None, t));

        PushPolicy stopped = PushPolicy.Create(1);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => stopped.Fit(
            records, new() { ValidationFraction = 0, Training = new() { Epochs = 50 } },
            progress: new Stopper(stop), cancellationToken: stop.Token));
        Assert.Equal(policy.ReturnScale, stopped.ReturnScale);
        // So does a full disk.
        PushPolicy failed = PushPolicy.Create(1);
        Assert.Throws<IOException>(() => failed.Fit(
            records, new() { ValidationFraction = 0, Training = new() { Epochs = 2 } }, progress: new Failing()));
        Assert.Equal(policy.ReturnScale, failed.ReturnScale);
        // Nothing is known of a training that never began.
        PushPolicy unchanged = PushPolicy.Create(1);
        Assert.Throws<OperationCanceledException>(() => unchanged.Fit(
            records, new() { ValidationFraction = 0 }, cancellationToken: stop.Token));
        Assert.Equal(1, unchanged.ReturnScale);
    }

    [Fact]
    public void Only_what_a_call_needs_of_a_record_is_read()
    {
        LeverPolicy levers = LeverPolicy.Create(1);
        SeriesState<LeverPolicy> expected = levers.CreateDecisionState(3), state = levers.CreateDecisionState(3);
        for (int step = 0; step < 4; step++)
        {
            // The default is no lever.
            Pull observed = new() { Game = "a", Angle = step, Reward = double.PositiveInfinity };
            LeverPolicy.Decision a = levers.Decide(expected, observed with { Lever = Lever.Up, Reward = 0 }, reward: step == 0 ? 0 : 1);
            LeverPolicy.Decision b = levers.Decide(state, observed, reward: step == 0 ? 0 : 1);
            Assert.Equal((a.Lever, a.Probability(Lever.Up)), (b.Lever, b.Probability(Lever.Up)));
            // Of the action that was taken nothing else is.
            levers.SetAction(expected, new() { Game = "a", Lever = Lever.Down });
            levers.SetAction(state, new() { Game = "a", Angle = float.PositiveInfinity, Lever = Lever.Down, Reward = double.NaN });
        }
        Assert.Equal(expected.Core.Outputs.ToArray(), state.Core.Outputs.ToArray());
        // Where they are read, they must be valid.
        Pull valid = new("a", 1, Lever.Up, 1);
        Assert.Throws<RecordException>(() => levers.SetAction(state, valid with { Lever = 0 }));
        Assert.Throws<RecordException>(() => levers.Decide(state, valid with { Angle = float.PositiveInfinity }, reward: 1));
        Assert.Throws<RecordException>(() => levers.Evaluate([valid with { Lever = 0 }]));
        Assert.Throws<RecordException>(() => levers.Evaluate([valid with { Reward = double.PositiveInfinity }]));
    }

    private sealed class Failing : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => throw new IOException("The disk is full.");
    }

    [Fact]
    public void Episodes_for_validation_are_drawn_by_the_seed()
    {
        DecisionLayout layout = PushLayout();
        IReadOnlyList<LoggedEpisode> all = LoggedEpisode.Of(layout, RecordSequence.Read<Push, PushPolicy>(
            Enumerable.Range(0, 10).SelectMany(static e => Run(e, new Point(e), static (_, _) => (1, 0.1))), layout));
        (IReadOnlyList<LoggedEpisode> train, IReadOnlyList<LoggedEpisode> validation) = Divide(0.3, 5);
        Assert.Equal((7, 3), (train.Count, validation.Count));
        Assert.Equal(validation, Divide(0.3, 5).Validation);
        Assert.NotEqual(validation, Divide(0.3, 6).Validation);
        Assert.Single(Divide(0.99, 5).Train);

        (IReadOnlyList<LoggedEpisode> Train, IReadOnlyList<LoggedEpisode> Validation) Divide(double fraction, int seed) =>
            TaskTraining.Divide(all, static _ => 0, fraction, seed);
    }

    [Fact]
    public void Mistakes_in_records_are_named_and_leave_the_state_as_it_was()
    {
        PushPolicy policy = PushPolicy.Create(1);
        Push[] episode = [.. Run(4, new Point(4), static (point, _) => (-point.Position, 0.1))];
        Reject(
            () => policy.Evaluate([episode[0], episode[1] with { Force = null }]),
            "of the series '4' at 2025-03-20 00:00:01Z, number 2 of its sequence, has no Force; fill in the action");
        Reject(() => policy.Evaluate([episode[0] with { Force = 2.1f }]), "has 2.0999999 as Force, which lies outside -2 to 2; correct it");
        Reject(() => policy.Evaluate([episode[0] with { Brake = -1e-9 }]), "as Brake, which lies outside 0 to 0.5");
        Reject(() => policy.Evaluate([episode[0] with { Reward = double.NaN }]), "has no Reward; fill in what its action was worth");
        Reject(() => policy.Evaluate([episode[0] with { Reward = 1e300 }]), "is not finite as a float");
        Reject(() => policy.Evaluate([episode[1], episode[0]]), "lies before the record before it");
        Reject(
            () => policy.Evaluate(Enumerable.Range(0, 25).Select(i => episode[0] with { Time = Begin.AddHours(i) })),
            "at 2025-03-21 00:00:00Z, number 25 of its sequence, is beyond the longest episode of 24 steps; declare [Decide] with more");
        Reject(() => policy.Fit([.. episode, null!]), "is null");
        Assert.Throws<ArgumentException>(() => policy.Evaluate([]));
        Assert.Throws<ArgumentException>(() => policy.Fit([]));
        Assert.Throws<ArgumentException>(() => policy.Fit(episode));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Fit(episode, new() { ValidationFraction = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Fit(episode, new() { WindowSteps = 0 }));
        WalkPolicy walk = WalkPolicy.Create(1);
        Reject(() => walk.Evaluate([new("a", 1, true, null, 0)]), "The record of the series 'a', number 1 of its sequence, has no Turn;");
        Reject(() => walk.Evaluate([new("a", 1, true, (Turn)5, 0)]), "is none of its 3 categories");
        // What a float cannot hold better is at a bound.
        policy.Evaluate([episode[0] with { Force = -2, Brake = 0.50000000001 }]);

        SeriesState<PushPolicy> state = policy.CreateSeriesState("4");
        Assert.Null(policy.GetDecision(state));
        Assert.Throws<InvalidOperationException>(() => policy.Decide(state, episode[0]));
        Assert.Throws<InvalidOperationException>(() => policy.GetReturnToGo(state));
        Assert.Throws<InvalidOperationException>(() => policy.SetAction(state, episode[0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.BeginEpisode(state, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.CreateDecisionState(1e16));
        policy.BeginEpisode(state, -3);
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Decide(state, episode[0], 1));
        float first = policy.Decide(state, episode[1]).Force;
        Assert.Throws<InvalidOperationException>(() => policy.Decide(state, episode[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Decide(state, episode[2], double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Decide(state, episode[2], double.NegativeInfinity));
        Reject(() => policy.Decide(state, episode[0], -1), "lies before the record before it");
        Reject(() => policy.Decide(state, episode[2] with { Episode = 5 }, -1), "came to the state of the series '4'");
        Reject(() => policy.Decide(state, episode[2] with { Position = 1e17 }, -1), "from -1e15 to 1e15");
        Reject(() => policy.Decide(state, null!, -1), "null");
        Reject(() => policy.SetAction(state, episode[2] with { Force = 3 }), "which lies outside -2 to 2");
        Reject(() => policy.SetAction(state, null!), "null");
        Assert.Equal((first, -3.0), (policy.GetDecision(state)!.Value.Force, policy.GetReturnToGo(state)));
        policy.Decide(state, episode[2], -1);
        Assert.Equal(-2, policy.GetReturnToGo(state));
        for (int i = 2; i < 24; i++)
        {
            policy.Decide(state, episode[2], 0);
        }
        Reject(
            () => policy.Decide(state, episode[2], 0),
            "is beyond the longest episode of 24 steps; begin another episode by BeginEpisode");
        policy.BeginEpisode(state, -3);
        Assert.Equal(first, policy.Decide(state, episode[1]).Force);
        // A state without a key takes any episode.
        Assert.Equal(first, policy.Decide(policy.CreateDecisionState(-3), episode[1] with { Episode = 77 }).Force);

        static void Reject(Action action, string message) =>
            Assert.Contains(message, Assert.Throws<RecordException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_goes_on_from_a_file_and_allocates_nothing()
    {
        PushPolicy policy = PushPolicy.Create(1);
        Push[] episode = [.. Run(4, new Point(4), static (point, _) => (-point.Position, 0.1))];
        SeriesStateCollection<PushPolicy> states = policy.CreateSeriesStates(), loaded = policy.CreateSeriesStates();
        policy.BeginEpisode(states["4"], -4);
        policy.BeginEpisode(states["5"], -9);
        for (int step = 0; step < 5; step++)
        {
            policy.Decide(states["4"], episode[step], step == 0 ? 0 : -0.1);
        }
        policy.SetAction(states["4"], episode[9]);
        using var file = new MemoryStream();
        states.Save(file);
        file.Position = 0;
        loaded.Load(file);
        SeriesState<PushPolicy> copy = policy.CreateSeriesState("4");
        states["4"].CopyTo(copy);
        Assert.Equal(policy.GetDecision(states["4"])!.Value.Force, policy.GetDecision(loaded["4"])!.Value.Force);
        Assert.Equal((episode[4].Time, -9.0), (loaded["4"].LastTime, policy.GetReturnToGo(loaded["5"])));
        Assert.Null(policy.GetDecision(loaded["5"]));
        // A count of steps that is not that of its tokens, under a checksum that fits.
        using var single = new MemoryStream();
        states["4"].Save(single);
        byte[] body = single.ToArray()[..^SHA256.HashSizeInBytes];
        int at = body.AsSpan().IndexOf(BitConverter.GetBytes(-4.0)) + 2 * sizeof(double);
        Assert.Equal(5, BitConverter.ToInt32(body, at));
        body[at]++;
        Assert.Throws<ModelFileException>(
            () => policy.CreateSeriesState("4").Load(new MemoryStream([.. body, .. SHA256.HashData(body)])));
        float next = policy.Decide(states["4"], episode[5], -0.5).Force;
        Assert.Equal(next, policy.Decide(loaded["4"], episode[5], -0.5).Force);
        Assert.Equal(next, policy.Decide(copy, episode[5], -0.5).Force);
        Assert.Equal(-4 + 4 * 0.1 + 0.5, policy.GetReturnToGo(copy), 1e-9);

        SeriesState<PushPolicy> state = states["4"];
        double sum = 0;
        Assert.Equal(0, Allocations.Min(() =>
        {
            sum = 0;
            for (int i = 0; i < 30; i++)
            {
                policy.BeginEpisode(state, -4);
                for (int step = 0; step < Steps; step++)
                {
                    sum += Math.Abs(policy.Decide(state, episode[step], step == 0 ? 0 : -0.1).Force);
                    policy.SetAction(state, episode[step]);
                }
            }
        }));
        Assert.InRange(sum, 1e-3, 2 * 30 * Steps);
        state.Reset();
        Assert.Throws<InvalidOperationException>(() => policy.Decide(state, episode[0]));
    }

    private static DecisionLayout PushLayout() =>
        new(TaskOf<PushPolicy, PushPolicy.Decision>(), hasTime: true, PushPolicy.Description);

    private static DecisionTask TaskOf<TModel, TDecision>() where TModel : IDecisionDefinition<TDecision> where TDecision : struct =>
        TModel.Task;

    private static Func<Point, double, (double Force, double Brake)> Acting(PushPolicy policy, double target, bool isTold = true)
    {
        SeriesState<PushPolicy> state = policy.CreateDecisionState(target);
        return (point, reward) =>
        {
            PushPolicy.Decision decision = policy.Decide(
                state, new() { Episode = 0, Time = Begin, Position = point.Position, Speed = (float)point.Speed },
                isTold ? reward : 0);
            return (decision.Force, decision.Brake);
        };
    }

    /// <summary>An episode of a policy, which is told the point and the last reward.</summary>
    private static IEnumerable<Push> Run(int episode, Point point, Func<Point, double, (double Force, double Brake)> policy)
    {
        double reward = 0;
        for (int step = 0; step < Steps; step++)
        {
            (double position, double speed) = (point.Position, point.Speed);
            (double force, double brake) = policy(point, reward);
            float taken = (float)Math.Clamp(force, -2, 2);
            reward = point.Push(taken);
            yield return new()
            {
                Episode = episode, Time = Begin.AddSeconds(step), Position = position, Speed = (float)speed, Force = taken, Brake = brake,
                Reward = reward,
            };
        }
    }

    /// <summary>A walk along seven cells, whose last one is worth 1 a step; some walkers know that.</summary>
    private static IEnumerable<Walk> Game(int number, int seed)
    {
        var random = new Random(seed);
        double skill = random.NextDouble();
        int cell = random.Next(7);
        for (int step = 0; step < 10; step++)
        {
            Turn turn = random.NextDouble() < skill ? Turn.Right : (Turn)random.Next(-1, 2);
            int next = Math.Clamp(cell + (int)turn, 0, 6);
            yield return new(FormattableString.Invariant($"g{number}"), cell, step % 2 == 0 ? null : true, turn, next == 6 ? 1 : 0);
            cell = next;
        }
    }

    /// <summary>A point that a force moves; a step is worth the less, the farther it is from 0.</summary>
    private sealed class Point
    {
        public Point(int seed) => Position = (new Random(seed).NextDouble() < 0.5 ? -1 : 1) * (0.7 + 0.6 * new Random(~seed).NextDouble());

        public double Position { get; private set; }

        public double Speed { get; private set; }

        public double Push(double force)
        {
            Speed = 0.2 * force;
            Position = Math.Clamp(Position + Speed, -3, 3);
            return -Math.Abs(Position);
        }
    }

    private sealed class Stopper(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => source.Cancel();
    }
}
