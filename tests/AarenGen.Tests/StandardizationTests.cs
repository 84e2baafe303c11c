using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>
/// A model that standardises computes what the same model without [Standardize] computes of numbers that were standardised by hand: the
/// same bits, with statistics from loops that are written here.
/// </summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class StandardizationTests : IDisposable
{
    private static readonly int[] Lengths = [23, 9, 31, 40, 14];
    private static readonly TrainingOptions Options = new() { Epochs = 2, BatchSize = 2, Threads = 2, Seed = 3, LearningRate = 3e-3 };

    private readonly string folder = Directory.CreateTempSubdirectory("standardize").FullName;

    private string File => Path.Combine(folder, "file");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Mean_and_deviation_equal_standardising_by_hand() =>
        Compare<Standardized, NotStandardized>(
            tokenColumns: [0, 1, 2], targetColumns: [0, 1], outputs: [(0, 'x'), (1, 'x')], MeanAndDeviation);

    [Fact]
    public void Heads_of_every_kind_equal_standardising_by_hand() =>
        // Two targets of three levels, a mean and a deviation, a location, a scale and degrees of freedom; classes and waits stay.
        Compare<StandardizedHeads, NotStandardizedHeads>(
            tokenColumns: [1, 2, 3], targetColumns: [0, 1, 2, 3],
            outputs: [
                (0, 'x'), (1, 'x'), (0, 'x'), (1, 'x'), (0, 'x'), (1, 'x'), (2, 'x'), (2, 's'), (3, 'x'), (3, 's'), (3, '-'),
                .. Enumerable.Repeat((0, '-'), 4 + 6)],
            MedianAndQuartiles, lastOnly: [3]);

    [Fact]
    public void Patches_of_normalised_channels_equal_standardising_by_hand() =>
        // Each channel has two outputs, on the scale of its own column.
        Compare<StandardizedPatches, PatchedChannels>(
            tokenColumns: [0, 1, 2], targetColumns: [0, 1, 2, 3, 4, 5],
            outputs: [(0, 'x'), (1, 'x'), (2, 'x'), (3, 'x'), (4, 'x'), (5, 'x')], SmallestAndLargest,
            repeated: [0, 0, 1, 1, 2, 2]);

    [Fact]
    public void Normalised_columns_beside_covariates_equal_standardising_by_hand() =>
        // Two targets of each of the two normalised columns, and a mean and a deviation of each.
        Compare<StandardizedCovariates, NotStandardizedCovariates>(
            tokenColumns: [0, 1, 2], targetColumns: [0, 1, 2, 3],
            outputs: [(0, 'x'), (1, 'x'), (2, 'x'), (3, 'x'), (0, 's'), (1, 's'), (2, 's'), (3, 's')], MeanAndDeviation,
            repeated: [0, 1, 0, 1]);

    [Fact]
    public void Modalities_have_statistics_of_their_own()
    {
        var random = new Random(4);
        var data = new SequenceList(StandardizedDecisions.InputWidth, StandardizedDecisions.TargetWidth);
        SequenceList scaled = new(data.TokenWidth, data.TargetWidth);
        List<float>[,] values = new List<float>[3, 4];
        var all = new List<float[]>();
        foreach (int length in (int[])[7, 9, 8])
        {
            var tokens = new float[length * 4];
            for (int t = 0; t < length; t++)
            {
                // One number in the first modality, four in the second, a category in the third.
                int numbers = (int[])[1, 4, 0] is var widths ? widths[t % 3] : 0;
                for (int c = 0; c < 4; c++)
                {
                    tokens[t * 4 + c] = c < numbers ? random.NextSingle() * (c + 1) + 10 * (t % 3) : 0;
                    if (c < numbers)
                    {
                        (values[t % 3, c] ??= []).Add(tokens[t * 4 + c]);
                    }
                }
                tokens[t * 4] = t % 3 == 2 ? random.Next(3) : tokens[t * 4];
            }
            all.Add(tokens);
            data.Add(tokens, [.. Enumerable.Range(0, length).Select(_ => (float)random.Next(3))]);
        }
        for (int i = 0; i < all.Count; i++)
        {
            float[] targets = new float[all[i].Length / 4];
            for (int t = 0; t < targets.Length; t++)
            {
                data.ReadTarget(i, t, targets.AsSpan(t, 1));
            }
            scaled.Add([.. all[i].Select((x, at) => Scale(x, at))], targets);
        }
        StandardizedDecisions model = StandardizedDecisions.Create(1);
        Decisions plain = Decisions.Create(1);
        Assert.Equal(plain.Fit(scaled, options: Options).Epochs, model.Fit(data, options: Options).Epochs);
        Assert.Equal(plain.Weights.ToArray(), model.Weights.ToArray());
        float[] own = all[1], byHand = [.. own.Select((x, at) => Scale(x, at))];
        float[] outputs = new float[own.Length / 4 * 3], expected = new float[outputs.Length];
        plain.Forward(plain.CreateState(), byHand, expected);
        model.Forward(model.CreateState(), own, outputs);
        Assert.Equal(expected, outputs);
        // One state three times, at three modalities, beside another one.
        StreamState<StandardizedDecisions> state = model.CreateState(), other = model.CreateState();
        var many = new float[4 * 3];
        model.StepMany([state, other, state, state], [.. own[..4], .. own[..4], .. own[4..12]], many);
        Assert.Equal([.. expected[..3], .. expected[..3], .. expected[3..9]], many);
        // The check of the second token of a state is that of the next modality.
        state.Reset();
        model.StepMany([state, state], own.AsSpan(0, 8), many.AsSpan(0, 6));
        Assert.Equal(expected[..6], many[..6]);
        state.Reset();
        own[8] = 99;
        string message = Assert.Throws<ArgumentException>(
            () => model.StepMany([state, state, state], own.AsSpan(0, 12), many.AsSpan(0, 9))).Message;
        Assert.Contains("category", message, StringComparison.Ordinal);

        float Scale(float x, int at)
        {
            List<float> column = values[at / 4 % 3, at % 4];
            (double center, double scale) = column is null ? (0, 1) : MeanAndDeviation(column);
            return (float)((x - center) / scale);
        }
    }

    [Fact]
    public void Targets_alone_are_standardised_where_no_input_is_numeric()
    {
        var data = new SequenceList(1, 2);
        data.Add([0, 1, 2, 3, 4, 5], [10, -300, 20, float.PositiveInfinity, 30, -100, 20, -200, 10, -300, 30, -100], [1, 0, 1, 1, 1, 1]);
        StandardizedTargets model = StandardizedTargets.Create(1);
        model.Fit(data, options: Options);
        Assert.Equal([ColumnScale.None], model.Statistics!.Tokens);
        // What does not count is no part of the statistics: 10, 30, 20, 10, 30 and -300, -100, -200, -300, -100.
        Assert.Equal([new(20, Math.Sqrt(80)), new(-200, Math.Sqrt(8000))], model.Statistics.Targets);
    }

    [Fact]
    public void A_constant_column_is_only_shifted()
    {
        float[] tokens = [.. Enumerable.Range(0, 20).SelectMany(static t => (float[])[2e7f, 0.1f, t % 2])];
        var data = new SequenceList(3, 2);
        data.Add(tokens, [.. Enumerable.Range(0, 20).SelectMany(static t => (float[])[5, t % 2])]);
        Standardized model = Standardized.Create(1);
        model.Fit(data, options: Options);
        Assert.Equal([new(2e7f, 1), new(0.1f, 1), new(0.5, 0.5)], model.Statistics!.Tokens);
        Assert.Equal([new(5, 1), new(0.5, 0.5)], model.Statistics.Targets);
    }

    [Theory]
    [InlineData(100_003, 8, 1)]
    [InlineData(100_003, 4, 2)]
    [InlineData(1, 8, 3)]
    [InlineData(2, 8, 4)]
    [InlineData(6, 4, 5)]
    public void Quartiles_are_exact(int count, int digitBits, int seed)
    {
        var random = new Random(seed);
        // Of both signs and many sizes, with repetitions, zeros of both signs and the largest number.
        float[] values = [.. Enumerable.Range(0, count).Select(i => i % 7 == 0 ? 0 : i % 11 == 0 ? -0.0f : i % 13 == 0 ? float.MaxValue
            : MathF.Round((random.NextSingle() - 0.6f) * MathF.Pow(10, random.Next(-40, 38)), 2))];
        var order = new OrderStatistics(digitBits);
        for (int pass = 0; pass < OrderStatistics.Passes(digitBits); pass++)
        {
            foreach (float value in values)
            {
                order.Add(value);
            }
            order.EndPass();
        }
        float[] sorted = [.. values.Order()];
        (double lower, double median, double upper) = order.Quartiles;
        Assert.Equal([At(0.25), At(0.5), At(0.75)], [lower, median, upper]);

        double At(double p)
        {
            double place = p * (count - 1);
            int below = (int)place, above = Math.Min(below + 1, count - 1);
            return sorted[below] + (place - below) * ((double)sorted[above] - sorted[below]);
        }
    }

    [Fact]
    public void Equal_quartiles_give_way_to_the_deviation()
    {
        // A rare event: 0 nearly always.
        (SequenceList data, float[] rare) = RareEvents();
        StandardizedHeads model = StandardizedHeads.Create(1);
        model.Fit(data, options: Options);
        Assert.Equal(new ColumnScale(0, MeanAndDeviation([.. rare]).Scale), model.Statistics!.Tokens[1]);
        // The same column without the events is constant.
        Assert.Equal(new ColumnScale(7, 1), model.Statistics.Tokens[2]);
    }

    [Fact]
    public void A_meter_keeps_the_digits_that_a_float_has()
    {
        // Readings of an energy meter, some 2e7 with deviation 1: floats there are 2 apart, and the outputs are floats as well.
        const float offset = 20_000_000;
        Standardized model = Standardized.Create(2);
        var data = new SequenceList(3, 2);
        float[] tokens = [.. Enumerable.Range(0, 300).Select(static i => offset + 2 * (i * 7 % 5) - 4)];
        data.Add(tokens, [.. tokens.AsSpan(0, 200)]);
        model.Fit(data, options: Options);
        Assert.All(model.Statistics!.Tokens, static c => Assert.Equal(offset, c.Center, 1));
        Assert.All(model.Statistics.Tokens, static c => Assert.Equal(Math.Sqrt(8), c.Scale, 0.1));
        NotStandardized plain = NotStandardized.Create(0);
        model.Weights.CopyTo(plain.Weights);
        plain.WeightsChanged();
        float[] outputs = new float[200], standardized = new float[200];
        model.Forward(model.CreateState(), tokens, outputs);
        plain.Forward(plain.CreateState(), [.. tokens.Select((x, i) => Scaled(x, model.Statistics.Tokens[i % 3]))], standardized);
        for (int i = 0; i < outputs.Length; i++)
        {
            (double center, double scale) = model.Statistics.Targets[i % 2];
            // One rounding to the nearest float: at most half the distance of two.
            Assert.InRange(Math.Abs(outputs[i] - (standardized[i] * scale + center)), 0, 1);
        }
    }

    [Fact]
    public void Distributions_are_in_the_targets_own_units()
    {
        StandardizedHeads model = StandardizedHeads.Create(5);
        NotStandardizedHeads plain = NotStandardizedHeads.Create(5);
        ColumnScale[] tokens = [ColumnScale.None, ColumnScale.None, ColumnScale.None, ColumnScale.None, ColumnScale.None];
        ColumnScale[] targets = [new(100, 10), new(-5, 0.25), new(1000, 50), new(-2e4, 300), ColumnScale.None, ColumnScale.None];
        model.UseStatistics(new(isFitted: true, tokens, targets));
        float[] token = [2, 0.3f, -1, 0.5f, 12], raw = new float[StandardizedHeads.OutputWidth], standardized = new float[raw.Length];
        model.Step(model.CreateState(), token, raw);
        plain.Step(plain.CreateState(), token, standardized);
        // A float's rounding of numbers up to 2e4.
        const double rounding = 2e-3;
        foreach (double p in (double[])[0.1, 0.5, 0.9])
        {
            Equal(targets[0], NotStandardizedHeads.Level(standardized).Quantile(p, 0), StandardizedHeads.Level(raw).Quantile(p, 0));
            Equal(targets[1], NotStandardizedHeads.Level(standardized).Quantile(p, 1), StandardizedHeads.Level(raw).Quantile(p, 1));
            Equal(targets[2], NotStandardizedHeads.Spread(standardized).Quantile(p), StandardizedHeads.Spread(raw).Quantile(p));
            Equal(targets[3], NotStandardizedHeads.Whole(standardized).Quantile(p), StandardizedHeads.Whole(raw).Quantile(p));
        }
        Equal(targets[2], NotStandardizedHeads.Spread(standardized).Mean(), StandardizedHeads.Spread(raw).Mean());
        Assert.Equal(
            50 * NotStandardizedHeads.Spread(standardized).StandardDeviation(), StandardizedHeads.Spread(raw).StandardDeviation(),
            rounding);
        Equal(targets[3], NotStandardizedHeads.Whole(standardized).Mean(), StandardizedHeads.Whole(raw).Mean());
        Assert.Equal(
            NotStandardizedHeads.Whole(standardized).DegreesOfFreedom(), StandardizedHeads.Whole(raw).DegreesOfFreedom());
        Equal(
            targets[2], NotStandardizedHeads.Spread(standardized).Sample(new Random(3)),
            StandardizedHeads.Spread(raw).Sample(new Random(3)));
        Equal(
            targets[3], NotStandardizedHeads.Whole(standardized).Sample(new Random(3)), StandardizedHeads.Whole(raw).Sample(new Random(3)));
        // A density is one per unit.
        Assert.Equal(
            NotStandardizedHeads.Spread(standardized).LogDensity(0.2) - Math.Log(50), StandardizedHeads.Spread(raw).LogDensity(1010), 1e-4);
        Assert.Equal(
            NotStandardizedHeads.Kind(standardized).Probability(1), StandardizedHeads.Kind(raw).Probability(1));
        Assert.Equal(NotStandardizedHeads.Wait(standardized).Median, StandardizedHeads.Wait(raw).Median);

        static void Equal(ColumnScale column, double before, double after) =>
            Assert.Equal(before * column.Scale + column.Center, after, rounding);
    }

    [Fact]
    public void A_file_keeps_the_statistics()
    {
        Standardized model = Fitted(out float[] tokens);
        model.Save(File);
        Standardized loaded = Standardized.Load(File);
        AssertSame(model, loaded, tokens);
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        AssertSame(model, Standardized.Load(stream), tokens);
        // Beside the weights, in double, where PyTorch finds them.
        string header = System.Text.Encoding.UTF8.GetString(System.IO.File.ReadAllBytes(File));
        Assert.Contains("\"standardize.tokens.center\":{\"dtype\":\"F64\",\"shape\":[3]", header, StringComparison.Ordinal);
        Assert.Contains("\"standardize.targets.scale\":{\"dtype\":\"F64\",\"shape\":[2]", header, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WeightPrecision.Float32)]
    [InlineData(WeightPrecision.Int8)]
    public unsafe void A_compiled_file_keeps_the_statistics(WeightPrecision precision)
    {
        Standardized model = Fitted(out float[] tokens);
        model.UsePrecision(precision);
        model.SaveCompiled(File);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        fixed (byte* memory = bytes)
        {
            using var resource = new UnmanagedMemoryStream(memory, bytes.Length);
            AssertSame(model, Standardized.LoadEmbedded(resource, "file"), tokens);
        }
    }

    [Fact]
    public unsafe void An_embedded_file_of_weights_keeps_the_statistics()
    {
        Standardized model = Fitted(out float[] tokens);
        model.Save(File);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        fixed (byte* memory = bytes)
        {
            using var resource = new UnmanagedMemoryStream(memory, bytes.Length);
            AssertSame(model, Standardized.LoadEmbedded(resource, "file"), tokens);
        }
    }

    [Fact]
    public void A_target_of_a_whole_sequence_counts_only_at_its_end()
    {
        SequenceList modest = Data<StandardizedHeads>(1), data = new(modest.TokenWidth, modest.TargetWidth);
        for (int i = 0; i < modest.Count; i++)
        {
            int length = modest.GetLength(i);
            float[] tokens = new float[length * data.TokenWidth], targets = new float[length * data.TargetWidth],
                weights = new float[length];
            modest.ReadTokens(i, tokens);
            for (int t = 0; t < length; t++)
            {
                weights[t] = modest.ReadTarget(i, t, targets.AsSpan(t * data.TargetWidth, data.TargetWidth));
                targets[t * data.TargetWidth + 3] = t == length - 1 ? i : float.PositiveInfinity;
            }
            data.Add(tokens, targets, weights);
        }
        StandardizedHeads model = StandardizedHeads.Create(1);
        model.Fit(data, options: Options);
        // The last token of the fifth sequence does not count: 0, 1, 2 and 3, with the quartiles 0.75 and 2.25.
        Assert.Equal(1.5, model.Statistics!.Targets[3].Center);
        Assert.Equal(1.5 / 1.3489795003921634, model.Statistics.Targets[3].Scale, 1e-15);
    }

    [Fact]
    public void A_file_without_statistics_is_refused()
    {
        NotStandardized.Create(1).Save(File);
        string message = Assert.Throws<ModelFileException>(() => Standardized.Load(File)).Message;
        Assert.Contains("missing: standardize.tokens.center [3]", message, StringComparison.Ordinal);
        Assert.Contains("missing: standardize.targets.scale [2]", message, StringComparison.Ordinal);
        Fitted(out _).Save(File);
        Assert.Contains(
            "unexpected: standardize.targets.center", Assert.Throws<ModelFileException>(() => NotStandardized.Load(File)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_that_cannot_be_are_refused()
    {
        Refused(new(double.NaN, 1), ColumnScale.None, "token column 0 has the center NaN");
        Refused(new(0, 0), ColumnScale.None, "token column 0 has the center 0 and the scale 0");
        Refused(ColumnScale.None, new(1, -2), "target column 0 has the center 1 and the scale -2");
        // A class is no number.
        StandardizedHeads heads = StandardizedHeads.Create(1);
        ColumnScale[] targets = [.. heads.Statistics!.Targets];
        targets[4] = new(1, 1);
        heads.UseStatistics(new(isFitted: true, [.. heads.Statistics.Tokens], targets));
        heads.Save(File);
        Assert.Contains(
            "target column 4 is not standardised", Assert.Throws<ModelFileException>(() => StandardizedHeads.Load(File)).Message,
            StringComparison.Ordinal);
        // Outputs repeat the token's columns.
        StandardizedPatches patches = StandardizedPatches.Create(1);
        targets = [.. patches.Statistics!.Targets];
        targets[0] = new(1, 1);
        patches.UseStatistics(new(isFitted: true, [.. patches.Statistics.Tokens], targets));
        patches.Save(File);
        Assert.Contains(
            "not those of the columns", Assert.Throws<ModelFileException>(() => StandardizedPatches.Load(File)).Message,
            StringComparison.Ordinal);

        void Refused(ColumnScale token, ColumnScale target, string expected)
        {
            Standardized model = Standardized.Create(1);
            model.UseStatistics(
                new(isFitted: true, [token, ColumnScale.None, ColumnScale.None], [target, ColumnScale.None]));
            model.Save(File);
            Assert.Contains(expected, Assert.Throws<ModelFileException>(() => Standardized.Load(File)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_later_training_keeps_the_statistics()
    {
        Standardized model = Standardized.Create(1);
        Assert.False(model.Statistics!.IsFitted);
        Assert.Equal(Enumerable.Repeat(ColumnScale.None, 3), model.Statistics.Tokens);
        model.Fit(Data<Standardized>(1), options: Options);
        StandardizationStatistics first = model.Statistics;
        Assert.True(first.IsFitted);
        model.Fit(Data<Standardized>(2, size: 100), options: Options);
        Assert.Same(first, model.Statistics);
        model.Save(File);
        Standardized loaded = Standardized.Load(File);
        Assert.True(loaded.Statistics!.IsFitted);
        loaded.Fit(Data<Standardized>(2, size: 100), options: Options);
        Assert.Equal(first.Tokens, loaded.Statistics.Tokens);
        // A new model that was saved is still a new one.
        Standardized.Create(1).Save(File);
        loaded = Standardized.Load(File);
        Assert.False(loaded.Statistics!.IsFitted);
        loaded.Fit(Data<Standardized>(1), options: Options);
        Assert.Equal(first.Tokens, loaded.Statistics.Tokens);
    }

    [Fact]
    public void A_resumed_training_has_the_same_bits()
    {
        SequenceData train = Data<Standardized>(1), validation = Data<Standardized>(2);
        Standardized straight = Standardized.Create(1);
        TrainingReport expected = straight.Fit(train, validation, Options with { Epochs = 4 });
        TrainingOptions options = Options with { CheckpointPath = File, Resume = true };
        Standardized.Create(1).Fit(train, validation, options);
        // Another start, with statistics of other data: all comes from the checkpoint.
        Standardized resumed = Standardized.Create(9);
        resumed.Fit(Data<Standardized>(3, size: 1000), options: Options);
        TrainingReport report = resumed.Fit(train, validation, options with { Epochs = 4 });
        Assert.Equal(expected.Epochs.Count, report.Epochs.Count);
        Assert.Equal(straight.Statistics!.Tokens, resumed.Statistics!.Tokens);
        Assert.Equal(straight.Statistics.Targets, resumed.Statistics.Targets);
        System.IO.File.Delete(File);
        Standardized again = Standardized.Create(1);
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => again.Fit(
                train, validation, options with { Epochs = 4, CheckpointInterval = 1 },
                new Listener(p => { if (p.Step >= 3) { stop.Cancel(); } }), stop.Token));
        }
        resumed = Standardized.Create(9);
        Assert.Equal(expected.Epochs, resumed.Fit(train, validation, options with { Epochs = 4 }).Epochs);
        AssertSame(straight, resumed, Tokens(train));
    }

    [Fact]
    public void A_training_that_is_refused_changes_no_statistics()
    {
        Standardized model = Standardized.Create(1);
        var bad = new SequenceList(3, 2);
        bad.Add([1, 2, float.NaN, 4, 5, 6], [1, 2, 3, 4]);
        Assert.Throws<ArgumentException>(() => model.Fit(bad, options: Options));
        Assert.False(model.Statistics!.IsFitted);
        // Values far beyond the training data's.
        var far = new SequenceList(3, 2);
        far.Add([1e30f, 2, 3], [1, 2]);
        string message = Assert.Throws<ArgumentException>(() => model.Fit(Data<Standardized>(1), far, Options)).Message;
        Assert.Contains("Sequence 0, token 0: column 0 of the token holds 1E+30; numbers of a token must be finite and, once", message,
            StringComparison.Ordinal);
        far = new SequenceList(3, 2);
        far.Add([1, 2, 3], [1, 3.4e38f]);
        var near = new SequenceList(3, 2);
        near.Add([1, 2, 3, 2, 3, 4], [1, 1e-5f, 2, 1.1e-5f]);
        message = Assert.Throws<ArgumentException>(() => model.Fit(near, far, Options)).Message;
        Assert.Contains("column 1 of the target lies too many times the column's scale", message, StringComparison.Ordinal);
        Assert.False(model.Statistics.IsFitted);
    }

    [Fact]
    public void A_training_without_a_step_leaves_the_statistics_to_the_next()
    {
        Standardized model = Standardized.Create(1), fresh = Standardized.Create(1);
        Assert.ThrowsAny<OperationCanceledException>(
            () => model.Fit(Data<Standardized>(1, size: 1000), options: Options, cancellationToken: new(canceled: true)));
        Assert.False(model.Statistics!.IsFitted);
        model.Fit(Data<Standardized>(2), options: Options);
        fresh.Fit(Data<Standardized>(2), options: Options);
        Assert.Equal(fresh.Statistics!.Tokens, model.Statistics.Tokens);
        Assert.Equal(fresh.Weights.ToArray(), model.Weights.ToArray());
    }

    [Fact]
    public void Large_numbers_are_allowed_where_they_are_standardised()
    {
        var random = new Random(1);
        var data = new SequenceList(3, 2);
        float[] tokens = [.. Enumerable.Range(0, 60).Select(_ => 3e20f * random.NextSingle())];
        data.Add(tokens, ModelData.Uniform(random, 40));
        Standardized model = Standardized.Create(1);
        Assert.Throws<ArgumentException>(() => model.Step(model.CreateState(), tokens.AsSpan(0, 3), new float[2]));
        model.Fit(data, options: Options);
        StreamState<Standardized> state = model.CreateState();
        var output = new float[2];
        model.Step(state, tokens.AsSpan(0, 3), output);
        Assert.All(output, static x => Assert.True(float.IsFinite(x)));
        Assert.Throws<ArgumentException>(() => model.Step(state, [3e20f, float.PositiveInfinity, 0], output));
        Assert.Throws<ArgumentException>(() => model.Step(state, [3e20f, float.NaN, 0], output));
        string message = Assert.Throws<ArgumentException>(() => model.Step(state, [3e20f, 3.4e38f, 0], output)).Message;
        Assert.Contains("row 0, column 1; numbers of a token must be finite and, once standardised,", message, StringComparison.Ordinal);
        Assert.Equal(1, state.TokenCount);
    }

    [Fact]
    public void Evaluation_is_of_standardised_targets()
    {
        SequenceList data = Data<Standardized>(1);
        Standardized model = Standardized.Create(1);
        model.Fit(data, options: Options);
        double sum = 0;
        long count = 0;
        for (int i = 0; i < data.Count; i++)
        {
            float[] tokens = new float[data.GetLength(i) * 3], outputs = new float[data.GetLength(i) * 2], target = new float[2];
            data.ReadTokens(i, tokens);
            model.Forward(model.CreateState(), tokens, outputs);
            for (int t = 0; t < data.GetLength(i); t++)
            {
                for (int c = 0; c < 2 && data.ReadTarget(i, t, target) > 0; c++)
                {
                    double error = (outputs[t * 2 + c] - target[c]) / model.Statistics!.Targets[c].Scale;
                    sum += double.IsNaN(error) ? 0 : error * error;
                    count += double.IsNaN(error) ? 0 : 1;
                }
            }
        }
        // Outputs are rounded to float before and after they are scaled back.
        Assert.Equal(sum / count, model.Evaluate(data), 1e-5);
    }

    [Fact]
    public void Chunks_that_carry_the_state_give_the_same_bits()
    {
        CompareChunks<Standardized, NotStandardized>();
        CompareChunks<StandardizedPatches, PatchedChannels>();
    }

    private static void CompareChunks<TModel, TPlain>()
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> where TPlain : SequenceModel<TPlain>, IModelDefinition<TPlain>
    {
        SequenceList data = Data<TModel>(1);
        TModel model = SequenceModel<TModel>.Create(1);
        TPlain plain = SequenceModel<TPlain>.Create(1);
        TrainingOptions options = Options with { CarryState = 8 };
        TrainingReport report = model.Fit(data, options: options);
        SequenceList scaled = ByHand(data, [.. model.Statistics!.Tokens], [.. model.Statistics.Targets]);
        Assert.Equal(plain.Fit(scaled, options: options).Epochs, report.Epochs);
        Assert.Equal(plain.Weights.ToArray(), model.Weights.ToArray());
    }

    /// <summary>Trains and runs a model, and the same model without [Standardize] by hand.</summary>
    /// <param name="tokenColumns">The columns of a token that are standardised.</param>
    /// <param name="targetColumns">Those of a target.</param>
    /// <param name="outputs">For each output its target, and whether it is a location (x), a scale (s) or neither (-).</param>
    /// <param name="statistics">The statistics of a column.</param>
    /// <param name="lastOnly">Targets that only a sequence's last token has.</param>
    /// <param name="repeated">For each target the column of the token whose statistics it has; null: it has its own.</param>
    private static void Compare<TModel, TPlain>(
        int[] tokenColumns, int[] targetColumns, (int Target, char Role)[] outputs,
        Func<List<float>, (double Center, double Scale)> statistics, int[]? lastOnly = null, int[]? repeated = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> where TPlain : SequenceModel<TPlain>, IModelDefinition<TPlain>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        Assert.Equal(outputs.Length, description.OutputWidth);
        SequenceList data = Data<TModel>(1), validation = Data<TModel>(2);
        ColumnScale[] tokens = [.. Enumerable.Range(0, description.InputWidth).Select(
            c => tokenColumns.Contains(c) ? Of(statistics(TokenColumn(data, c))) : ColumnScale.None)];
        ColumnScale[] targets = [.. Enumerable.Range(0, description.TargetWidth).Select(
            c => !targetColumns.Contains(c) ? ColumnScale.None : repeated is not null ? tokens[repeated[c]]
                : Of(statistics(TargetColumn(data, c, lastOnly?.Contains(c) == true))))];

        TModel model = SequenceModel<TModel>.Create(1);
        TPlain plain = SequenceModel<TPlain>.Create(1);
        TrainingReport report = model.Fit(data, validation, Options);
        Assert.All(tokens.Zip(model.Statistics!.Tokens), static c => AssertNear(c.First, c.Second));
        Assert.All(targets.Zip(model.Statistics.Targets), static c => AssertNear(c.First, c.Second));
        // The last digit of a sum may differ; from here on, bit for bit.
        (tokens, targets) = ([.. model.Statistics.Tokens], [.. model.Statistics.Targets]);
        SequenceList scaled = ByHand(data, tokens, targets), scaledValidation = ByHand(validation, tokens, targets);
        TrainingReport expected = plain.Fit(scaled, scaledValidation, Options);
        Assert.Equal(expected.Epochs, report.Epochs);
        Assert.Equal(plain.Weights.ToArray(), model.Weights.ToArray());
        Assert.Equal(plain.Evaluate(scaledValidation), model.Evaluate(validation));
        GradientProbe<TModel> probe = new(model, data);
        GradientProbe<TPlain> plainProbe = new(plain, scaled);
        Assert.Equal(plainProbe.TokenGradients, probe.TokenGradients);
        foreach ((ParameterDescription own, ParameterDescription other) in
            description.Parameters.Zip(SequenceModel<TPlain>.Description.Parameters))
        {
            Assert.Equal(plainProbe.Gradient(other), probe.Gradient(own));
        }
        CompareStreams(model, plain, data, scaled, standardized => [.. standardized.Select((x, i) => Restored(x, i))]);

        float Restored(float x, int i)
        {
            (int target, char role) = outputs[i % outputs.Length];
            return role switch
            {
                'x' => (float)(x * targets[target].Scale + targets[target].Center),
                's' => (float)(x * targets[target].Scale),
                _ => x,
            };
        }
    }

    private static void CompareStreams<TModel, TPlain>(
        TModel model, TPlain plain, SequenceList data, SequenceList scaled, Func<float[], float[]> restore)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> where TPlain : SequenceModel<TPlain>, IModelDefinition<TPlain>
    {
        int inputs = data.TokenWidth, outputs = SequenceModel<TModel>.Description.OutputWidth, length = data.GetLength(3);
        float[] tokens = new float[length * inputs], byHand = new float[length * inputs];
        data.ReadTokens(3, tokens);
        scaled.ReadTokens(3, byHand);
        var standardized = new float[length * outputs];
        plain.Forward(plain.CreateState(), byHand, standardized);
        float[] expected = restore(standardized), actual = new float[expected.Length];
        StreamState<TModel> state = model.CreateState();
        model.Forward(state, tokens, actual);
        Assert.Equal(expected, actual);
        state.Reset();
        StreamState<TModel>[] states = [model.CreateState(), model.CreateState()];
        float[] output = new float[outputs], two = new float[2 * outputs];
        for (int t = 0; t < length; t++)
        {
            ReadOnlySpan<float> token = tokens.AsSpan(t * inputs, inputs);
            model.Step(state, token, output);
            model.StepMany(states, [.. token, .. token], two);
            Assert.Equal(expected[(t * outputs)..((t + 1) * outputs)], output);
            Assert.Equal([.. output, .. output], two);
        }
        // Of 20 tokens, from 10 on both states of a relay read them.
        int relayed = 20;
        StateRelay<TModel> relay = model.CreateRelay(relayed);
        StateRelay<TPlain> plainRelay = plain.CreateRelay(relayed);
        plain.Forward(plainRelay, byHand, standardized);
        model.Forward(relay, tokens, actual);
        Assert.Equal(restore(standardized), actual);
        relay.Reset();
        for (int t = 0; t < length; t++)
        {
            model.Step(relay, tokens.AsSpan(t * inputs, inputs), output);
            Assert.Equal(actual[(t * outputs)..((t + 1) * outputs)], output);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Threads_equal_standardising_by_hand(int threads)
    {
        Standardized model = Fitted(out _);
        NotStandardized plain = NotStandardized.Create(1);
        model.Weights.CopyTo(plain.Weights);
        plain.WeightsChanged();
        float[] tokens = ModelData.Uniform(new Random(5), 3 * 500), outputs = new float[2 * 500], standardized = new float[2 * 500];
        StreamState<Standardized> state = model.CreateState();
        StreamState<NotStandardized> other = plain.CreateState();
        model.Forward(state, tokens, outputs, threads);
        plain.Forward(other, [.. tokens.Select((x, i) => Scaled(x, model.Statistics!.Tokens[i % 3]))], standardized, threads);
        Assert.Equal(
            [.. standardized.Select((y, i) => model.Statistics!.Targets[i % 2] is var (center, scale) ? (float)(y * scale + center) : 0)],
            outputs);
        Assert.Equal(500, state.TokenCount);
    }

    [Fact]
    public void A_covariate_is_not_normalised()
    {
        // Normalised features are unchanged by a shift of them; a covariate is not.
        PatchedCovariates model = PatchedCovariates.Create(3);
        float[] tokens = ModelData.Uniform(new Random(1), 3 * 20);
        float[] first = Run(tokens), shifted = Run([.. tokens.Select(static (x, i) => i % 3 == 0 ? x + 4 : x)]),
            other = Run([.. tokens.Select(static (x, i) => i % 3 == 2 ? x + 4 : x)]);
        for (int i = 0; i < first.Length; i++)
        {
            // The shift comes back with the outputs of its feature; windows of few values carry float's rounding.
            Assert.Equal(first[i] + (i % 2 == 0 ? 4 : 0), shifted[i], 1e-4f);
        }
        Assert.NotEqual(first, other);

        float[] Run(float[] all)
        {
            var outputs = new float[20 * 4];
            model.Forward(model.CreateState(), all, outputs);
            return [.. outputs.Where(static x => !float.IsNaN(x))];
        }
    }

    private static Standardized Fitted(out float[] tokens)
    {
        SequenceList data = Data<Standardized>(1);
        Standardized model = Standardized.Create(1);
        model.Fit(data, options: Options);
        tokens = Tokens(data);
        return model;
    }

    private static float[] Tokens(SequenceData data)
    {
        var tokens = new float[data.GetLength(0) * data.TokenWidth];
        data.ReadTokens(0, tokens);
        return tokens;
    }

    private static void AssertSame(Standardized expected, Standardized actual, float[] tokens)
    {
        Assert.Equal(expected.Statistics!.IsFitted, actual.Statistics!.IsFitted);
        Assert.Equal(expected.Statistics.Tokens, actual.Statistics.Tokens);
        Assert.Equal(expected.Statistics.Targets, actual.Statistics.Targets);
        float[] first = new float[tokens.Length / 3 * 2], second = new float[first.Length];
        expected.Forward(expected.CreateState(), tokens, first);
        actual.Forward(actual.CreateState(), tokens, second);
        Assert.Equal(first, second);
    }

    /// <summary>
    /// Sequences whose numeric columns have very different centers and scales; a quarter of the tokens does not count, and some targets are
    /// missing.
    /// </summary>
    private static SequenceList Data<TModel>(int seed, float size = 1) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        SequenceList modest = ModelData.Random<TModel>(Lengths, seed);
        var data = new SequenceList(modest.TokenWidth, modest.TargetWidth);
        bool[] numbers = StandardizationStatistics.StandardizedTokens(description),
            targets = StandardizationStatistics.StandardizedTargets(description);
        for (int i = 0; i < modest.Count; i++)
        {
            float[] tokens = new float[Lengths[i] * data.TokenWidth], all = new float[Lengths[i] * data.TargetWidth];
            modest.ReadTokens(i, tokens);
            for (int t = 0; t < Lengths[i]; t++)
            {
                modest.ReadTarget(i, t, all.AsSpan(t * data.TargetWidth, data.TargetWidth));
            }
            float[] weights = [.. Enumerable.Range(0, Lengths[i]).Select(static t => t % 4 == 1 ? 0f : 1f)];
            data.Add(
                [.. tokens.Select((x, at) => numbers[at % data.TokenWidth] ? Move(x, at % data.TokenWidth) : x)],
                [.. all.Select((x, at) => !targets[at % data.TargetWidth] ? x
                    : at % 17 == 5 ? float.NaN : -Move(x, at % data.TargetWidth))],
                weights);
        }
        return data;

        float Move(float x, int column) =>
            size * ((column % 3) switch { 0 => 1000 + 20 * x, 1 => -0.003f + 0.001f * x * x * x, _ => 7 * x });
    }

    private static SequenceList ByHand(SequenceList data, ColumnScale[] tokens, ColumnScale[] targets)
    {
        var scaled = new SequenceList(data.TokenWidth, data.TargetWidth);
        for (int i = 0; i < data.Count; i++)
        {
            int length = data.GetLength(i);
            float[] all = new float[length * data.TokenWidth], wanted = new float[length * data.TargetWidth], weights = new float[length];
            data.ReadTokens(i, all);
            for (int t = 0; t < length; t++)
            {
                weights[t] = data.ReadTarget(i, t, wanted.AsSpan(t * data.TargetWidth, data.TargetWidth));
            }
            scaled.Add(
                [.. all.Select((x, at) => Scaled(x, tokens[at % tokens.Length]))],
                [.. wanted.Select((x, at) => Scaled(x, targets[at % targets.Length]))], weights);
        }
        return scaled;
    }

    private static float Scaled(float x, ColumnScale column) => (float)((x - column.Center) / column.Scale);

    private static List<float> TokenColumn(SequenceList data, int column) =>
    [
        .. Enumerable.Range(0, data.Count).SelectMany(i =>
        {
            var tokens = new float[data.GetLength(i) * data.TokenWidth];
            data.ReadTokens(i, tokens);
            return tokens.Where((_, at) => at % data.TokenWidth == column);
        }),
    ];

    private static List<float> TargetColumn(SequenceList data, int column, bool lastOnly)
    {
        var values = new List<float>();
        for (int i = 0; i < data.Count; i++)
        {
            for (int t = lastOnly ? data.GetLength(i) - 1 : 0; t < data.GetLength(i); t++)
            {
                var target = new float[data.TargetWidth];
                if (data.ReadTarget(i, t, target) > 0 && !float.IsNaN(target[column]))
                {
                    values.Add(target[column]);
                }
            }
        }
        return values;
    }

    private static ColumnScale Of((double Center, double Scale) column) => new(column.Center, column.Scale);

    /// <summary>Sums of some hundred doubles, in another order: 1e-16 each of the largest value.</summary>
    private static void AssertNear(ColumnScale expected, ColumnScale actual)
    {
        Assert.Equal(expected.Center, actual.Center, 1e-13 * Math.Max(Math.Abs(expected.Center), expected.Scale));
        Assert.Equal(expected.Scale, actual.Scale, 1e-12 * Math.Max(Math.Abs(expected.Center), expected.Scale));
    }

    private static (double Center, double Scale) MeanAndDeviation(List<float> values)
    {
        double mean = values.Average(static x => (double)x);
        return (mean, Math.Sqrt(values.Average(x => (x - mean) * (x - mean))));
    }

    private static (double Center, double Scale) MedianAndQuartiles(List<float> values)
    {
        float[] sorted = [.. values.Order()];
        return (At(0.5), (At(0.75) - At(0.25)) / 1.3489795003921634);

        double At(double p)
        {
            double place = p * (sorted.Length - 1);
            int below = (int)place;
            return sorted[below] + (below + 1 < sorted.Length ? (place - below) * (sorted[below + 1] - (double)sorted[below]) : 0);
        }
    }

    private static (double Center, double Scale) SmallestAndLargest(List<float> values) =>
        (((double)values.Min() + values.Max()) / 2, ((double)values.Max() - values.Min()) / 2);

    private static (SequenceList Data, float[] Rare) RareEvents()
    {
        SequenceList data = ModelData.Random<StandardizedHeads>([40], seed: 1), rare = new(data.TokenWidth, data.TargetWidth);
        float[] tokens = new float[40 * data.TokenWidth], targets = new float[40 * data.TargetWidth];
        data.ReadTokens(0, tokens);
        for (int t = 0; t < 40; t++)
        {
            tokens[t * data.TokenWidth + 1] = t % 20 == 3 ? 100 + t : 0;
            tokens[t * data.TokenWidth + 2] = 7;
            data.ReadTarget(0, t, targets.AsSpan(t * data.TargetWidth, data.TargetWidth));
        }
        rare.Add(tokens, targets);
        return (rare, [.. Enumerable.Range(0, 40).Select(t => tokens[t * data.TokenWidth + 1])]);
    }

    private sealed class Listener(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
