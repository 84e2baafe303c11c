using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>
/// Values of tokens that are missing. Expected rows come from loops over the whole sequence that are written here; that streams, chunks and
/// trainings of every such model agree is checked by the suites of all test models, whose data lack values.
/// </summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class MissingInputTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { Epochs = 2, BatchSize = 2, Threads = 2, Seed = 3, LearningRate = 3e-3 };

    private readonly string folder = Directory.CreateTempSubdirectory("missing").FullName;

    private string File => Path.Combine(folder, "file");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Models =>
    [
        nameof(CarriesForward), nameof(IndicatesMissing), nameof(MissingBesides), nameof(MissingInSums), nameof(MissingInChannels),
        nameof(CarriedInChannels), nameof(CarriedInPatches), nameof(MissingInPatches), nameof(MissingInInstances),
        nameof(CarriedInInstances), nameof(MissingInTurn),
    ];

    [Theory]
    [MemberData(nameof(Models))]
    public void Rows_are_those_of_loops_over_the_whole_sequence(string model) => ModelCases.Named(model).Run(new RowsByHand());

    [Theory]
    [MemberData(nameof(Models))]
    public void Batches_have_the_rows_of_streams(string model) => ModelCases.Named(model).Run(new RowsOfBatches());

    [Theory]
    [MemberData(nameof(Models))]
    public void A_state_is_saved_amid_missing_values(string model) => ModelCases.Named(model).Run(new Saved(File));

    [Theory]
    [MemberData(nameof(Models))]
    public void Only_declared_columns_may_lack_values(string model) => ModelCases.Named(model).Run(new Refused());

    [Fact]
    public void Columns_that_carry_forward_equal_filling_by_hand()
    {
        float[] tokens = WithGaps(40 * 3, seed: 1), filled = (float[])tokens.Clone();
        for (int i = 0; i < filled.Length; i++)
        {
            filled[i] = !float.IsNaN(filled[i]) ? filled[i] : i < 3 ? 0 : filled[i - 3];
        }
        CarriesForward model = CarriesForward.Create(1);
        NotStandardized plain = NotStandardized.Create(1);
        AssertSame(model, tokens, plain, filled);
        // The same training, bit for bit.
        float[] targets = ModelData.Uniform(new Random(2), 40 * 2);
        SequenceList data = new(3, 2), byHand = new(3, 2);
        data.Add(tokens, targets);
        byHand.Add(filled, targets);
        Assert.Equal(plain.Fit(byHand, options: Options).Epochs, model.Fit(data, options: Options).Epochs);
        Assert.Equal(plain.Weights.ToArray(), model.Weights.ToArray());
        Assert.Equal(plain.Evaluate(byHand), model.Evaluate(data));
    }

    [Fact]
    public void Indicators_equal_columns_given_by_hand()
    {
        float[] tokens = WithGaps(40 * 3, seed: 1), wide = new float[40 * 6];
        for (int i = 0; i < tokens.Length; i++)
        {
            wide[i / 3 * 6 + i % 3] = float.IsNaN(tokens[i]) ? 0 : tokens[i];
            wide[i / 3 * 6 + 3 + i % 3] = float.IsNaN(tokens[i]) ? 1 : 0;
        }
        Assert.Equal(3, IndicatesMissing.InputWidth);
        AssertSame(IndicatesMissing.Create(1), tokens, SixColumns.Create(1), wide);
    }

    [Fact]
    public void Nothing_missing_gives_the_bits_of_a_model_that_refuses()
    {
        float[] tokens = ModelData.Uniform(new Random(1), 40 * 3);
        AssertSame(CarriesForward.Create(1), tokens, NotStandardized.Create(1), tokens);
        tokens = ModelData.Uniform(new Random(1), 40 * 2);
        AssertSame(CarriedInInstances.Create(1), tokens, PrefixNormalizedWithoutPositions.Create(1), tokens);
    }

    [Fact]
    public void Statistics_leave_out_what_is_missing()
    {
        var data = new SequenceList(9, 2);
        var random = new Random(5);
        List<double>[] values = [.. Enumerable.Range(0, 9).Select(static _ => new List<double>())];
        foreach (int length in (int[])[9, 14, 30])
        {
            float[] tokens = ModelData.Uniform(random, length * 9);
            for (int i = 0; i < tokens.Length; i++)
            {
                int column = i % 9;
                tokens[i] = column switch
                {
                    2 => random.Next(5),
                    // Never there.
                    1 => float.NaN,
                    // A single value.
                    8 => i == 8 && data.Count == 0 ? 300 : float.NaN,
                    0 or 5 or 6 or 7 when random.Next(2) == 0 => float.NaN,
                    _ => tokens[i] * 100 + 1000,
                };
                if (!float.IsNaN(tokens[i]))
                {
                    values[column].Add(tokens[i]);
                }
            }
            data.Add(tokens, ModelData.Uniform(random, length * 2));
        }
        MissingBesides model = MissingBesides.Create(1);
        model.Fit(data, options: Options);
        IReadOnlyList<ColumnScale> scales = model.Statistics!.Tokens;
        Assert.Equal(new ColumnScale(0, 1), scales[1]);
        Assert.Equal(new ColumnScale(0, 1), scales[2]);
        Assert.Equal(new ColumnScale(300, 1), scales[8]);
        foreach (int column in (int[])[0, 3, 4, 5, 6, 7])
        {
            double mean = values[column].Average();
            Assert.Equal(mean, scales[column].Center, 1e-12 * Math.Abs(mean));
            Assert.Equal(Math.Sqrt(values[column].Average(x => (x - mean) * (x - mean))), scales[column].Scale, 1e-10);
        }
    }

    [Fact]
    public void Threads_share_a_sequence_with_missing_values()
    {
        IndicatesMissing indicates = IndicatesMissing.Create(3);
        CarriesForward carries = CarriesForward.Create(3);
        float[] tokens = WithGaps(700 * 3, seed: 4), expected = new float[700 * 2], actual = new float[700 * 2];
        StreamState<IndicatesMissing> state = indicates.CreateState(), shared = indicates.CreateState();
        indicates.Forward(state, tokens, expected);
        indicates.Forward(shared, tokens, actual, threads: 3);
        AssertClose();
        // The states go on alike.
        indicates.Forward(state, tokens, expected);
        indicates.Forward(shared, tokens, actual);
        AssertClose();
        StreamState<CarriesForward> carried = carries.CreateState(), together = carries.CreateState();
        tokens.AsSpan(690 * 3).Fill(float.NaN);
        carries.Forward(carried, tokens, expected);
        carries.Forward(together, tokens, actual, threads: 3);
        AssertClose();
        carries.Forward(carried, Enumerable.Repeat(float.NaN, 3).ToArray(), expected.AsSpan(0, 2));
        carries.Forward(together, Enumerable.Repeat(float.NaN, 3).ToArray(), actual.AsSpan(0, 2));
        AssertClose();

        // Sums of at most 700 values of size about 1, some hundred operations of 6e-8 each.
        void AssertClose() => Assert.All(expected.Zip(actual), static x => Assert.Equal(x.First, x.Second, 2e-5f));
    }

    [Fact]
    public void A_relay_forgets_the_values_that_it_carried()
    {
        CarriesForward model = CarriesForward.Create(3);
        StateRelay<CarriesForward> relay = model.CreateRelay(8);
        float[] tokens = [.. Enumerable.Repeat(float.NaN, 30 * 3)], outputs = new float[30 * 2], expected = new float[2];
        tokens.AsSpan(0, 3).Fill(0.7f);
        model.Forward(relay, tokens, outputs);
        // The third state began at token 8 and has read four tokens when it takes over, all missing; it gives the output after eight.
        StreamState<CarriesForward> state = model.CreateState();
        for (int i = 0; i < relay.TokenCount; i++)
        {
            model.Step(state, [float.NaN, float.NaN, float.NaN], expected);
        }
        Assert.Equal(expected, outputs[^2..]);
        model.Step(model.CreateState(), [0.7f, 0.7f, 0.7f], expected);
        Assert.Equal(expected, outputs[..2]);
        Assert.NotEqual(outputs[^2..], outputs[..2]);
    }

    [Fact]
    public void A_training_with_indicators_beats_one_with_zeros()
    {
        // The target is the sum of three numbers that are 2 on average; half of them are missing. With zeros in their place, no linear
        // layer can tell a missing 2 from a number of 0: its error is that of the numbers' own distance from 2 (variance 1) and, for each
        // missing number, of the wrong mean. Given the indicators, what is left is the missing numbers' variance, 3 × 1/2.
        SequenceList gaps = new(3, 2), zeros = new(3, 2);
        var random = new Random(6);
        for (int s = 0; s < 40; s++)
        {
            float[] tokens = new float[50 * 3], targets = new float[50 * 2];
            for (int i = 0; i < tokens.Length; i++)
            {
                float value = 2 + MathF.Sqrt(3) * (2 * random.NextSingle() - 1);
                targets[i / 3 * 2] += value;
                targets[i / 3 * 2 + 1] += value;
                tokens[i] = random.Next(2) == 0 ? float.NaN : value;
            }
            gaps.Add(tokens, targets);
            zeros.Add([.. tokens.Select(static x => float.IsNaN(x) ? 0 : x)], targets);
        }
        TrainingOptions options = new() { Epochs = 60, BatchSize = 4, Threads = 2, Seed = 1, LearningRate = 3e-2 };
        LinearWithIndicators model = LinearWithIndicators.Create(1);
        LinearPlain plain = LinearPlain.Create(1);
        model.Fit(gaps, options: options);
        plain.Fit(zeros, options: options);
        double loss = model.Evaluate(gaps), lossOfZeros = plain.Evaluate(zeros);
        // The best linear function of zeros and numbers has the slope cov/var = (1/2) / (1/2 + 4/4) = 1/3 for each column, so that
        // 3 × (1 − 1/3 × 1/2) = 2.5 is left of the variance 3. Sampling 2,000 rows moves both by some 4 %.
        Assert.InRange(loss, 1.3, 1.7);
        Assert.InRange(lossOfZeros, 2.2, 2.8);
    }

    [Fact]
    public void The_card_and_the_description_say_what_is_missing()
    {
        Assert.Contains("missing: the last (columns 0-2)", CarriesForward.Description.Card, StringComparison.Ordinal);
        Assert.Contains("missing: 0 with indicator (columns 0-2)", IndicatesMissing.Description.Card, StringComparison.Ordinal);
        Assert.Contains("missing: mean with indicator (columns 0-1), ", MissingBesides.Description.Card, StringComparison.Ordinal);
        Assert.Contains("(columns 0-1 of modality 0)", MissingInTurn.Description.Card, StringComparison.Ordinal);
        Assert.Equal(
            [
                new(0, 2, 0, 3, MissingValues.CarryForward, 0), new(0, 3, 1, 3, MissingValues.MeanWithIndicator, 4),
                new(3, 1, 0, 1, MissingValues.CarryForward, 0),
            ],
            MissingInTurn.Description.Tokens.Missing);
        string[] fingerprints =
            [NotStandardized.Description.Fingerprint, CarriesForward.Description.Fingerprint, IndicatesMissing.Description.Fingerprint];
        Assert.Equal(3, fingerprints.Distinct().Count());
        // The number of samples, and a value for each column.
        Assert.Equal(NotStandardized.Description.StateBytes + 8 * (1 + 3), CarriesForward.Description.StateBytes);
        Assert.Equal(SixColumns.Description.StateBytes + 8, IndicatesMissing.Description.StateBytes);
    }

    [Fact]
    public void An_error_names_the_option()
    {
        NotStandardized model = NotStandardized.Create(1);
        string message = Assert.Throws<ArgumentException>(
            () => model.Step(model.CreateState(), [0, float.NaN, 0], new float[2])).Message;
        Assert.Contains("holds NaN in row 0, column 1", message, StringComparison.Ordinal);
        Assert.Contains("Missing", message, StringComparison.Ordinal);
        message = Assert.Throws<ArgumentException>(
            () => model.Step(model.CreateState(), [0, float.PositiveInfinity, 0], new float[2])).Message;
        Assert.DoesNotContain("Missing", message, StringComparison.Ordinal);
        var data = new SequenceList(3, 2);
        data.Add([0, float.NaN, 0], new float[2]);
        message = Assert.Throws<ArgumentException>(() => model.Fit(data)).Message;
        Assert.Contains("column 1 of the token holds NaN", message, StringComparison.Ordinal);
        Assert.Contains("Missing", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_training_with_missing_values_is_resumed_with_the_same_bits()
    {
        SequenceData data = ModelData.Random<CarriedInInstances>([40, 40, 40, 40], seed: 2);
        TrainingOptions options = Options with { CarryState = 8, Epochs = 3, CheckpointPath = File, CheckpointInterval = 1 };
        CarriedInInstances straight = CarriedInInstances.Create(1), again = CarriedInInstances.Create(1);
        straight.Fit(data, options: options with { CheckpointPath = null, CheckpointInterval = null });
        using var stop = new CancellationTokenSource();
        // The data are checked by 20 reads, and an epoch has as many: this is in the second sequences' second chunk.
        Assert.Throws<OperationCanceledException>(
            () => again.Fit(new StoppingData(data, reads: 33, stop), options: options, cancellationToken: stop.Token));
        CarriedInInstances resumed = CarriedInInstances.Create(5);
        resumed.Fit(data, options: options with { Resume = true });
        Assert.Equal(straight.Weights.ToArray(), resumed.Weights.ToArray());
    }

    /// <summary>Numbers from -1 to 1, a third of them missing.</summary>
    private static float[] WithGaps(int count, int seed)
    {
        var random = new Random(seed);
        return [.. ModelData.Uniform(random, count).Select(x => random.Next(3) == 0 ? float.NaN : x)];
    }

    private static void AssertSame<TModel, TPlain>(TModel model, float[] tokens, TPlain plain, float[] filled)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        where TPlain : SequenceModel<TPlain>, IModelDefinition<TPlain>
    {
        Assert.Equal(plain.Weights.ToArray(), model.Weights.ToArray());
        int rows = tokens.Length / SequenceModel<TModel>.Description.InputWidth;
        float[] expected = new float[rows * SequenceModel<TPlain>.Description.OutputWidth], actual = new float[expected.Length];
        plain.Forward(plain.CreateState(), filled, expected);
        model.Forward(model.CreateState(), tokens, actual);
        Assert.Equal(expected, actual);
    }

    /// <summary>Tokens of a model as its layers should see them: standardised, with NaN where values are missing.</summary>
    private static float[] Standardized<TModel>(TModel model, float[] tokens) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        IReadOnlyList<ColumnScale>? scales = model.Statistics?.Tokens;
        return scales is null ? tokens : [.. tokens.Select((x, i) => scales[i % scales.Count] is var (center, scale)
            ? (float)((x - center) / scale) : x)];
    }

    /// <summary>A model whose tokens have statistics of their own, and random tokens.</summary>
    private static (TModel Model, float[] Tokens, int Count) Prepare<TModel>()
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        const int count = 37;
        TModel model = SequenceModel<TModel>.Create(7);
        SequenceList data = ModelData.Random<TModel>([count, 30], seed: 9);
        if (model.Statistics is not null)
        {
            model.Fit(data, options: Options);
            Assert.Contains(model.Statistics.Tokens, static c => c.Center != 0);
        }
        float[] tokens = new float[count * data.TokenWidth];
        data.ReadTokens(0, tokens);
        Assert.Contains(tokens, float.IsNaN);
        return (model, tokens, count);
    }

    private sealed class RowsByHand : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            (TModel model, float[] tokens, int count) = Prepare<TModel>();
            ModelDescription description = SequenceModel<TModel>.Description;
            TokenShape shape = description.Tokens;
            float[] samples = Standardized(model, tokens);
            int width = description.InputWidth, features = width / shape.Channels, own = shape.Normalized(features), outputs = 0;
            var state = new double[SequenceModel<TModel>.Preprocessor.StateDoubles];
            Assert.Equal(description.Layout.SampleStateDoubles, state.Length);
            var rows = new float[shape.Channels * description.RowInputWidth];
            var statistics = new float[shape.Channels * description.RowStatistics];
            for (int t = 0; t < count; t++)
            {
                rows.AsSpan().Fill(99);
                bool isFull = SequenceModel<TModel>.Preprocessor.Add(state, samples.AsSpan(t * width, width), rows, statistics);
                Assert.Equal(t >= shape.PatchLength - 1 && (t - shape.PatchLength + 1) % shape.PatchStride == 0, isFull);
                if (!isFull)
                {
                    continue;
                }
                outputs++;
                int rowColumns = description.RowInputWidth / shape.PatchLength;
                for (int channel = 0; channel < shape.Channels; channel++)
                {
                    for (int i = 0; i < shape.PatchLength; i++)
                    {
                        int at = t - shape.PatchLength + 1 + i;
                        var expected = new float[rowColumns];
                        for (int feature = 0; feature < features; feature++)
                        {
                            int column = channel * features + feature;
                            (double mean, double deviation) = feature < own ? Moments(column, t) : (0, 1);
                            float value = samples[at * width + column];
                            MissingColumns? missing = float.IsNaN(value) ? Missing(column, at) : null;
                            expected[feature] = missing?.Handling == MissingValues.MeanWithIndicator ? 0
                                : (float)(((missing is null ? value : Last(column, at)) - mean) / deviation);
                            if (missing?.Handling == MissingValues.MeanWithIndicator)
                            {
                                int indicator = shape.Channels > 1 ? 0 : missing.Indicators - width + column - missing.First;
                                expected[features + indicator] = 1;
                            }
                            if (feature < own)
                            {
                                // Means of at most 37 numbers of size 1, in another order.
                                Assert.Equal(mean, statistics[channel * 2 * own + feature], 1e-6);
                                Assert.Equal(deviation, statistics[channel * 2 * own + own + feature], 1e-6);
                            }
                        }
                        // Up to that order's rounding in double, which division by a deviation of 1e-2.5 or more raises.
                        Assert.All(
                            expected.Zip(rows.AsSpan((channel * shape.PatchLength + i) * rowColumns, rowColumns).ToArray()),
                            static x => Assert.Equal(x.First, x.Second, 1e-6f * Math.Max(1, Math.Abs(x.First))));
                    }
                }
            }
            Assert.Equal(shape.GetOutputCount(count), outputs);

            MissingColumns Missing(int column, int at) => Assert.Single(
                shape.Missing, m => at % m.ModalityCount == m.Modality && column >= m.First && column < m.First + m.Count);

            // Walks back through tokens of the same modality.
            double Last(int column, int at)
            {
                int cycle = Missing(column, at).ModalityCount;
                for (; at >= 0; at -= cycle)
                {
                    if (!float.IsNaN(samples[at * width + column]))
                    {
                        return samples[at * width + column];
                    }
                }
                return 0;
            }

            (double Mean, double Deviation) Moments(int column, int at)
            {
                int first = shape.Normalization == NormalizationSpan.Window ? Math.Max(0, at - shape.Window + 1) : 0;
                double[] present = [.. Enumerable.Range(first, at - first + 1).Select(i => (double)samples[i * width + column])
                    .Where(static x => !double.IsNaN(x))];
                double mean = present.Length == 0 ? 0 : present.Average();
                return (mean, Math.Sqrt((present.Length == 0 ? 0 : present.Average(x => (x - mean) * (x - mean))) + 1e-5));
            }
        }
    }

    private sealed class RowsOfBatches : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            (TModel model, float[] tokens, int count) = Prepare<TModel>();
            ModelDescription description = SequenceModel<TModel>.Description;
            TokenShape shape = description.Tokens;
            float[] samples = Standardized(model, tokens);
            var data = new SequenceList(description.InputWidth, description.TargetWidth);
            data.Add(tokens, new float[description.TargetWidth]);
            int outputs = shape.GetOutputCount(count), all = outputs * shape.Channels, stride = BatchReader<TModel>.TokenStride;
            float[] rows = new float[all * stride], statistics = new float[all * description.RowStatistics];
            new BatchReader<TModel>(count) { Standardizer = model.Standardizer }.Read(data, [0], new()
            {
                Tokens = rows, Statistics = statistics, Targets = new float[all * description.RowTargetWidth],
                TokenWeights = new float[all], SequenceWeights = new float[all], Ends = new int[all],
            });
            var state = new double[description.Layout.SampleStateDoubles];
            float[] own = new float[shape.Channels * description.RowInputWidth],
                ownStatistics = new float[shape.Channels * description.RowStatistics];
            int output = 0;
            for (int t = 0; t < count; t++)
            {
                ReadOnlySpan<float> sample = samples.AsSpan(t * description.InputWidth, description.InputWidth);
                if (!SequenceModel<TModel>.Preprocessor.Add(state, sample, own, ownStatistics))
                {
                    continue;
                }
                for (int channel = 0; channel < shape.Channels; channel++)
                {
                    int row = channel * outputs + output;
                    Assert.Equal(
                        own.AsSpan(channel * description.RowInputWidth, description.RowInputWidth),
                        rows.AsSpan(row * stride, description.RowInputWidth));
                    Assert.Equal(
                        ownStatistics.AsSpan(channel * description.RowStatistics, description.RowStatistics),
                        statistics.AsSpan(row * description.RowStatistics, description.RowStatistics));
                }
                output++;
            }
            Assert.Equal(outputs, output);
        }
    }

    private sealed class Saved(string path) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            (TModel model, float[] tokens, int count) = Prepare<TModel>();
            int width = SequenceModel<TModel>.Description.InputWidth, outputWidth = SequenceModel<TModel>.Description.OutputWidth;
            float[] expected = new float[count * outputWidth], actual = new float[expected.Length];
            model.Forward(model.CreateState(), tokens, expected);
            StreamState<TModel> state = model.CreateState();
            for (int t = 0; t < count; t++)
            {
                // Each token by another state, saved and loaded before.
                state.Save(path);
                state = model.CreateState();
                state.Load(path);
                model.Step(state, tokens.AsSpan(t * width, width), actual.AsSpan(t * outputWidth, outputWidth));
            }
            Assert.Equal(expected, actual);
        }
    }

    private sealed class Refused : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            (TModel model, float[] tokens, int count) = Prepare<TModel>();
            ModelDescription description = SequenceModel<TModel>.Description;
            int width = description.InputWidth;
            var outputs = new float[count * description.OutputWidth];
            var random = new Random(11);
            for (int trial = 0; trial < 200; trial++)
            {
                int at = random.Next(tokens.Length), column = at % width, position = at / width;
                float bad = random.Next(3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => float.NegativeInfinity };
                bool isAllowed = float.IsNaN(bad) && description.Tokens.Missing.Any(m =>
                    position % m.ModalityCount == m.Modality && column >= m.First && column < m.First + m.Count);
                float[] changed = (float[])tokens.Clone();
                changed[at] = bad;
                var data = new SequenceList(width, description.TargetWidth);
                data.Add(changed, new float[description.TargetWidth]);
                if (isAllowed)
                {
                    model.Forward(model.CreateState(), changed, outputs);
                    Assert.True(double.IsFinite(model.Evaluate(data)));
                    continue;
                }
                string message = Assert.Throws<ArgumentException>(
                    () => model.Forward(model.CreateState(), changed, outputs)).Message;
                Assert.Contains(
                    FormattableString.Invariant($"holds {bad} in row {position}, column {column};"), message, StringComparison.Ordinal);
                // In a stream, at the same position.
                StreamState<TModel> state = model.CreateState();
                int before = position / 2;
                model.Forward(state, changed.AsSpan(0, before * width), outputs.AsSpan(0, before * description.OutputWidth));
                message = Assert.Throws<ArgumentException>(() => model.Forward(
                    state, changed.AsSpan(before * width), outputs.AsSpan(before * description.OutputWidth))).Message;
                Assert.Contains(
                    FormattableString.Invariant($"in row {position - before}, column {column};"), message, StringComparison.Ordinal);
                message = Assert.Throws<ArgumentException>(() => model.Evaluate(data)).Message;
                Assert.Contains(
                    FormattableString.Invariant($"Sequence 0, token {position}: column {column} "), message, StringComparison.Ordinal);
            }
        }
    }
}
