using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Trainings from records: what is read, what is kept apart, and what is reported.</summary>
public sealed class ForecastTrainingTests
{
    private static readonly DateTimeOffset Begin = new(2025, 3, 28, 0, 0, 0, TimeSpan.Zero);
    private static readonly ForecastLayout Layout = new(ReadingBinding.Task(), QuantileForecaster.Description);

    private static readonly ForecastTrainingOptions Options = new()
    {
        WindowLength = 24, Training = new() { Epochs = 3, BatchSize = 8, Threads = 2, LearningRate = 5e-3 },
    };

    [Fact]
    public void Records_of_several_series_come_to_a_grid_each()
    {
        Reading[] records = [.. ForecastStreamTests.Random(Layout.Task, 50, 1), .. ForecastStreamTests.Random(Layout.Task, 30, 2, "b")];
        IReadOnlyList<RegularSeries> series = Read([.. records.OrderBy(static r => r.Time)]);
        Assert.Equal(["a", "b"], series.Select(static s => s.Key).Order());
        foreach (RegularSeries s in series)
        {
            Reading[] own = [.. records.Where(r => r.Sensor == s.Key)];
            Assert.Equal(own.Length, s.RowsRead);
            int last = 0;
            for (int row = 0; row < s.Rows; row++)
            {
                Reading? record = own.SingleOrDefault(r => r.Time >= s.TimeOf(row) && r.Time < s.TimeOf(row).AddHours(1));
                last = record is null ? last : record.Site ?? 3;
                Assert.Equal(record?.Load ?? double.NaN, s.Column(0)[row]);
                Assert.Equal(last, s.Column(4)[row]);
            }
        }
    }

    [Fact]
    public void Wrong_records_are_named_with_the_fix()
    {
        var right = new Reading { Sensor = "a", Time = Begin, Load = 1 };
        Reject([right, right with { Time = Begin.AddHours(-1) }], "'a' at 2025-03-27 23:00:00Z (number 2)", "OrderBy(r => r.Time)");
        Reject([right, right with { Time = Begin.AddMinutes(10) }], "'a' at 2025-03-28 00:10:00Z", "Aggregation.Mean");
        Reject(
            [right, right with { Time = Begin.AddHours(1), Flow = double.PositiveInfinity }], "'a' at 2025-03-28T01:00:00+00:00", "Flow");
        Reject([right with { Humidity = 1e39 }], "2025-03-28T00:00:00+00:00", "Humidity");
        Reject([right with { Site = 7 }], "'a' at", "Site");
        Reject([right with { Time = DateTimeOffset.MaxValue }], "9999-12-31", "calendar");
        Reject([right, right with { Time = Begin.AddYears(3000) }], "'a' at 5025-03-28", "MaxGap");
        Reject([right, null!], "Record 2", "null");

        RecordColumn[] columns = ReadingBinding.ColumnsOf(Aggregation.Mean);
        columns[4] = columns[4] with { Cardinality = 3, HasMissingCategory = false };
        RecordException e = Assert.Throws<RecordException>(() => RecordGrid.Read<Reading, ReadingBinding>(
            [right], new(ReadingBinding.Task() with { Columns = columns }, QuantileForecaster.Description)));
        Assert.Contains("has no Site", e.Message, StringComparison.Ordinal);
        Assert.Contains("nullable", e.Message, StringComparison.Ordinal);
        // Where nothing is standardised, a token itself may not hold the number.
        e = Assert.Throws<RecordException>(() => RecordGrid.Read<Reading, ReadingBinding>(
            [right with { Load = 2e15 }], new(ReadingBinding.Task(), PointForecaster.Description)));
        Assert.Contains("Load", e.Message, StringComparison.Ordinal);
        Assert.Empty(Read([]));
        // Several series may mix, and a second record of an interval is welcome where records are aggregated.
        Assert.Equal(2, Read([right, right with { Sensor = "b", Time = Begin.AddHours(-5) }]).Count);
        ForecastLayout aggregated = new(ReadingBinding.Task(isAggregated: true), QuantileForecaster.Description);
        RegularSeries merged = Assert.Single(RecordGrid.Read<Reading, ReadingBinding>([right, right with { Load = 3 }], aggregated));
        Assert.Equal((1, 2, 1, 2.0), (merged.Rows, merged.RowsRead, merged.DuplicateRows, merged.Column(0)[0]));

        static void Reject(Reading[] records, params string[] parts)
        {
            RecordException e = Assert.Throws<RecordException>(() => Read(records));
            Assert.All(parts, part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
        }
    }

    public static TheoryData<double, int?, int?, int, int?> Splits => new()
    {
        { 0.2, null, null, 24, null },
        { 0.2, null, null, 24, 24 },
        { 0.5, null, 150, 7, 3 },
        { 0.2, 100, 160, 24, null },
        { 0.2, 100, null, 1000, null },
        { 0, null, 120, 16, 5 },
        { 0.3, null, null, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Splits))]
    public void Parts_of_time_are_kept_apart(double fraction, int? trainUntil, int? validateUntil, int length, int? stride)
    {
        IReadOnlyList<RegularSeries> series = Read([
            .. ForecastStreamTests.Random(Layout.Task, 120, 3), .. ForecastStreamTests.Random(Layout.Task, 60, 4, "short"),
            new() { Sensor = "one", Time = Begin }, new() { Sensor = "late", Time = Begin.AddHours(190) },
            new() { Sensor = "late", Time = Begin.AddHours(199), Load = 2 }]);
        var split = new ForecastSplit(Layout, series, new()
        {
            ValidationFraction = fraction, TrainUntil = trainUntil is { } t ? Begin.AddHours(t).AddMinutes(30) : null,
            ValidateUntil = validateUntil is { } v ? Begin.AddHours(v) : null, WindowLength = length, Stride = stride,
        });
        long first = Layout.Grid.IndexOf(Begin), end = validateUntil is { } u ? first + u : long.MaxValue;
        if (trainUntil is not null)
        {
            // The interval that TrainUntil cuts is not trained on.
            Assert.Equal(first + trainUntil, split.Cut);
        }
        else if (fraction > 0)
        {
            double all = series.Sum(s => Rows(s, end)), trained = series.Sum(s => Rows(s, Math.Min(end, split.Cut)));
            Assert.InRange(trained / all, 1 - fraction - 0.02, 1 - fraction + 0.02);
        }
        Check(split.Train, split.Cut, from: long.MinValue, Math.Min(split.Cut, end));
        if (fraction == 0)
        {
            Assert.Null(split.Validation);
            return;
        }
        Check(split.Validation!, split.Cut, from: split.Cut, end);

        static long Rows(RegularSeries s, long interval) => Math.Clamp(interval - s.FirstIndex, 0, s.Rows);

        // Of all series: each value of the part is a target of each interval before it, at least once, and nothing else is.
        void Check(ForecastSequences data, long cut, long from, long end)
        {
            var targets = new HashSet<(string, long, int, int)>();
            var target = new float[data.TargetWidth];
            for (int i = 0; i < data.Count; i++)
            {
                ForecastWindow window = data.Window(i);
                RegularSeries s = data.SeriesOf(i).Series;
                Assert.True(window.First >= 0 && window.Length >= 1 && window.First + window.Length <= Rows(s, end));
                for (int token = 0; token < window.Length; token++)
                {
                    if (data.ReadTarget(i, token, target) == 0)
                    {
                        Assert.True(window.First + token < window.ScoredFrom);
                        continue;
                    }
                    for (int c = 0; c < 2; c++)
                    {
                        for (int step = 0; step < 3; step++)
                        {
                            int row = window.First + token + 1 + step;
                            float value = target[step * 2 + c];
                            bool isThere = row < Rows(s, end);
                            Assert.Equal(isThere ? (float)s.Column(c)[row] : float.NaN, value);
                            if (isThere)
                            {
                                targets.Add((s.Key, s.FirstIndex + row - 1 - step, c, step));
                            }
                        }
                    }
                }
            }
            foreach (RegularSeries s in series)
            {
                long start = Math.Max(s.FirstIndex, from == long.MinValue ? from : from - 1), until = s.FirstIndex + Rows(s, end);
                bool isUsed = from == long.MinValue ? until - s.FirstIndex >= 2 : until > Math.Max(from, s.FirstIndex);
                for (long origin = start; isUsed && origin < until; origin++)
                {
                    for (int step = 0; step < 3 && origin + 1 + step < until; step++)
                    {
                        Assert.Contains((s.Key, origin, 1, step), targets);
                    }
                }
            }
            Assert.True(from == long.MinValue || targets.All(t => t.Item2 + 1 + t.Item4 >= cut));
        }
    }

    /// <summary>
    /// A window that is hardly longer than a patch has outputs at its end alone. Those of two windows may lie at other places of a stride.
    /// </summary>
    [Theory]
    [InlineData(3, 2, 3)]
    [InlineData(3, 2, 4)]
    [InlineData(3, 3, 3)]
    [InlineData(7, 2, 8)]
    [InlineData(7, 2, 30)]
    public void Patches_have_outputs_as_dense_as_a_stream(int patch, int patchStride, int length)
    {
        var layout = new ForecastLayout(ReadingBinding.Task(), QuantileForecaster.Description with
        {
            Tokens = QuantileForecaster.Description.Tokens with { PatchLength = patch, PatchStride = patchStride },
        });
        var options = new ForecastTrainingOptions { TrainUntil = Begin.AddHours(100), WindowLength = length };
        var split = new ForecastSplit(layout, Read([.. ForecastStreamTests.Random(Layout.Task, 170, 3)]), options);
        Check(split.Train, patch - 1, 100);
        Check(split.Validation!, 99, split.Validation!.SeriesOf(0).Rows - 1);

        void Check(ForecastSequences data, int from, int end)
        {
            int[] outputs = [.. Enumerable.Range(0, data.Count).Select(data.Window).SelectMany(w => Enumerable.Range(0, w.Length)
                .Where(t => layout.Description.Tokens.HasOutputAfter(t + 1) && w.First + t >= w.ScoredFrom).Select(t => w.First + t))
                .Order().Distinct()];
            Assert.InRange(outputs[0], from, from + patchStride - 1);
            Assert.InRange(outputs[^1], end - patchStride, end - 1);
            Assert.All(outputs.Zip(outputs.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 2 * patchStride - 1));
        }
    }

    [Fact]
    public void A_training_reports_errors_in_raw_units_and_never_sees_the_test_part()
    {
        Reading[] records = Wave(400);
        var options = Options with { TrainUntil = Begin.AddHours(240), ValidateUntil = Begin.AddHours(320) };
        QuantileForecaster model = QuantileForecaster.Create(1), other = QuantileForecaster.Create(1);
        ForecastReport report = Run(model, records, options);
        // Values after the test part's beginning are known ahead at most.
        ForecastReport same = Run(other, [.. records.Select((r, i) => i < 320 ? r : r with { Load = -1e9, Flow = 7e8, Humidity = 1e10 })],
            options);
        Assert.Equal(model.Weights.ToArray(), other.Weights.ToArray());
        Assert.Equal(report.Errors, same.Errors);
        Assert.Equal(model.Statistics!.Tokens[0], other.Statistics!.Tokens[0]);
        Assert.Equal(Begin.AddHours(240), report.ValidatedFrom);

        // The same errors, from steps and records.
        var split = new ForecastSplit(Layout, Read(records), options);
        double error = 0, last = 0, score = 0;
        int count = 0, inside = 0;
        for (int i = 0; i < split.Validation!.Count; i++)
        {
            ForecastWindow window = split.Validation.Window(i);
            StreamState<QuantileForecaster> state = model.CreateState();
            float[] tokens = new float[window.Length * QuantileForecaster.InputWidth], output = new float[QuantileForecaster.OutputWidth];
            split.Validation.ReadTokens(i, tokens);
            for (int token = 0; token < window.Length; token++)
            {
                model.Step(state, tokens.AsSpan(token * QuantileForecaster.InputWidth, QuantileForecaster.InputWidth), output);
                for (int step = 0; step < 3 && window.First + token >= window.ScoredFrom; step++)
                {
                    int row = window.First + token;
                    if (row + 1 + step < 320)
                    {
                        float truth = (float)records[row + 1 + step].Load!.Value;
                        QuantilePrediction prediction = QuantileForecaster.Prediction(output);
                        error += Math.Abs(prediction.Quantile(0.5, step * 2) - truth);
                        last += Math.Abs(records[row].Load!.Value - truth);
                        score += prediction.RankedProbabilityScore(truth, step * 2);
                        inside += truth >= prediction.AtLevel(0, step * 2) && truth <= prediction.AtLevel(2, step * 2) ? 1 : 0;
                        count++;
                    }
                }
            }
        }
        ForecastError load = report.Errors[0];
        Assert.Equal(("Load", (long)count), (load.Target, load.Count));
        // The first of the 80 intervals is the first step of the token before them, and no later step of one.
        Assert.Equal(80 * 3 - 3, count);
        Assert.Equal(error / count, load.MeanAbsoluteError, 1e-9 * load.MeanAbsoluteError);
        Assert.Equal(last / count, load.LastValueError, 1e-9 * load.LastValueError);
        Assert.Equal(score / count, load.RankedProbabilityScore!.Value, 1e-9 * score);
        Assert.Equal((double)inside / count, load.Coverage!.Value, 1e-12);
        Assert.Equal(0.8, load.NominalCoverage!.Value, 1e-6);
        Assert.Contains("Load: mean absolute error", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("within the 80 % interval", report.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Windows overlap, but their statistics are of each interval once.</summary>
    [Theory]
    [InlineData(24, null)]
    [InlineData(24, 5)]
    [InlineData(24, 60)]
    [InlineData(500, null)]
    public void Statistics_are_of_each_interval_once(int length, int? stride)
    {
        Reading[] records = [.. ForecastStreamTests.Random(Layout.Task, 120, 3), .. ForecastStreamTests.Random(Layout.Task, 60, 4, "b")];
        var options = Options with
        {
            TrainUntil = Begin.AddHours(101), WindowLength = length, Stride = stride, Training = Options.Training! with { Epochs = 1 },
        };
        QuantileForecaster model = QuantileForecaster.Create(1);
        Run(model, records, options);
        RegularSeries[] series = [.. Read(records)];
        long cut = Layout.Grid.IndexOf(Begin.AddHours(101));
        for (int c = 0; c < 3; c++)
        {
            AssertIs(model.Statistics!.Tokens[c], From(c, 0));
        }
        for (int i = 0; i < 6; i++)
        {
            AssertIs(model.Statistics!.Targets[i], From(i % 2, 1 + i / 2));
        }

        // The values of the part for training from a row on.
        double[] From(int column, int row) =>
        [
            .. series.SelectMany(s => s.Values(column)[..Math.Min(s.Rows, (int)(cut - s.FirstIndex))].Skip(row))
                .Where(static v => !double.IsNaN(v)).Select(static v => (double)(float)v),
        ];

        static void AssertIs(ColumnScale scale, double[] values)
        {
            double mean = values.Average();
            Assert.Equal(mean, scale.Center, 1e-9);
            Assert.Equal(Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), scale.Scale, 1e-9);
        }
    }

    [Theory]
    [InlineData(97, 24, 12)]
    [InlineData(24, 24, 12)]
    [InlineData(10, 24, 12)]
    [InlineData(101, 30, 40)]
    public void Windows_begin_evenly_and_end_with_the_part(int rows, int length, int stride)
    {
        var options = new ForecastTrainingOptions { TrainUntil = Begin.AddHours(rows), WindowLength = length, Stride = stride };
        ForecastSequences data = new ForecastSplit(Layout, Read(Wave(150)), options).Train;
        ForecastWindow[] windows = [.. Enumerable.Range(0, data.Count).Select(data.Window)];
        Assert.All(windows, w => Assert.Equal(Math.Min(length, rows), w.Length));
        Assert.Equal((0, rows), (windows[0].First, windows[^1].First + windows[^1].Length));
        Assert.Equal(1 + (Math.Max(0, rows - length) + stride - 1) / stride, windows.Length);
        int[] strides = [.. windows.Zip(windows.Skip(1), static (a, b) => b.First - a.First)];
        Assert.True(strides.Length == 0 || (strides.Max() <= stride && strides.Max() - strides.Min() <= 1));
    }

    /// <summary>A value before which none is known cannot be compared with the last value, so that it does not count at all.</summary>
    [Fact]
    public void The_model_and_the_last_value_are_scored_on_the_same_values()
    {
        Reading[] records = [.. Wave(200).Select(static (r, i) => r with { Flow = i < 150 ? null : r.Flow })];
        QuantileForecaster model = QuantileForecaster.Create(1);
        ForecastReport report = Run(model, records, Options with { TrainUntil = Begin.AddHours(120) });
        // Flow has values from 150 on: the first token that knows one forecasts those from 151 on, of which the last is 199.
        double last = 0;
        int count = 0;
        for (int row = 150; row < 199; row++)
        {
            for (int at = row + 1; at <= Math.Min(row + 3, 199); at++)
            {
                last += Math.Abs((double)(float)records[at].Flow!.Value - records[row].Flow!.Value);
                count++;
            }
        }
        Assert.Equal(count, report.Errors[1].Count);
        Assert.Equal(last / count, report.Errors[1].LastValueError, 1e-9);
    }

    /// <summary>Each row is read once: looking back, or on, from each row would take a minute here.</summary>
    [Fact]
    public void Targets_that_are_missing_for_long_take_no_longer()
    {
        const int rows = 400_000;
        double[] missing = new double[rows], site = new double[rows];
        missing.AsSpan().Fill(double.NaN);
        double[] known = [.. missing];
        known[5] = 3;
        known[^1] = 4;
        var series = new RegularSeries(
            "a", Layout.Grid, 0, [.. Layout.Columns.Select(static c => c.Name)], [known, missing, missing, missing, site], [], rows, 0);
        var layout = new ForecastLayout(ReadingBinding.Task(), PointForecaster.Description);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var none = new RegularSeries("a", series.Grid, 0, series.Names, [missing, missing, missing, missing, site], [], rows, 0);
        var options = new ForecastTrainingOptions { TrainUntil = series.TimeOf(rows / 2), WindowLength = 4, Stride = 1 };
        Assert.False(new ForecastSplit(layout, [none], options).Train.HasTargets());
        ForecastSequences validation = new ForecastSplit(layout, [series], options with { WindowLength = 64 }).Validation!;
        Assert.True(validation.HasTargets());
        ForecastError error = ForecastErrors.Of(PointForecaster.Create(1), validation, 2, default)[0];
        Assert.Equal((3L, 1.0), (error.Count, error.LastValueError));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void A_model_learns_a_wave_better_than_its_last_value()
    {
        PointForecaster model = PointForecaster.Create(2);
        // Without [Standardize], values near 1.
        Reading[] records = [.. Wave(600).Select(static r => r with { Load = r.Load / 1e4, Flow = r.Flow, Humidity = 0 })];
        ForecastReport report = Run(
            model, records, new() { Training = new() { Epochs = 40, BatchSize = 2, Threads = 2, LearningRate = 1e-2 } });
        Assert.True(report.Errors[0].MeanAbsoluteError < 0.5 * report.Errors[0].LastValueError, report.ToString());
        Assert.Null(report.Errors[0].RankedProbabilityScore);
        Assert.Null(report.Errors[0].Coverage);
        Assert.Single(report.Series);
    }

    [Fact]
    public void Few_sequences_are_trained_on_for_a_thousand_steps_unless_patience_ends_it()
    {
        Reading[] records = Wave(600);
        TrainingReport validated = Run(QuantileForecaster.Create(1), records, new()).Training;
        // 480 intervals are trained on, in windows of 64 that begin 32 apart: 14, each a batch. 72 epochs have 1,000 steps.
        Assert.Equal(14 * validated.Epochs.Count, validated.Steps);
        Assert.InRange(validated.Epochs.Count, 21, 72);
        Assert.Equal(
            validated.StopReason == StopReason.EpochsCompleted ? 72 : validated.BestEpoch + 5, validated.Epochs.Count);
        // Without data for validation nothing tells when it is enough.
        Assert.Equal(20, Run(QuantileForecaster.Create(1), records, new() { ValidationFraction = 0 }).Training.Epochs.Count);
    }

    [Fact]
    public void A_report_names_series_with_gaps_first()
    {
        int[] gaps = [0, 2, 0, 5, 2];
        Reading[] records = [.. Enumerable.Range(0, 5).Reverse().SelectMany(
            i => Wave(60).Where((_, hour) => hour < 20 || hour >= 20 + gaps[i]).Select(r => r with { Sensor = $"s{i}" }))];
        ForecastReport report = Run(QuantileForecaster.Create(1), records, Options with { ValidationFraction = 0 });
        Assert.Equal(["'s3'", "'s1'", "'s4'", "'s0'", "'s2'"], report.Series.Select(static s => s.Split(':')[0]));
        Assert.Contains("gaps: 1 (5 rows)", report.Series[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_names_ten_series_and_counts_the_others()
    {
        // The order in which series come means nothing.
        Reading[] records = [.. Enumerable.Range(0, 13).Reverse().SelectMany(i => Wave(60).Select(r => r with { Sensor = $"s{i:00}" }))];
        ForecastReport report = Run(QuantileForecaster.Create(1), records, Options with { ValidationFraction = 0 });
        string text = report.ToString();
        Assert.Equal((13, 0), (report.Series.Count, report.Errors.Count));
        Assert.Null(report.ValidatedFrom);
        Assert.Contains("'s09': 60 rows of 1h", text, StringComparison.Ordinal);
        Assert.DoesNotContain("'s10'", text, StringComparison.Ordinal);
        Assert.Contains("and 3 more series", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_and_parts_that_make_no_sense_are_refused()
    {
        QuantileForecaster model = QuantileForecaster.Create(1);
        float[] before = model.Weights.ToArray();
        Reading[] records = Wave(100);
        foreach (ForecastTrainingOptions options in (ForecastTrainingOptions[])
            [
                new() { ValidationFraction = 1 }, new() { ValidationFraction = double.NaN }, new() { WindowLength = 0 },
                new() { Stride = 0 },
                new() { TrainUntil = Begin.AddHours(9), ValidateUntil = Begin.AddHours(8) },
            ])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => options.Validate(QuantileForecaster.Description.Tokens));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => new ForecastTrainingOptions { WindowLength = 2 }.Validate(
            ChannelForecaster.Description.Tokens));
        Assert.Throws<ArgumentException>(() => Run(model, [], Options));
        Refuse(records, Options with { TrainUntil = Begin }, "part for training");
        Refuse(records, Options with { TrainUntil = Begin.AddHours(100) }, "part for validation");
        Refuse([.. records.Select(static r => r with { Load = null, Flow = null })], Options, "part for training");
        Assert.Equal(before, model.Weights.ToArray());
        Assert.Throws<ArgumentException>(() => new ForecastLayout(ReadingBinding.TargetsAlone(), QuantileForecaster.Description));

        void Refuse(Reading[] records, ForecastTrainingOptions options, string message) => Assert.Contains(
            message, Assert.Throws<ArgumentException>(() => Run(model, records, options)).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<RegularSeries> Read(Reading[] records) => RecordGrid.Read<Reading, ReadingBinding>(records, Layout);

    private static ForecastReport Run<TModel>(TModel model, Reading[] records, ForecastTrainingOptions options)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var layout = new ForecastLayout(ReadingBinding.Task(), SequenceModel<TModel>.Description);
        return ForecastTraining.Run(
            model, layout, RecordGrid.Read<Reading, ReadingBinding>(records, layout), options, yields: false, null, default)
            .GetAwaiter().GetResult();
    }

    /// <summary>A day's wave in large units.</summary>
    private static Reading[] Wave(int count) =>
    [
        .. Enumerable.Range(0, count).Select(static i => new Reading
        {
            Sensor = "a", Time = Begin.AddHours(i), Load = 20_000 + 5_000 * Math.Sin(i * Math.Tau / 24), Flow = Math.Cos(i * Math.Tau / 24),
            Humidity = i % 7, Outdoor = i % 5, Site = i % 3,
        }),
    ];
}
