using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>A stream of records sees the tokens that training sees, whatever the gaps, the zone and the records of an interval.</summary>
public sealed class ForecastStreamTests : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2025, 3, 28, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("forecast").FullName;

    private string File => Path.Combine(folder, "state");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string, string, bool, Aggregation, int> Grids
    {
        get
        {
            var data = new TheoryData<string, string, bool, Aggregation, int>();
            foreach ((string every, string zone) in ((string, string)[])
                [("1h", "UTC"), ("1h", "Europe/Berlin"), ("1d", "Europe/Berlin"), ("15min", "Asia/Kathmandu"), ("mo", "America/New_York")])
            {
                data.Add(every, zone, false, Aggregation.Mean, 1);
                data.Add(every, zone, true, Aggregation.Mean, 2);
                data.Add(every, zone, true, Aggregation.Sum, 3);
            }
            foreach (Aggregation aggregation in Enum.GetValues<Aggregation>())
            {
                data.Add("1h", "Europe/Berlin", true, aggregation, 4);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void A_stream_takes_the_tokens_of_training_bit_for_bit(
        string every, string zone, bool isAggregated, Aggregation aggregation, int seed)
    {
        ForecastTask task = ReadingBinding.Task(every, zone, isAggregated, aggregation);
        QuantileForecaster model = QuantileForecaster.Create(1);
        var layout = new ForecastLayout(task, QuantileForecaster.Description);
        Reading[] records = Random(task, 300, seed);
        RegularSeries series = Assert.Single(RecordGrid.Read<Reading, ReadingBinding>(records, layout));
        Assert.True(series.EmptyRows > 10);
        float[] tokens = Tokens(layout, series), outputs = new float[series.Rows * QuantileForecaster.OutputWidth];
        model.Forward(model.CreateState(), tokens, outputs);

        var state = new SeriesState<QuantileForecaster>(layout, "a");
        long seen = 0;
        for (int i = 0; i < records.Length; i++)
        {
            bool hasOutput = state.Forecasts().Step<Reading, ReadingBinding>(model, records[i], Ahead(task, records, i));
            Check(hasOutput);
        }
        Check(state.Forecasts().Advance(model, series.Grid.StartOf(series.FirstIndex + series.Rows)));
        Assert.Equal(series.Rows, state.TokenCount);
        Assert.Equal(series.TimeOf(series.Rows - 1), state.LastTime);

        void Check(bool hasOutput)
        {
            Assert.Equal(state.TokenCount > seen, hasOutput);
            seen = state.TokenCount;
            if (hasOutput)
            {
                int row = (int)seen - 1, width = QuantileForecaster.InputWidth;
                Same(tokens.AsSpan(row * width, width), RecordScratch.Own.Token(width));
                Same(outputs.AsSpan(row * QuantileForecaster.OutputWidth, QuantileForecaster.OutputWidth), state.Forecasts().Core.Outputs);
                Assert.Equal(series.TimeOf(row), new ForecastOutput(state.Forecasts().Core).Origin);
            }
        }
    }

    [Fact]
    public void A_saved_state_continues_bit_for_bit_from_anywhere()
    {
        ForecastTask task = ReadingBinding.Task("1h", "Europe/Berlin", isAggregated: true, Aggregation.Sum);
        QuantileForecaster model = QuantileForecaster.Create(1);
        var layout = new ForecastLayout(task, QuantileForecaster.Description);
        Reading[] records = Random(task, 60, 5);
        SeriesState<QuantileForecaster> state = new(layout, "a"), copy = new(layout, "a");
        for (int i = 0; i < records.Length; i++)
        {
            state.Forecasts().Step<Reading, ReadingBinding>(model, records[i], Ahead(task, records, i));
            state.Save(File);
            var loaded = new SeriesState<QuantileForecaster>(layout, "a");
            loaded.Load(File);
            state.CopyTo(copy);
            Assert.Equal(state.LastTime, loaded.LastTime);
            foreach (SeriesState<QuantileForecaster> other in (SeriesState<QuantileForecaster>[])[loaded, copy])
            {
                for (int j = i + 1; j < Math.Min(records.Length, i + 8); j++)
                {
                    other.Forecasts().Step<Reading, ReadingBinding>(model, records[j], Ahead(task, records, j));
                }
            }
            Assert.Equal(Bytes(copy), Bytes(loaded));
            for (int target = 0; target < 2; target++)
            {
                Assert.Equal(copy.Forecasts().Core.Anomaly(target), loaded.Forecasts().Core.Anomaly(target));
            }
        }
        state.Reset();
        Assert.Equal(Bytes(new SeriesState<QuantileForecaster>(layout, "a")), Bytes(state));
        Assert.Null(state.LastTime);
    }

    [Fact]
    public void Damaged_and_foreign_files_leave_the_state_as_it_was()
    {
        QuantileForecaster model = QuantileForecaster.Create(1);
        ForecastTask task = ReadingBinding.Task();
        var layout = new ForecastLayout(task, QuantileForecaster.Description);
        Reading[] records = Random(task, 20, 5);
        SeriesState<QuantileForecaster> saved = Streamed(model, layout, records, 20), state = Streamed(model, layout, records, 10);
        byte[] bytes = Bytes(saved), before = Bytes(state);
        for (int i = 0; i < bytes.Length; i += i < 200 ? 1 : 37)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 0x41;
            Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(damaged)));
            Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(bytes[..i])));
        }
        Reject(bytes, new SeriesState<QuantileForecaster>(layout, "b"), "series 'a', not of 'b'");
        ForecastLayout coarse = new(ReadingBinding.Task("2h"), QuantileForecaster.Description);
        Reject(bytes, new SeriesState<QuantileForecaster>(coarse, "a"), "grid of time");
        var points = new SeriesState<PointForecaster>(new ForecastLayout(task, PointForecaster.Description), "a");
        Reject(bytes, points, "another declaration");
        var stream = new MemoryStream();
        model.CreateState().Save(stream);
        Reject(stream.ToArray(), state, "StreamState.Load");
        Assert.Contains("SeriesState.Load", Assert.Throws<ModelFileException>(
            () => model.CreateState().Load(new MemoryStream(bytes))).Message, StringComparison.Ordinal);
        Assert.Equal(before, Bytes(state));
        state.Load(new MemoryStream(bytes));
        Assert.Equal(bytes, Bytes(state));
        Assert.Throws<ArgumentException>(() => state.CopyTo(new(layout, "b")));

        static void Reject<TModel>(byte[] bytes, SeriesState<TModel> state, string message)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel> => Assert.Contains(
                message, Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(bytes))).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, bool, string> Mistakes => new()
    {
        { "key", false, "came to the state of the series 'a'" },
        { "earlier", false, "order of time" },
        { "earlier", true, "order of time" },
        { "second", false, "Aggregation" },
        { "infinite", false, "Load" },
        { "huge", false, "Humidity" },
        { "sum", true, "Outdoor" },
        { "known", false, "Outdoor" },
        { "site", false, "Site" },
        { "fraction", false, "Site" },
        { "year", false, "MaxGap" },
        { "year", true, "MaxGap" },
        { "end", false, "calendar" },
        { "start", false, "calendar" },
        { "null", false, "null" },
        { "ahead order", false, "OrderBy" },
        { "ahead key", false, "came to the state" },
        { "ahead twice", false, "second one" },
        { "ahead value", true, "Outdoor" },
        { "ahead null", true, "null" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_wrong_record_leaves_the_state_as_it_was(string mistake, bool isAggregated, string message)
    {
        QuantileForecaster model = QuantileForecaster.Create(1);
        ForecastTask task = ReadingBinding.Task(isAggregated: isAggregated, aggregation: Aggregation.Sum);
        var layout = new ForecastLayout(task, QuantileForecaster.Description);
        var state = new SeriesState<QuantileForecaster>(layout, "a");
        var right = new Reading { Sensor = "a", Time = Begin, Load = 1, Flow = 2, Humidity = 3, Outdoor = 9e14, Site = 1 };
        state.Forecasts().Step<Reading, ReadingBinding>(model, right, []);
        state.Forecasts().Step<Reading, ReadingBinding>(model, right with { Time = Begin.AddHours(1) }, []);
        Reading next = right with { Time = Begin.AddHours(4) }, later = right with { Time = Begin.AddHours(5) };
        (Reading? record, Reading[] ahead) = mistake switch
        {
            "key" => (next with { Sensor = "b" }, []),
            "earlier" => (next with { Time = Begin.AddMinutes(-1) }, []),
            "second" => (next with { Time = Begin.AddMinutes(90) }, []),
            "infinite" => (next with { Load = double.NegativeInfinity }, []),
            "huge" => (next with { Humidity = 1e300 }, []),
            "sum" => (next with { Time = Begin.AddMinutes(90) }, []),
            "known" => (next with { Outdoor = -2e15 }, []),
            "site" => (next with { Site = 4 }, []),
            "fraction" => (next with { Site = -1 }, []),
            "year" => (next with { Time = Begin.AddYears(1) }, []),
            "end" => (next with { Time = DateTimeOffset.MaxValue }, []),
            "start" => (next with { Time = DateTimeOffset.MinValue }, []),
            "null" => (null, []),
            "ahead order" => (next, [later with { Time = Begin.AddHours(6) }, later]),
            "ahead key" => (next, [later with { Sensor = "b" }]),
            "ahead twice" => (next, [later, later]),
            "ahead value" => (next, [later, later]),
            _ => ((Reading?, Reading[]))(next, [later, null!]),
        };
        byte[] before = Bytes(state);
        long version = state.Forecasts().Core.Version;
        RecordException e = Assert.Throws<RecordException>(() => state.Forecasts().Step<Reading, ReadingBinding>(model, record!, ahead));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Bytes(state));
        Assert.Equal(version, state.Forecasts().Core.Version);
        Assert.True(state.Forecasts().Step<Reading, ReadingBinding>(model, next, [later]));
    }

    [Fact]
    public void Missing_and_extreme_numbers_give_finite_forecasts()
    {
        PointForecaster model = PointForecaster.Create(1);
        var layout = new ForecastLayout(ReadingBinding.Task(), PointForecaster.Description);
        var state = new SeriesState<PointForecaster>(layout, "");
        var random = new Random(3);
        double?[] numbers = [null, double.NaN, 1e15, -1e15, 0, -0.0, double.Epsilon, 1e-300, float.MaxValue / 1e30];
        for (int i = 0; i < 200; i++)
        {
            double? Number() => numbers[random.Next(numbers.Length)];
            var record = new Reading
            {
                Time = Begin.AddHours(i), Load = Number(), Flow = Number(), Humidity = Number(), Outdoor = Number(),
                Site = random.Next(2) == 0 ? null : random.Next(4),
            };
            Assert.True(state.Forecasts().Step<Reading, ReadingBinding>(model, record, []));
            Assert.DoesNotContain(state.Forecasts().Core.Outputs.ToArray(), static v => !float.IsFinite(v));
        }
    }

    /// <summary>The gaps that are allowed: half a year where nothing else is said.</summary>
    [Theory]
    [InlineData("1h", false, null, 24 * 183)]
    [InlineData("1h", true, null, 24 * 183)]
    [InlineData("1d", false, null, 183)]
    [InlineData("w", true, null, 27)]
    [InlineData("mo", false, null, 7)]
    [InlineData("y", false, null, 1)]
    [InlineData("1h", false, 5, 5)]
    [InlineData("1h", true, 5, 5)]
    public void A_gap_that_is_too_long_is_an_error_in_streams_and_batches(string every, bool isAggregated, int? maxGap, int gap)
    {
        PointForecaster model = PointForecaster.Create(1);
        ForecastTask task = ReadingBinding.Task(every, isAggregated: isAggregated) with { MaxGap = maxGap };
        var layout = new ForecastLayout(task, PointForecaster.Description);
        Assert.Equal(gap, layout.MaxGap);
        long first = task.Grid.IndexOf(Begin);
        // An interval of several records is open when the next record comes.
        Reading[] records = [.. ((long[])[first, first + 1 + gap]).Select(i => new Reading { Time = task.Grid.StartOf(i), Load = 1 })];
        Reading wrong = new() { Time = task.Grid.StartOf(first + 2 * gap + 3), Load = 1 };
        var state = new SeriesState<PointForecaster>(layout, "");
        foreach (Reading record in records)
        {
            state.Forecasts().Step<Reading, ReadingBinding>(model, record, []);
        }
        Assert.Equal(gap, Assert.Single(RecordGrid.Read<Reading, ReadingBinding>(records, layout)).EmptyRows);
        string expected = $"after {gap + 1} intervals of {task.Grid} without a record, more than {gap};";
        Assert.Contains(expected, Assert.Throws<RecordException>(
            () => state.Forecasts().Step<Reading, ReadingBinding>(model, wrong, [])).Message, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Throws<RecordException>(
            () => RecordGrid.Read<Reading, ReadingBinding>([.. records, wrong], layout)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Forecasts().Advance(model, wrong.Time));
        Assert.True(state.Forecasts().Advance(model, task.Grid.StartOf(first + 2 * gap + 2)));
    }

    [Fact]
    public void Values_known_ahead_stay_known_and_missing_ones_replace_nothing()
    {
        PointForecaster model = PointForecaster.Create(1);
        var layout = new ForecastLayout(ReadingBinding.Task(), PointForecaster.Description);
        var state = new SeriesState<PointForecaster>(layout, "");
        Reading[] plan = [.. Enumerable.Range(0, 12).Select(i => new Reading { Time = Begin.AddHours(i), Outdoor = 10 + i, Load = 99 })];
        Step(plan[0] with { Outdoor = null }, plan[1..3], [float.NaN, 11, 12, float.NaN]);
        // Beyond the horizon nothing is kept, and what is not passed again is not forgotten.
        Step(plan[1] with { Outdoor = null }, [plan[2] with { Outdoor = null }, plan[4], .. plan[6..]], [11, 12, float.NaN, 14]);
        // The record's own value is newer, and its interval is that of the third value.
        Step(plan[2] with { Outdoor = -5 }, [], [-5, float.NaN, 14, float.NaN]);
        // Two intervals pass without a record; their plans are those of the records after them.
        Step(plan[5] with { Outdoor = null }, [plan[6], plan[7]], [float.NaN, 16, 17, float.NaN]);
        Assert.Equal(6, state.TokenCount);

        void Step(Reading record, Reading[] ahead, float[] known)
        {
            // Nothing else of later records is read.
            Reading[] plans = [.. ahead.Select(static r => r with { Load = double.PositiveInfinity, Site = 77 })];
            Assert.True(state.Forecasts().Step<Reading, ReadingBinding>(model, record, plans));
            Assert.Equal(known, RecordScratch.Own.Token(PointForecaster.InputWidth).Slice(3, 4).ToArray());
        }
    }

    [Fact]
    public void Intervals_without_a_record_have_the_category_before_them()
    {
        PointForecaster model = PointForecaster.Create(1);
        var layout = new ForecastLayout(ReadingBinding.Task(), PointForecaster.Description);
        var state = new SeriesState<PointForecaster>(layout, "");
        Assert.False(state.Forecasts().Advance(model, Begin));
        state.Forecasts().Step<Reading, ReadingBinding>(model, new() { Time = Begin, Site = 2 }, []);
        Assert.False(state.Forecasts().Advance(model, Begin.AddHours(2).AddTicks(-1)));
        Assert.True(state.Forecasts().Advance(model, Begin.AddHours(2)));
        Assert.Equal((2, 2f), (state.TokenCount, Site()));
        state.Forecasts().Step<Reading, ReadingBinding>(model, new() { Time = Begin.AddHours(2) }, []);
        Assert.Equal(3, Site());
        Assert.True(state.Forecasts().Advance(model, Begin.AddHours(9)));
        Assert.Equal((9, 3f), (state.TokenCount, Site()));
        // Late: its interval was completed without it, which is no second record.
        RecordException e = Assert.Throws<RecordException>(
            () => state.Forecasts().Step<Reading, ReadingBinding>(model, new() { Time = Begin.AddHours(8) }, []));
        Assert.Contains("interval that is complete", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Forecasts().Advance(model, Begin.AddYears(1)));
        Assert.Equal(9, state.TokenCount);

        float Site() => RecordScratch.Own.Token(PointForecaster.InputWidth)[7];
    }

    [Fact]
    public void An_anomaly_is_of_the_value_under_the_forecast_before_it()
    {
        QuantileForecaster model = QuantileForecaster.Create(1);
        var layout = new ForecastLayout(ReadingBinding.Task(), QuantileForecaster.Description);
        var state = new SeriesState<QuantileForecaster>(layout, "");
        Step(0, 1, null);
        Assert.True(double.IsNaN(View(0).Anomaly) && double.IsNaN(View(1).Anomaly));
        double median = View(0)[0].Median, far = View(1)[0].Quantile(0.9995);
        Step(1, median, far);
        Assert.Equal(0, View(0).Anomaly, 1e-6);
        Assert.Equal(3, View(1).Anomaly, 1e-6);
        Step(2, null, 1e14);
        Assert.True(double.IsNaN(View(0).Anomaly));
        Assert.Equal(double.PositiveInfinity, View(1).Anomaly);
        Step(5, 3, 4);
        Assert.True(View(0).Anomaly >= 0);
        PredictedSeries old = View(0);
        Assert.Equal(3, old.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => old[3].Mean);
        Step(6, 3, 4);
        Assert.Throws<InvalidOperationException>(() => old[0].Mean);
        Assert.Throws<InvalidOperationException>(() => old.Anomaly);
        Assert.Throws<InvalidOperationException>(() => new ForecastOutput(state.Forecasts().Core).Values(0));
        Assert.Throws<InvalidOperationException>(() => default(PredictedSeries).Count);
        Assert.Throws<InvalidOperationException>(() => default(ForecastOutput).Origin);
        var output = new ForecastOutput(state.Forecasts().Core);
        Assert.Equal((Begin.AddHours(6), Begin.AddHours(9)), (output.Origin, output.TimeOf(2)));
        state.Reset();
        Assert.Throws<InvalidOperationException>(() => output.Origin);

        PredictedSeries View(int target) => new ForecastOutput(state.Forecasts().Core).Distributions(target);

        void Step(int hour, double? load, double? flow) => Assert.True(state.Forecasts().Step<Reading, ReadingBinding>(
            model, new() { Time = Begin.AddHours(hour), Load = load, Flow = flow }, []));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_anomaly_has_the_time_of_its_value_after_a_gap(bool byClock)
    {
        QuantileForecaster model = QuantileForecaster.Create(1);
        ForecastTask task = ReadingBinding.Task("1h", "Europe/Berlin", isAggregated: true);
        var layout = new ForecastLayout(task, QuantileForecaster.Description);
        var state = new SeriesState<QuantileForecaster>(layout, "");
        Step(0, 1, 1);
        Step(1, 1, null);
        Step(2, 2, 3);
        // The open interval and the two empty ones after it are completed at once.
        Assert.True(byClock ? state.Forecasts().Advance(model, Begin.AddHours(5)) : Step(5, 4, 4));
        var output = new ForecastOutput(state.Forecasts().Core);
        Assert.Equal(Begin.AddHours(4), output.Origin);
        Assert.Equal((Begin.AddHours(2), Begin.AddHours(2)), (output.Distributions(0).AnomalyTime, output.Distributions(1).AnomalyTime));
        Assert.False(double.IsNaN(output.Distributions(0).Anomaly));
        state.Save(File);
        var loaded = new SeriesState<QuantileForecaster>(layout, "");
        loaded.Load(File);
        Assert.Equal(Begin.AddHours(2), new ForecastOutput(loaded.Forecasts().Core).Distributions(0).AnomalyTime);
        // Nothing came meanwhile.
        Assert.True(state.Forecasts().Advance(model, Begin.AddHours(byClock ? 6 : 7)));
        Assert.True(state.Forecasts().Advance(model, Begin.AddHours(8)));
        Assert.Null(new ForecastOutput(state.Forecasts().Core).Distributions(1).AnomalyTime);

        bool Step(int hour, double? load, double? flow) => state.Forecasts().Step<Reading, ReadingBinding>(
            model, new() { Time = Begin.AddHours(hour), Load = load, Flow = flow }, []);
    }

    [Fact]
    public void Channels_in_patches_are_read_by_target_and_step()
    {
        ChannelForecaster model = ChannelForecaster.Create(1);
        var layout = new ForecastLayout(ReadingBinding.TargetsAlone(), ChannelForecaster.Description);
        var state = new SeriesState<ChannelForecaster>(layout, "");
        StreamState<ChannelForecaster> stream = model.CreateState();
        float[] output = new float[ChannelForecaster.OutputWidth];
        for (int i = 0; i < 12; i++)
        {
            var record = new Reading { Time = Begin.AddHours(i), Load = i % 5, Flow = 10 * (i % 3) };
            model.Step(stream, [(float)record.Load, (float)record.Flow], output);
            Assert.Equal(stream.HasOutput, state.Forecasts().Step<Reading, ReadingBinding>(model, record, []));
            Assert.Equal(i >= 2 && i % 2 == 0, stream.HasOutput);
            if (stream.HasOutput)
            {
                var view = new ForecastOutput(state.Forecasts().Core);
                for (int target = 0; target < 2; target++)
                {
                    for (int step = 0; step < 3; step++)
                    {
                        // A channel has three means, then three deviations.
                        Assert.Equal(output[target * 6 + step], view.Distributions(target)[step].Mean);
                        Assert.Equal(target * 3 + step, layout.TargetIndex(target, step));
                    }
                }
            }
            // The interval between two outputs is judged by the second step of the last one.
            Assert.Equal(i < 3, double.IsNaN(state.Forecasts().Core.Anomaly(1)));
        }
    }

    /// <summary>The longest horizons that the generator allows.</summary>
    [Theory]
    [InlineData("1000y", 1)]
    [InlineData("y", 1000)]
    [InlineData("w", 52_177)]
    public void A_horizon_of_a_thousand_years_stays_in_the_calendar(string every, int horizon)
    {
        var layout = new ForecastLayout(
            ReadingBinding.TargetsAlone() with { Grid = TimeGrid.Parse(every), Horizon = horizon }, PointForecaster.Description with
            {
                InputWidth = 2, TargetWidth = 2 * horizon,
            });
        Assert.InRange(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks, layout.MinTicks, layout.MaxTicks);
        long last = layout.Grid.IndexOf(new DateTimeOffset(layout.MaxTicks, TimeSpan.Zero)) + horizon + 1;
        Assert.True(layout.Grid.StartOf(last) > layout.Grid.StartOf(0));
        Assert.True(layout.Grid.StartOf(layout.Grid.IndexOf(new DateTimeOffset(layout.MinTicks, TimeSpan.Zero)) - 1).UtcTicks >= 0);
    }

    [Fact]
    public void Steps_allocate_nothing()
    {
        QuantileForecaster model = QuantileForecaster.Create(1);
        foreach (bool isAggregated in (bool[])[false, true])
        {
            ForecastTask task = ReadingBinding.Task("15min", "Europe/Berlin", isAggregated);
            var layout = new ForecastLayout(task, QuantileForecaster.Description);
            Reading[] records = Random(task, 400, 6);
            var state = new SeriesState<QuantileForecaster>(layout, "a");
            double sum = 0;
            Assert.Equal(0, Allocations.Min(() =>
            {
                state.Reset();
                for (int i = 0; i < records.Length - 8; i++)
                {
                    if (state.Forecasts().Step<Reading, ReadingBinding>(model, records[i], records.AsSpan(i + 1, 6)))
                    {
                        PredictedSeries view = new ForecastOutput(state.Forecasts().Core).Distributions(1);
                        sum += view[2].Quantile(0.3) + view.Anomaly + view[0].LogDensity(1);
                    }
                }
            }));
            GC.KeepAlive(sum);
        }
    }

    [Fact]
    public void A_collection_has_a_state_for_each_key_and_survives_a_restart()
    {
        PointForecaster model = PointForecaster.Create(1);
        var layout = new ForecastLayout(ReadingBinding.Task(), PointForecaster.Description);
        SeriesStateCollection<PointForecaster> states = new(layout, key => new(layout, key)), loaded = new(layout, key => new(layout, key));
        for (int i = 0; i < 50; i++)
        {
            string key = "sensor " + i % 7 + "\ud800";
            Assert.Equal(i >= 7, states.TryGet(key, out _));
            states[key].Forecasts().Step<Reading, ReadingBinding>(model, new() { Sensor = key, Time = Begin.AddHours(i), Load = i }, []);
        }
        Assert.Equal((7, 7), (states.Count, states.Select(static s => s.Key).Distinct().Count()));
        states.Save(File);
        loaded["other"].Forecasts().Step<Reading, ReadingBinding>(model, new() { Sensor = "other", Time = Begin }, []);
        loaded.Load(File);
        Assert.Equal(7, loaded.Count);
        Assert.All(states, s => Assert.Equal(Bytes(s), Bytes(loaded[s.Key])));
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        // A lost state, an invented number of them, and any damage are found.
        int one = (bytes.Length - 140 - 32) / 7;
        byte[][] wrong =
        [
            [.. bytes[..140], .. bytes[(140 + one)..]], [.. bytes[..136], 6, .. bytes[137..]], [.. bytes[..136], 0, .. bytes[137..]],
            bytes[..^1], bytes[..100], [], [.. bytes[..^1], (byte)(bytes[^1] ^ 1)],
        ];
        foreach (byte[] damaged in wrong)
        {
            Assert.Throws<ModelFileException>(() => loaded.Load(new MemoryStream(damaged)));
        }
        Assert.Equal(7, loaded.Count);
        Assert.True(loaded.Remove(states.First().Key));
        Assert.False(loaded.Remove("none"));
        Assert.Equal(6, loaded.Count);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("America/Sao_Paulo")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("Pacific/Apia")]
    [InlineData("UTC")]
    public void The_calendar_is_that_of_the_zone(string name)
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        CalendarField[] fields = Enum.GetValues<CalendarField>();
        CalendarClock clock = default;
        var random = new Random(1);
        var read = new float[fields.Length];
        long ticks = new DateTime(2010, 1, 1).Ticks;
        for (int i = 0; i < 60_000; i++)
        {
            ticks += i % 1000 == 0 ? random.NextInt64(TimeSpan.TicksPerDay * 60) : TimeSpan.TicksPerMinute * random.Next(1, 95);
            clock.Write(zone, fields, ticks, read);
            DateTime local = TimeZoneInfo.ConvertTimeFromUtc(new(ticks, DateTimeKind.Utc), zone);
            Assert.Equal(
                [
                    local.Minute, local.Hour, ((int)local.DayOfWeek + 6) % 7, local.Day - 1, local.Month - 1,
                    System.Globalization.ISOWeek.GetWeekOfYear(local) - 1,
                ],
                read);
        }
    }

    internal static float[] Tokens(ForecastLayout layout, RegularSeries series)
    {
        var data = new ForecastSequences(layout, [new(layout, series)], [new(0, 0, series.Rows, 0, series.Rows)]);
        var tokens = new float[series.Rows * data.TokenWidth];
        data.ReadTokens(0, tokens);
        return tokens;
    }

    /// <summary>Records of a series with gaps, and several an interval where that is allowed.</summary>
    internal static Reading[] Random(ForecastTask task, int count, int seed, string key = "a")
    {
        var random = new Random(seed);
        var records = new List<Reading>();
        long interval = task.Grid.IndexOf(Begin);
        while (records.Count < count)
        {
            DateTimeOffset start = task.Grid.StartOf(interval), end = task.Grid.StartOf(interval + 1);
            int several = task.IsAggregated ? random.Next(1, 4) : 1;
            long[] times = [.. Enumerable.Range(0, several).Select(_ => random.NextInt64((end - start).Ticks)).Order()];
            foreach (long time in times)
            {
                records.Add(new()
                {
                    Sensor = key, Time = start.AddTicks(time), Load = Number(), Flow = Number(), Humidity = Number(), Outdoor = Number(),
                    Site = random.Next(4) == 0 ? null : random.Next(3),
                });
            }
            interval += random.Next(5) == 0 ? random.Next(2, 9) : 1;
        }
        return [.. records];

        double? Number() => random.Next(6) == 0 ? null : random.Next(9) == 0 ? -0.0 : random.NextDouble() * 20 - 7;
    }

    /// <summary>The records after one, to beyond its horizon.</summary>
    private static Reading[] Ahead(ForecastTask task, Reading[] records, int index)
    {
        long last = task.Grid.IndexOf(records[index].Time) + task.Horizon + 10;
        return [.. records.Skip(index + 1).TakeWhile(r => task.Grid.IndexOf(r.Time) <= last)];
    }

    private static SeriesState<QuantileForecaster> Streamed(
        QuantileForecaster model, ForecastLayout layout, Reading[] records, int count)
    {
        var state = new SeriesState<QuantileForecaster>(layout, "a");
        foreach (Reading record in records[..count])
        {
            state.Forecasts().Step<Reading, ReadingBinding>(model, record, []);
        }
        return state;
    }

    private static byte[] Bytes<TModel>(SeriesState<TModel> state) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var stream = new MemoryStream();
        state.Save(stream);
        return stream.ToArray();
    }

    private static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) => Assert.Equal(
        [.. expected.ToArray().Select(BitConverter.SingleToInt32Bits)],
        (int[])[.. actual.ToArray().Select(BitConverter.SingleToInt32Bits)]);
}
