using System.Runtime.CompilerServices;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>A state knows the weights that made it. Others refuse it before anything is written, unless told to accept it.</summary>
public sealed unsafe class StateOriginTests
{
    private const int Width = 3;

    private static readonly TrainingOptions Short = new() { Epochs = 1, BatchSize = 4, Threads = 1 };

    /// <summary>Each way of running a state, with a name.</summary>
    private static readonly (string Name, Action<ScannedForgetting, StreamState<ScannedForgetting>> Run)[] Runs =
    [
        ("Step", static (model, state) => model.Step(state, [1, 2, 3], new float[2])),
        ("StepMany", static (model, state) => model.StepMany([model.CreateState(), state], new float[2 * Width], new float[4])),
        ("Forward", static (model, state) => model.Forward(state, new float[9 * Width], new float[18])),
        ("Forward on threads", static (model, state) => model.Forward(state, new float[9 * Width], new float[18], threads: 2)),
    ];

    public static TheoryData<string> RunNames => [.. Runs.Select(static r => r.Name)];

    [Theory]
    [MemberData(nameof(RunNames))]
    public void Other_weights_refuse_a_state_and_leave_it_alone(string name)
    {
        ScannedForgetting model = ScannedForgetting.Create(1), other = ScannedForgetting.Create(2);
        StreamState<ScannedForgetting> state = model.CreateState(), loaded = other.CreateState();
        model.Step(state, [1, 2, 3], new float[2]);
        byte[] saved = SafetensorsFile.Written(state.Save);
        loaded.Load(new MemoryStream(saved));
        Action<ScannedForgetting, StreamState<ScannedForgetting>> run = Runs.Single(r => r.Name == name).Run;
        foreach (StreamState<ScannedForgetting> foreign in (StreamState<ScannedForgetting>[])[state, loaded])
        {
            string message = Assert.Throws<InvalidOperationException>(() => run(other, foreign)).Message;
            Assert.StartsWith(
                $"{(name == "StepMany" ? "State 1" : "This state")} has read 1 tokens with the weights {model.WeightFingerprint}, ",
                message, StringComparison.Ordinal);
            Assert.Contains($"'ScannedForgetting', {other.WeightFingerprint}.", message, StringComparison.Ordinal);
            Assert.Contains("set AcceptedStates to SameDeclaration", message, StringComparison.Ordinal);
            Assert.Equal(saved, SafetensorsFile.Written(foreign.Save));
            // Its own weights still continue it.
            run(model, foreign);
            Assert.True(foreign.TokenCount > 1);
            foreign.Load(new MemoryStream(saved));
        }
        other.AcceptedStates = StateAcceptance.SameDeclaration;
        run(other, state);
        Assert.Equal(other.WeightFingerprint, state.WeightFingerprint);
        Assert.Throws<InvalidOperationException>(() => run(model, state));
    }

    [Fact]
    public void Of_many_states_a_foreign_one_stops_the_call_before_the_first_is_stepped()
    {
        GoldenOdd model = GoldenOdd.Create(1), other = GoldenOdd.Create(2);
        StreamState<GoldenOdd>[] states = [.. Enumerable.Range(0, 200).Select(_ => model.CreateState())];
        StreamState<GoldenOdd> foreign = other.CreateState();
        float[] tokens = new float[201], outputs = new float[201];
        model.StepMany(states, tokens.AsSpan(0, 200), outputs.AsSpan(0, 200));
        other.Step(foreign, [1], new float[1]);
        outputs.AsSpan().Fill(float.NegativeInfinity);
        Assert.StartsWith(
            "State 200 has read 1 tokens",
            Assert.Throws<InvalidOperationException>(() => model.StepMany([.. states, foreign], tokens, outputs)).Message,
            StringComparison.Ordinal);
        Assert.All(states, static s => Assert.Equal(1, s.TokenCount));
        Assert.All(outputs, static o => Assert.Equal(float.NegativeInfinity, o));
    }

    [Fact]
    public void Equal_weights_are_the_same_weights()
    {
        Wide model = Wide.Create(5);
        StreamState<Wide> state = model.CreateState();
        float[] token = new float[Wide.InputWidth], output = new float[Wide.OutputWidth];
        Assert.Null(state.WeightFingerprint);
        model.Step(state, token, output);
        Assert.Equal(model.WeightFingerprint, state.WeightFingerprint);
        Assert.Matches("^[0-9a-f]{16}$", model.WeightFingerprint);
        Wide.Create(5).Step(state, token, output);
        Wide.Load(new MemoryStream(SafetensorsFile.Written(model.Save))).Step(state, token, output);
        model.UsePrecision(WeightPrecision.Int8);
        model.Step(state, token, output);
        model.Metadata = new Dictionary<string, string> { ["a"] = "b" };
        fixed (byte* memory = SafetensorsFile.Written(model.SaveCompiled) is var file ? file : null)
        {
            using var resource = new UnmanagedMemoryStream(memory, file.Length);
            Wide embedded = Wide.LoadEmbedded(resource, "file");
            Assert.Equal(model.WeightFingerprint, embedded.WeightFingerprint);
            embedded.Step(state, token, output);
            StreamState<Wide> own = embedded.CreateState();
            embedded.Step(own, token, output);
            Assert.Equal(model.WeightFingerprint, own.WeightFingerprint);
        }
        Assert.Equal(5, state.TokenCount);
        Assert.NotEqual(model.WeightFingerprint, Wide.Create(6).WeightFingerprint);
    }

    [Fact]
    public void A_state_without_tokens_belongs_to_whichever_model_steps_it()
    {
        GoldenOdd first = GoldenOdd.Create(1), second = GoldenOdd.Create(2);
        StreamState<GoldenOdd> state = first.CreateState(), loaded = first.CreateState();
        loaded.Load(new MemoryStream(SafetensorsFile.Written(state.Save)));
        second.Step(loaded, [1], new float[1]);
        second.Step(state, [1], new float[1]);
        Assert.Equal(second.WeightFingerprint, state.WeightFingerprint);
        state.Reset();
        Assert.Null(state.WeightFingerprint);
        first.Step(state, [1], new float[1]);
        second.Step(loaded, [2], new float[1]);
        loaded.CopyTo(state);
        Assert.Equal(second.WeightFingerprint, state.WeightFingerprint);
        Assert.Throws<InvalidOperationException>(() => first.Step(state, [1], new float[1]));
    }

    [Fact]
    public void After_a_training_old_states_are_others()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        var data = new SequenceList(1, 1);
        data.Add([1, 2, 3, 4, 5], [2, 3, 4, 5, 6]);
        StreamState<GoldenOdd> old = model.CreateState(), unused = model.CreateState(), saved = model.CreateState();
        model.Step(old, [1], new float[1]);
        string before = GoldenOdd.Create(1).WeightFingerprint;
        // A training that is refused changes nothing.
        Assert.ThrowsAny<ArgumentException>(() => model.Fit(data, options: Short with { BatchSize = 0 }));
        model.Step(old, [1], new float[1]);

        model.Fit(data, options: Short);
        Assert.NotEqual(before, model.WeightFingerprint);
        Assert.Equal(before, old.WeightFingerprint);
        saved.Load(new MemoryStream(SafetensorsFile.Written(old.Save)));
        Assert.Equal(before, saved.WeightFingerprint);
        Assert.Throws<InvalidOperationException>(() => model.Step(old, [1], new float[1]));
        Assert.Throws<InvalidOperationException>(() => model.Step(saved, [1], new float[1]));
        model.Step(unused, [1], new float[1]);
        Assert.Equal(model.WeightFingerprint, unused.WeightFingerprint);

        model.AcceptedStates = StateAcceptance.SameDeclaration;
        model.Step(old, [1], new float[1]);
        Assert.Equal((3, model.WeightFingerprint), (old.TokenCount, old.WeightFingerprint));
        model.AcceptedStates = StateAcceptance.SameWeights;
        model.Step(old, [1], new float[1]);
        Assert.Throws<InvalidOperationException>(() => model.Step(saved, [1], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.AcceptedStates = (StateAcceptance)7);
    }

    /// <summary>Tokens in other units make another state, though the weights are the same.</summary>
    [Fact]
    public void Other_statistics_are_other_weights()
    {
        Standardized model = Standardized.Create(1), other = Standardized.Create(1);
        Assert.Equal(model.WeightFingerprint, other.WeightFingerprint);
        StreamState<Standardized> state = model.CreateState();
        model.Step(state, [1, 2, 3], new float[2]);
        other.UseStatistics(new(
            true, [.. Enumerable.Repeat(new ColumnScale(1, 2), 3)], [.. Enumerable.Repeat(new ColumnScale(0, 1), 2)]));
        other.WeightsChanged();
        Assert.NotEqual(model.WeightFingerprint, other.WeightFingerprint);
        Assert.Throws<InvalidOperationException>(() => other.Step(state, [1, 2, 3], new float[2]));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void A_relay_is_refused_as_a_whole(int tokens)
    {
        Tiny model = Tiny.Create(1), other = Tiny.Create(2);
        StateRelay<Tiny> relay = model.CreateRelay(8), loaded = other.CreateRelay(8);
        model.Forward(relay, new float[tokens * Tiny.InputWidth], new float[tokens * Tiny.OutputWidth]);
        byte[] saved = SafetensorsFile.Written(relay.Save);
        loaded.Load(new MemoryStream(saved));
        Assert.Equal(model.WeightFingerprint, loaded.WeightFingerprint);
        float[] token = new float[Tiny.InputWidth], output = new float[Tiny.OutputWidth];
        foreach (StateRelay<Tiny> foreign in (StateRelay<Tiny>[])[relay, loaded])
        {
            Assert.Throws<InvalidOperationException>(() => other.Step(foreign, token, output));
            Assert.Throws<InvalidOperationException>(
                () => other.Forward(foreign, new float[9 * Tiny.InputWidth], new float[9 * Tiny.OutputWidth]));
            Assert.Equal(saved, SafetensorsFile.Written(foreign.Save));
            model.Step(foreign, token, output);
        }
        other.AcceptedStates = StateAcceptance.SameDeclaration;
        other.Step(loaded, token, output);
        Assert.Equal(other.WeightFingerprint, loaded.WeightFingerprint);
        if (tokens > 4)
        {
            // The second state of the one and the first of the other.
            byte[] mixed = [.. SafetensorsFile.Written(model.CreateRelay(8).Save)];
            model.Forward(relay = model.CreateRelay(8), new float[tokens * Tiny.InputWidth], new float[tokens * Tiny.OutputWidth]);
            other.Forward(loaded = other.CreateRelay(8), new float[tokens * Tiny.InputWidth], new float[tokens * Tiny.OutputWidth]);
            byte[] one = SafetensorsFile.Written(relay.Save), two = SafetensorsFile.Written(loaded.Save);
            mixed = [.. one.AsSpan(0, one.Length / 2), .. two.AsSpan(two.Length / 2)];
            Assert.Contains(
                "other weights made the second", Assert.Throws<ModelFileException>(() => relay.Load(new MemoryStream(mixed))).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_series_of_records_is_refused_as_a_whole()
    {
        PulseForecaster model = PulseForecaster.Create(1), other = PulseForecaster.Create(2);
        var begin = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        SeriesStateCollection<PulseForecaster> states = model.CreateSeriesStates(), loaded = other.CreateSeriesStates();
        SeriesState<PulseForecaster> state = states["7"], open = states["8"];
        Assert.Null(state.WeightFingerprint);
        for (int i = 0; i < 5; i++)
        {
            model.Step(state, new Pulse(7, begin.AddMinutes(10 * i), i));
        }
        Assert.Equal(model.WeightFingerprint, state.WeightFingerprint);
        // An interval that is not complete has been read by no weights yet.
        model.Step(open, new Pulse(8, begin, 1));
        other.Step(open, new Pulse(8, begin.AddMinutes(5), 1));
        other.Step(open, new Pulse(8, begin.AddMinutes(15), 1));
        Assert.Equal(other.WeightFingerprint, open.WeightFingerprint);

        byte[] saved = SafetensorsFile.Written(state.Save);
        loaded.Load(new MemoryStream(SafetensorsFile.Written(states.Save)));
        Assert.Equal(model.WeightFingerprint, loaded["7"].WeightFingerprint);
        foreach (SeriesState<PulseForecaster> foreign in (SeriesState<PulseForecaster>[])[state, loaded["7"]])
        {
            Assert.Throws<InvalidOperationException>(() => other.Step(foreign, new Pulse(7, begin.AddMinutes(50), 1)));
            Assert.Throws<InvalidOperationException>(() => other.Advance(foreign, begin.AddHours(2)));
            Assert.Equal(saved, SafetensorsFile.Written(foreign.Save));
            // Its forecast stays to be seen.
            Assert.NotNull(other.GetForecast(foreign));
            model.Step(foreign, new Pulse(7, begin.AddMinutes(50), 1));
        }
        other.AcceptedStates = StateAcceptance.SameDeclaration;
        Assert.NotNull(other.Advance(state, begin.AddHours(2)));
        Assert.Equal(other.WeightFingerprint, state.WeightFingerprint);
    }

    [Fact]
    public void The_statistics_of_a_series_change_hands_with_its_state()
    {
        SeriesByMean model = Fitted(100), other = Fitted(300);
        StreamState<SeriesByMean> named = model.CreateState("a"), unnamed = model.CreateState();
        float[] output = new float[2];
        model.Step(named, [1, 2, 3], output);
        model.Step(unnamed, [1, 2, 3], output);
        Assert.True(named.HasSeriesStatistics);
        Assert.False(unnamed.HasSeriesStatistics);
        Assert.Throws<InvalidOperationException>(() => other.Step(named, [1, 2, 3], output));
        Assert.Throws<InvalidOperationException>(() => other.StepMany([unnamed], [1, 2, 3], output));
        other.AcceptedStates = StateAcceptance.SameDeclaration;
        other.StepMany([named, unnamed], [1, 2, 3, 1, 2, 3], new float[4]);
        Assert.Equal(("a", true), (named.Series, named.HasSeriesStatistics));
        Assert.Equal(other.WeightFingerprint, named.WeightFingerprint);
        // A state of no series that loads one of a series knows at once whether it has statistics.
        unnamed.Load(new MemoryStream(SafetensorsFile.Written(named.Save)));
        Assert.Equal(("a", true), (unnamed.Series, unnamed.HasSeriesStatistics));

        static SeriesByMean Fitted(float level)
        {
            SeriesByMean model = SeriesByMean.Create(1);
            model.UseStatistics(new(
                true, Columns(level, 3), Columns(level, 2),
                new Dictionary<string, StandardizationStatistics> { ["a"] = new(true, Columns(2 * level, 3), Columns(level / 2, 2)) }));
            model.WeightsChanged();
            return model;
        }

        static ColumnScale[] Columns(float center, int count) => [.. Enumerable.Repeat(new ColumnScale(center, 2), count)];
    }

    /// <summary>A service may hold a million states, and some are never stepped again.</summary>
    [Fact]
    public void A_state_takes_a_reference_and_does_not_keep_old_weights()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        float[] output = new float[1];
        model.Step(model.CreateState(), [1], output);
        StreamState<GoldenOdd> state = null!;
        long created = Allocations.Min(() => state = model.CreateState());
        // The object: header, type, two references, two counts. The array: header, type, length. Eight bytes each.
        Assert.Equal(8 * (6 + 3) + GoldenOdd.Description.StateBytes, created);
        Assert.Equal(0, Allocations.Min(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                model.Step(state, [1], output);
            }
        }));

        (StreamState<GoldenOdd> orphan, WeakReference parent) = Orphan();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(parent.IsAlive);
        Assert.Equal(GoldenOdd.Create(3).WeightFingerprint, orphan.WeightFingerprint);
        GoldenOdd.Create(3).Step(orphan, [1], output);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (StreamState<GoldenOdd>, WeakReference) Orphan()
        {
            GoldenOdd model = GoldenOdd.Create(3);
            StreamState<GoldenOdd> state = model.CreateState();
            model.Step(state, [1], new float[1]);
            state.Save(Stream.Null);
            return (state, new(model));
        }
    }

    [Fact]
    public void A_fingerprint_is_that_of_the_file()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        Assert.Equal(model.WeightFingerprint, ModelFileInfo.Read(new MemoryStream(SafetensorsFile.Written(model.Save))).WeightFingerprint);
        // Pinned: files outlive versions of the library.
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Parameters(model)))[..16], model.WeightFingerprint);

        static byte[] Parameters(GoldenOdd model)
        {
            byte[] file = SafetensorsFile.Written(model.Save);
            return file[(sizeof(long) + (int)BitConverter.ToInt64(file))..];
        }
    }
}
