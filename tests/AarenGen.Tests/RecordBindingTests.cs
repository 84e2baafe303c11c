using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>What is generated for a task reads records as they are, and makes the model that its declaration stands for.</summary>
public sealed class RecordBindingTests
{
    private static readonly Kinds Kind = new(
        ulong.MaxValue, new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc), 12.5m, -0.25f, 1e-300, -128, 255, -32768, 65535, int.MinValue,
        uint.MaxValue, long.MinValue, ulong.MaxValue, true, null, null, null, null, Phase.Middle, null, false, null, 4, null, "high", null);

    [Fact]
    public void A_derived_model_is_the_one_that_it_stands_for()
    {
        DerivedForecaster derived = DerivedForecaster.Create(1);
        QuantileForecaster written = QuantileForecaster.Create(1);
        Assert.Equal(
            (QuantileForecaster.InputWidth, QuantileForecaster.OutputWidth, QuantileForecaster.TargetWidth,
                QuantileForecaster.ParameterCount),
            (DerivedForecaster.InputWidth, DerivedForecaster.OutputWidth, DerivedForecaster.TargetWidth, DerivedForecaster.ParameterCount));
        var layout = new ForecastLayout(DerivedForecaster.Task, DerivedForecaster.Description);
        Reading[] records = ForecastStreamTests.Random(DerivedForecaster.Task, 200, seed: 3);
        RegularSeries series = Assert.Single(RecordGrid.Read<Reading, DerivedForecaster>(records, layout));
        float[] tokens = ForecastStreamTests.Tokens(layout, series);
        float[] expected = new float[series.Rows * QuantileForecaster.OutputWidth], actual = new float[expected.Length];
        written.Forward(written.CreateState(), tokens, expected);
        derived.Forward(derived.CreateState(), tokens, actual);
        Assert.Equal(expected, actual);
        Assert.Equal(ReadingBinding.Task().Columns, DerivedForecaster.Task.Columns);
        Assert.Equal(ReadingBinding.Task().Calendar, DerivedForecaster.Task.Calendar);
        Assert.Equal(ReadingBinding.Task().Grid, DerivedForecaster.Task.Grid);
        Assert.False(DerivedForecaster.Task.IsAggregated);
        Assert.All(records, static r => Assert.Equal(Values<ReadingBinding, Reading>(r), Values<DerivedForecaster, Reading>(r)));
    }

    [Fact]
    public void A_stream_gives_forecasts_by_the_names_of_targets()
    {
        DerivedForecaster model = DerivedForecaster.Create(1);
        Reading[] records = ForecastStreamTests.Random(DerivedForecaster.Task, 100, seed: 4);
        SeriesState<DerivedForecaster> state = model.CreateSeriesState("a");
        var reference = new SeriesState<QuantileForecaster>(new ForecastLayout(ReadingBinding.Task(), QuantileForecaster.Description), "a");
        QuantileForecaster written = QuantileForecaster.Create(1);
        int forecasts = 0;
        for (int i = 0; i < records.Length - 4; i++)
        {
            ReadOnlySpan<Reading> ahead = records.AsSpan(i + 1, 3);
            bool hasOutput = reference.Forecasts().Step<Reading, ReadingBinding>(written, records[i], ahead);
            Assert.Equal(hasOutput, model.Step(state, records[i], ahead) is { } forecast && Check(forecast));
        }
        Assert.InRange(forecasts, 50, records.Length);

        bool Check(DerivedForecaster.Forecast forecast)
        {
            forecasts++;
            ForecastOutput output = new(reference.Forecasts().Core);
            Assert.Equal((output.Origin, output.TimeOf(2)), (forecast.Origin, forecast.TimeOf(2)));
            for (int h = 0; h < 3; h++)
            {
                Assert.Equal(output.Distributions(0)[h].Median, forecast.Load[h].Median);
                Assert.Equal(output.Distributions(1)[h].Median, forecast.Flow[h].Median);
            }
            return true;
        }
    }

    [Fact]
    public void Records_train_a_model_that_then_streams()
    {
        DerivedForecaster model = DerivedForecaster.Create(1);
        Reading[] records = ForecastStreamTests.Random(DerivedForecaster.Task, 300, seed: 5);
        Assert.NotNull(model.Fit(records));
        SeriesState<DerivedForecaster> state = model.CreateSeriesState("a");
        Assert.NotNull(model.Step(state, records[0], []));
        Assert.Contains("series", Assert.Throws<RecordException>(
            () => model.Step(state, records[1] with { Sensor = "b" }, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_with_a_record_allocates_nothing()
    {
        DerivedForecaster model = DerivedForecaster.Create(1);
        Reading[] records = ForecastStreamTests.Random(DerivedForecaster.Task, 400, seed: 6);
        SeriesState<DerivedForecaster> state = model.CreateSeriesState("a");
        double sum = 0;
        Assert.Equal(0, Allocations.Min(() =>
        {
            state.Reset();
            for (int i = 0; i < 390; i++)
            {
                sum += model.Step(state, records[i], records.AsSpan(i + 1, 3)) is { } forecast ? forecast.Load[2].Median : 0;
            }
        }));
        Assert.True(double.IsFinite(sum));
    }

    [Fact]
    public void Every_type_becomes_a_number()
    {
        double[] values = Values<KindsForecaster, Kinds>(Kind);
        Assert.Equal(
            [
                12.5, -0.25, 1e-300, -128, 255, -32768, 65535, int.MinValue, uint.MaxValue, long.MinValue, ulong.MaxValue, 1,
                double.NaN, double.NaN, double.NaN, double.NaN, 1, double.NaN, 0, double.NaN, 4, double.NaN, 1, double.NaN,
            ],
            values);
        values = Values<KindsForecaster, Kinds>(Kind with
        {
            MaybeMoney = decimal.MaxValue, MaybeSingle = float.NaN, MaybeUInt64 = 0, MaybeFlag = false, Phase = Phase.Start,
            MaybePhase = Phase.Late, Truth = true, MaybeTruth = true, Rank = 0, MaybeRank = 999, Level = "low", MaybeLevel = "c",
        });
        Assert.Equal([7.9228162514264338e28, double.NaN, 0, 0, 0, 2, 1, 1, 0, 999, 0, 2], values[12..]);
    }

    [Fact]
    public void Columns_say_what_the_properties_are()
    {
        IReadOnlyList<RecordColumn> columns = KindsForecaster.Task.Columns;
        Assert.Equal(24, columns.Count);
        Assert.Equal(new("Money", RecordRole.Target, Aggregation.Sum), columns[0]);
        Assert.Equal(new("MaybeFlag", RecordRole.Observed, Aggregation.Mean), columns[15]);
        Assert.Equal(
            [(3, false), (4, true), (2, false), (3, true), (5, false), (1001, true), (2, false), (4, true)],
            columns.Skip(16).Select(static c => (c.Cardinality, c.HasMissingCategory)));
        Assert.All(columns.Skip(16), static c => Assert.Equal((RecordRole.Category, Aggregation.Last), (c.Role, c.Aggregation)));
        Assert.True(KindsForecaster.Task.IsAggregated);
        Assert.Equal("Europe/Berlin", KindsForecaster.Task.Zone.Id);
        Assert.Same(KindsForecaster.Task, KindsForecaster.Task);
    }

    [Fact]
    public void A_key_is_compared_without_being_written()
    {
        Assert.Equal("18446744073709551615", Key<KindsForecaster, Kinds>(Kind));
        Assert.True(HasKey<KindsForecaster, Kinds>(Kind, "18446744073709551615"));
        Assert.False(HasKey<KindsForecaster, Kinds>(Kind, "1844674407370955161"));
        Assert.False(HasKey<KindsForecaster, Kinds>(Kind, ""));
        Assert.True(RecordValues.AreSame(long.MinValue, "-9223372036854775808"));
        Assert.False(RecordValues.AreSame(7, "07"));
        bool isSame = false;
        Assert.Equal(0, Allocations.Min(() => isSame = HasKey<KindsForecaster, Kinds>(Kind, "18446744073709551615")));
        Assert.True(isSame);
        var reading = new Reading { Sensor = null! };
        Assert.Contains("Sensor of a record is null", Assert.Throws<RecordException>(
            () => Key<DerivedForecaster, Reading>(reading)).Message, StringComparison.Ordinal);
        Assert.False(HasKey<DerivedForecaster, Reading>(reading, ""));
    }

    [Fact]
    public void A_time_without_a_zone_is_an_error()
    {
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), Time(Kind));
        DateTime local = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Local);
        Assert.Equal(new DateTimeOffset(local), Time(Kind with { Time = local }));
        string message = Assert.Throws<RecordException>(() => Time(Kind with { Time = new(2026, 3, 1) })).Message;
        Assert.Equal(
            "Time of a record of the series '18446744073709551615' is 2026-03-01T00:00:00, without a zone; make it UTC by "
            + "DateTime.SpecifyKind, or make Time a DateTimeOffset.", message);

        static DateTimeOffset Time(Kinds record) => TimeOf<KindsForecaster, Kinds>(record);
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { nameof(Kinds.Single), "'Infinity', which is not finite as a float" },
        { nameof(Kinds.Double), "'1E+300', which is not finite as a float" },
        { nameof(Kinds.Phase), "'5', which is none of its 3 categories" },
        { nameof(Kinds.MaybePhase), "'5', which is none of its 3 categories" },
        { nameof(Kinds.Rank), "'5', which is none of its 5 categories" },
        { nameof(Kinds.MaybeRank), "'1000', which is none of its 1000 categories" },
        { nameof(Kinds.Level), "'', which is none of its 2 categories" },
        { nameof(Kinds.MaybeLevel), "'d', which is none of its 3 categories" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_value_that_cannot_be_used_is_named(string property, string expected)
    {
        Kinds record = property switch
        {
            nameof(Kinds.Single) => Kind with { Single = float.PositiveInfinity },
            nameof(Kinds.Double) => Kind with { Double = 1e300 },
            nameof(Kinds.Phase) => Kind with { Phase = (Phase)5 },
            nameof(Kinds.MaybePhase) => Kind with { MaybePhase = (Phase)5 },
            nameof(Kinds.Rank) => Kind with { Rank = 5 },
            nameof(Kinds.MaybeRank) => Kind with { MaybeRank = 1000 },
            nameof(Kinds.Level) => Kind with { Level = null! },
            _ => Kind with { MaybeLevel = "d" },
        };
        var layout = new ForecastLayout(KindsForecaster.Task, KindsForecaster.Description);
        string message = Assert.Throws<RecordException>(() => layout.ReadValues<Kinds, KindsForecaster>(
            record, RecordUse.Training, new double[layout.Columns.Length])).Message;
        Assert.StartsWith(
            $"{property} of a record of the series '18446744073709551615' at 2026-03-01T00:00:00+00:00 is {expected}", message,
            StringComparison.Ordinal);
    }

    private static double[] Values<TBinding, TRecord>(TRecord record) where TBinding : IRecordBinding<TRecord>
    {
        var values = new double[TBinding.Columns.Count];
        TBinding.GetValues(record, values);
        return values;
    }

    private static string Key<TBinding, TRecord>(TRecord record) where TBinding : IRecordBinding<TRecord> => TBinding.GetKey(record);

    private static bool HasKey<TBinding, TRecord>(TRecord record, string key) where TBinding : IRecordBinding<TRecord> =>
        TBinding.HasKey(record, key);

    private static DateTimeOffset TimeOf<TBinding, TRecord>(TRecord record) where TBinding : IRecordBinding<TRecord> =>
        TBinding.GetTime(record);
}
