using System.Security.Cryptography;
using System.Text;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Records of series that have statistics of their own: in training, streams, batches, backtests and saved states.</summary>
public sealed class SeriesForecastTests
{
    private static readonly DateTimeOffset Begin = new(2025, 3, 20, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Cut = Begin.AddHours(120);

    private static readonly string[] LongestKeys = [new('k', 1024), new('é', 512), string.Concat(Enumerable.Repeat("🌡", 256))];

    /// <summary>Half a character, twice; a null character; a byte too many, and two.</summary>
    private static readonly string[] BadKeys = ["\ud800", "a\udc00", "a\0b", new('k', 1025), new('é', 513)];

    [Fact]
    public void Training_computes_the_statistics_of_each_key()
    {
        MeterReading[] records = Records();
        MeterForecaster model = Trained(records, out ForecastReport report);
        Assert.Equal(Cut, report.ValidatedFrom);
        Assert.Equal(["a", "b"], model.Statistics!.Series.Keys.Order());
        Check(model.Statistics.Series["a"], static r => r.Sensor == "a");
        Check(model.Statistics.Series["b"], static r => r.Sensor == "b");
        Check(model.Statistics, static _ => true);

        void Check(StandardizationStatistics statistics, Func<MeterReading, bool> isOf)
        {
            MeterReading[] own = [.. records.Where(r => r.Time < Cut && isOf(r))];
            Check(statistics.Tokens[0], own.Where(static r => r.Load is not null).Select(static r => (double)r.Load!.Value));
            Check(statistics.Tokens[1], own.Select(static r => (double)r.Humidity!.Value));
            Check(statistics.Tokens[2], own.Select(static r => (double)r.OutdoorForecast!.Value));

            static void Check(ColumnScale scale, IEnumerable<double> of)
            {
                double[] values = [.. of];
                double mean = values.Average(), deviation = Math.Sqrt(values.Select(v => (v - mean) * (v - mean)).Average());
                Assert.Equal(mean, scale.Center, 1e-9 * Math.Abs(mean) + 1e-9);
                Assert.Equal(deviation, scale.Scale, 1e-9 * deviation);
            }
        }
    }

    [Fact]
    public void Streams_batches_and_backtests_of_a_key_agree()
    {
        MeterForecaster model = Trained(Records(), out _);
        var layout = new ForecastLayout(MeterForecaster.Task, MeterForecaster.Description);
        var forecaster = new StreamForecaster<MeterForecaster>(model, layout);
        SeriesStateCollection<MeterForecaster> states = model.CreateSeriesStates();
        int width = MeterForecaster.OutputWidth;
        foreach ((string key, float level) in ((string, float)[])[("a", 300), ("b", 80), ("unknown", 50)])
        {
            MeterReading[] own = [.. Wave(key, 60, level)];
            RegularSeries series = Assert.Single(RecordGrid.Read<MeterReading, MeterForecaster>(own, layout));
            float[] tokens = ForecastStreamTests.Tokens(layout, series), batch = new float[series.Rows * width];
            model.Forward(model.CreateState(key), tokens, batch);
            var common = new float[batch.Length];
            model.Forward(model.CreateState(), tokens, common);
            // A key without statistics of its own has those of all data.
            Assert.Equal(key == "unknown", batch.AsSpan().SequenceEqual(common));

            forecaster.Begin(series);
            for (int t = 0; t < own.Length; t++)
            {
                MeterForecaster.Forecast forecast = model.Step(
                    states[key], own[t], own.AsSpan(t + 1, Math.Min(layout.Horizon, own.Length - t - 1)))!.Value;
                Assert.Equal(batch.AsSpan(t * width, width), states[key].Core.Outputs);
                Assert.True(forecaster.Step(t));
                for (int step = 0; step < layout.Horizon; step++)
                {
                    Assert.Equal(forecast.Load[step].Median, forecaster.Value(0, step));
                }
            }
        }
        Assert.Equal(3, states.Count);
    }

    [Fact]
    public void Saved_states_of_series_continue_in_the_midst_of_an_interval()
    {
        string[] keys = ["a", "b", "", "unknown", .. LongestKeys];
        SaleForecaster model = SaleForecaster.Create(1);
        model.Fit(
            keys.SelectMany((key, i) => key == "unknown" ? [] : Sales(key, 100, 10 * (i + 1))),
            new() { WindowLength = 32, Training = new() { Epochs = 1, BatchSize = 8, Threads = 2 } });
        // Records without a key have the statistics of all data.
        Assert.Equal(keys.Where(static k => k is not ("" or "unknown")).Order(), model.Statistics!.Series.Keys.Order());
        Sale[][] streams = [.. keys.Select(static (key, i) => Sales(key, 40, 7 * (i + 1)).ToArray())];
        for (int at = 1; at < 12; at++)
        {
            SeriesStateCollection<SaleForecaster> states = model.CreateSeriesStates(), loaded = model.CreateSeriesStates();
            foreach (Sale[] stream in streams)
            {
                Run(states[stream[0].Shop], stream.AsSpan(0, at));
            }
            var file = new MemoryStream();
            states.Save(file);
            file.Position = 0;
            loaded.Load(file);
            Assert.Equal(keys.Length, loaded.Count);
            foreach (Sale[] stream in streams)
            {
                string key = stream[0].Shop;
                SeriesState<SaleForecaster> single = model.CreateSeriesState(key), copy = model.CreateSeriesState(key);
                single.Load(new MemoryStream(Bytes(states[key])));
                states[key].CopyTo(copy);
                double[] expected = Run(states[key], stream.AsSpan(at, 12));
                Assert.Contains(expected, static v => !double.IsNaN(v));
                Assert.Equal(expected, Run(loaded[key], stream.AsSpan(at, 12)));
                Assert.Equal(expected, Run(single, stream.AsSpan(at, 12)));
                Assert.Equal(expected, Run(copy, stream.AsSpan(at, 12)));
                Assert.Equal(Bytes(states[key]), Bytes(loaded[key]));
                Assert.Equal(Bytes(states[key]), Bytes(single));
            }
        }

        double[] Run(SeriesState<SaleForecaster> state, ReadOnlySpan<Sale> sales)
        {
            var values = new List<double>();
            foreach (Sale sale in sales)
            {
                if (model.Step(state, sale) is { } forecast)
                {
                    values.AddRange([forecast.Amount[0].Mean, forecast.Amount[1].Quantile(0.9), forecast.Amount.Anomaly]);
                }
            }
            return [.. values];
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Keys_that_cannot_be_names_are_refused_where_they_come(int number)
    {
        string key = BadKeys[number];
        const string rule = "1 to 1,024 bytes of UTF-8";
        MeterForecaster model = MeterForecaster.Create(1);
        Assert.Contains(
            rule, Assert.Throws<ArgumentException>("key", () => model.CreateSeriesState(key)).Message, StringComparison.Ordinal);
        SeriesStateCollection<MeterForecaster> states = model.CreateSeriesStates();
        Assert.Throws<ArgumentException>("key", () => states[key]);
        Assert.Empty(states);
        Assert.False(states.TryGet(key, out _));

        MeterReading[] records = [.. Wave("a", 60, 1).Concat(Wave(key, 60, 1)).OrderBy(static r => r.Time)];
        foreach (Action run in (Action[])[() => model.Fit(records), () => model.Backtest(records, new() { From = Begin.AddHours(30) })])
        {
            string message = Assert.Throws<RecordException>(run).Message;
            Assert.Contains("at 2025-03-20 00:00:00Z", message, StringComparison.Ordinal);
            Assert.Contains(rule, message, StringComparison.Ordinal);
        }
        Assert.False(model.Statistics!.IsFitted);
        // A model without such statistics takes any key.
        LoadForecaster other = LoadForecaster.Create(1);
        SeriesState<LoadForecaster> state = other.CreateSeriesState(key), loaded = other.CreateSeriesState(key);
        Assert.NotNull(other.Step(state, records.First(r => r.Sensor == key), []));
        loaded.Load(new MemoryStream(Bytes(state)));
        Assert.Equal(Bytes(state), Bytes(loaded));
    }

    [Fact]
    public void Files_with_other_keys_are_damaged()
    {
        MeterForecaster model = MeterForecaster.Create(1);
        SeriesState<MeterForecaster> state = model.CreateSeriesState("ab");
        foreach (MeterReading record in Wave("ab", 9, 3))
        {
            model.Step(state, record, []);
        }
        byte[] bytes = Bytes(state);
        // Behind the header of 136 bytes stand the key's length and its characters.
        Assert.Equal("ab", Encoding.Unicode.GetString(bytes, 140, 4));
        foreach (string key in (string[])["a\0", "\0b", "a\ud800", "\udc00b", "ax"])
        {
            byte[] damaged = [.. bytes];
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(key.AsSpan()).CopyTo(damaged.AsSpan(140));
            SHA256.HashData(damaged.AsSpan(..^32)).CopyTo(damaged.AsSpan(damaged.Length - 32));
            Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(damaged)));
            Assert.Equal(bytes, Bytes(state));
        }
    }

    [Fact]
    public void A_layout_knows_which_keys_name_statistics()
    {
        var layout = new ForecastLayout(MeterForecaster.Task, MeterForecaster.Description);
        var plain = new ForecastLayout(LoadForecaster.Task, LoadForecaster.Description);
        foreach (string key in (string[])["a", " ", "1", .. LongestKeys])
        {
            Assert.True(layout.CanName(key));
            Assert.Equal(key, layout.StatisticsOf(key));
            Assert.True(plain.CanName(key));
            Assert.Null(plain.StatisticsOf(key));
        }
        Assert.True(layout.CanName(""));
        Assert.Null(layout.StatisticsOf(""));
        foreach (string key in BadKeys)
        {
            Assert.False(layout.CanName(key));
            Assert.Throws<ArgumentException>("key", () => layout.StatisticsOf(key));
            Assert.True(plain.CanName(key));
            Assert.Null(plain.StatisticsOf(key));
        }
    }

    /// <summary>A service with many short series would otherwise pay at each of them.</summary>
    [Fact]
    public void The_first_step_of_a_state_allocates_nothing()
    {
        MeterForecaster model = Trained(Records(), out _);
        SeriesState<MeterForecaster> warm = model.CreateSeriesState("b");
        MeterReading[] readings = [.. Wave("a", 9, 300)], others = [.. Wave("b", 9, 80)];
        foreach (MeterReading reading in others)
        {
            model.Step(warm, reading, []);
        }
        model.Step(warm, others[^1] with { Time = others[^1].Time.AddHours(1) }, []);
        SeriesStateCollection<MeterForecaster> states = model.CreateSeriesStates();
        Assert.NotNull(states["a"]);
        using var file = new MemoryStream();
        states.Save(file);
        byte[] bytes = Bytes(model.CreateSeriesState("a"));
        Func<SeriesState<MeterForecaster>>[] kinds =
        [
            () => model.CreateSeriesState("a"),
            () => model.CreateSeriesStates()["a"],
            () =>
            {
                SeriesState<MeterForecaster> read = model.CreateSeriesState("a");
                read.Load(new MemoryStream(bytes));
                return read;
            },
            () =>
            {
                SeriesStateCollection<MeterForecaster> loaded = model.CreateSeriesStates();
                loaded.Load(new MemoryStream(file.ToArray()));
                return loaded["a"];
            },
        ];
        foreach (Func<SeriesState<MeterForecaster>> create in kinds)
        {
            // A state for each round, for only its first step is asked about.
            var fresh = new Queue<SeriesState<MeterForecaster>>(Enumerable.Range(0, Allocations.Rounds).Select(_ => create()));
            Assert.All(fresh, static state => Assert.True(state.Stream.HasSeriesStatistics));
            MeterForecaster.Forecast? forecast = null;
            Assert.Equal(0, Allocations.Min(() => forecast = model.Step(fresh.Dequeue(), readings[0], [])));
            Assert.NotNull(forecast);
        }
    }

    private static MeterReading[] Records() => [.. Wave("a", 160, 300).Concat(Wave("b", 150, 80)).OrderBy(static r => r.Time)];

    /// <summary>Each series is one window, so that each of its intervals counts once.</summary>
    private static MeterForecaster Trained(MeterReading[] records, out ForecastReport report)
    {
        MeterForecaster model = MeterForecaster.Create(1);
        report = model.Fit(records, new()
        {
            TrainUntil = Cut, WindowLength = 1000, Training = new() { Epochs = 2, BatchSize = 2, LearningRate = 1e-2, Threads = 2 },
        });
        return model;
    }

    /// <summary>Two or three sales an hour.</summary>
    private static IEnumerable<Sale> Sales(string shop, int count, double level) => Enumerable.Range(0, count).Select(i => new Sale(
        shop, Begin.UtcDateTime.AddMinutes(25 * i), level * (2 + Math.Sin(i * 0.4))));

    private static IEnumerable<MeterReading> Wave(string sensor, int count, float level) => Enumerable.Range(0, count)
        .Select(i => new MeterReading
        {
            Sensor = sensor, Time = Begin.AddHours(i), Load = i % 31 == 5 ? null : level * (2 + MathF.Sin(i * MathF.Tau / 24)),
            Humidity = i % 7 + level, OutdoorForecast = i % 11 - level, Site = (MeterSite)(i / 100 % 2),
        });

    private static byte[] Bytes<TModel>(SeriesState<TModel> state) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var stream = new MemoryStream();
        state.Save(stream);
        return stream.ToArray();
    }
}
