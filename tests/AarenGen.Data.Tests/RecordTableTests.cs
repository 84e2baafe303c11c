using System.Globalization;

namespace AarenGen.Data.Tests;

internal enum Site
{
    North = 4,
    South = 1,
}

/// <summary>Read by an initializer.</summary>
internal sealed record Reading
{
    [SeriesKey(Column = "sensor id")]
    public required string Sensor { get; init; }

    [Timestamp]
    public DateTimeOffset Time { get; init; }

    [Target]
    public float? Load { get; init; }

    [Observed]
    public double Humidity { get; init; }

    [KnownAhead]
    public short? Plan { get; init; }

    [Category]
    public Site Site { get; init; }

    [Category("low", "high")]
    public string? Level { get; init; }

    [Category(3)]
    public int? Rank { get; init; }

    public int Ignored { get; init; } = 7;
}

[SequenceModel, Forecast<Reading>(2, "1h"), Dense(8), Gaussian]
internal sealed partial class ReadingForecaster;

[SequenceModel, Forecast<Reading>(2, "1h", TimeZone = "Europe/Berlin"), Dense(8), Gaussian]
internal sealed partial class BerlinForecaster;

/// <summary>Read by a constructor and an initializer.</summary>
internal sealed class Sale(int store, DateTime day, string note = "none")
{
    [SeriesKey]
    public int Store { get; } = store;

    [Timestamp]
    public DateTime Day { get; } = day;

    [Target]
    public decimal Amount { get; set; }

    [Observed]
    public bool? IsOpen { get; set; }

    [Observed]
    public ulong Visits { get; init; }

    public string Note { get; } = note;
}

[SequenceModel, Forecast<Sale>(2, "1d"), Dense(8), Gaussian]
internal sealed partial class SaleForecaster;

/// <summary>Records of a label, without a time.</summary>
internal sealed record Motion([property: SeriesKey] int Recording, [property: Observed] float? X, [property: Label(3)] byte? Kind);

/// <summary>Records of a mark.</summary>
internal sealed record Visit([property: Timestamp] DateTimeOffset Time, [property: Mark("open", "close")] string? Action);

[SequenceModel, Classify<Motion>, Dense(8)]
internal sealed partial class MotionClassifier;

[SequenceModel, NextEvent<Visit>("h"), Dense(8)]
internal sealed partial class VisitModel;

/// <summary>A step of an episode, with a category as its action, or a number.</summary>
internal readonly record struct Turn(
    [property: SeriesKey(Column = "game")] int Episode, [property: Observed] float? X, [property: Action(3)] int Move,
    [property: Reward] decimal? Points);

[SequenceModel, Decide<Turn>(9), Dense(8)]
internal sealed partial class TurnPolicy;

internal sealed record Push
{
    [SeriesKey]
    public required string Episode { get; init; }

    [Category]
    public Site Site { get; init; }

    [Action(-2, 2)]
    public float? Force { get; init; }

    [Reward]
    public bool IsDone { get; init; }
}

[SequenceModel, Decide<Push>(9), Dense(8)]
internal sealed partial class PushPolicy;

/// <summary>Generated code reads tables into records, and names the cell of each mistake.</summary>
public sealed class RecordTableTests : TemporaryFolder
{
    private const string Header = "Site,TIME,load,humidity,plan,sensor_id,Level,rank,other\n";

    private static DateTimeOffset Hour(int hour) => new(2026, 3, 1, hour, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Rows_become_records_each_time_they_are_enumerated()
    {
        string path = Write("load.csv", Header
            + "north,2026-03-01T00:00Z,1.5,60,-3,a,low,0,x\nSOUTH,2026-03-01T01:00Z,,61.25,,a,,2,\n"
            + "4,2026-03-01T02:00Z,NA,0,32767,b,high,,y\n");
        Reading[] expected =
        [
            new()
            {
                Sensor = "a", Time = Hour(0), Load = 1.5f, Humidity = 60, Plan = -3, Site = Site.North, Level = "low", Rank = 0,
            },
            new() { Sensor = "a", Time = Hour(1), Load = null, Humidity = 61.25, Plan = null, Site = Site.South, Level = null, Rank = 2 },
            new() { Sensor = "b", Time = Hour(2), Load = null, Humidity = 0, Plan = 32767, Site = Site.North, Level = "high", Rank = null },
        ];
        IEnumerable<Reading> records = ReadingForecaster.ReadTable(path);
        Assert.Equal(expected, records);
        Assert.Equal(expected, records);
        Assert.Equal(expected[0], records.First());
        using TableFile table = TableFile.Open(path);
        Assert.Equal(expected, ReadingForecaster.ReadTable(table));
    }

    [Fact]
    public void Episodes_are_read_with_their_actions_and_rewards()
    {
        string turns = Write("turns.csv", "game,x,move,points\n1,0.5,2,1.25\n1,,0,\n");
        Assert.Equal([new(1, 0.5f, 2, 1.25m), new(1, null, 0, null)], TurnPolicy.ReadTable(turns));
        string wrong = Write("wrong.csv", "game,x,move,points\n1,0.5,3,0\n");
        Assert.Contains(
            "3 is out of range; write a whole number from 0 to 2", Assert.Throws<TableException>(
                () => TurnPolicy.ReadTable(wrong).Count()).Message, StringComparison.Ordinal);
        string pushes = Write("pushes.csv", "episode;site;force;is done\na;north;-1,5;no\na;South;;yes\n");
        Assert.Equal(
            [
                new() { Episode = "a", Site = Site.North, Force = -1.5f },
                new() { Episode = "a", Site = Site.South, IsDone = true },
            ],
            PushPolicy.ReadTable(pushes));
    }

    [Fact]
    public void A_constructor_takes_what_cannot_be_set()
    {
        string path = Write("sales.csv", "store;day;amount;is open;visits\n7;2026-03-01;12,50;yes;3\n-8;2026-03-02;0,25;;0\n");
        Sale[] sales = [.. SaleForecaster.ReadTable(path, new() { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") })];
        Assert.Equal(
            [(7, 12.5m, true, 3UL, "none"), (-8, 0.25m, (bool?)null, 0UL, "none")],
            sales.Select(static s => (s.Store, s.Amount, s.IsOpen, s.Visits, s.Note)));
        Assert.Equal(new(2026, 2, 28, 23, 0, 0, DateTimeKind.Utc), sales[0].Day);
        Assert.Equal(DateTimeKind.Utc, sales[0].Day.Kind);
    }

    [Fact]
    public void Labels_and_marks_are_read_as_categories()
    {
        string path = Write("motions.csv", "recording,x,kind\n1,0.5,2\n1,,\n2,1,3\n");
        using TableFile table = TableFile.Open(path);
        using IEnumerator<Motion> motions = MotionClassifier.ReadTable(table).GetEnumerator();
        Assert.True(motions.MoveNext());
        Assert.Equal(new Motion(1, 0.5f, 2), motions.Current);
        Assert.True(motions.MoveNext());
        Assert.Equal(new Motion(1, null, null), motions.Current);
        TableException error = Assert.Throws<TableException>(() => motions.MoveNext());
        Assert.Equal((4L, "kind"), (error.Line, error.Column));
        path = Write("visits.csv", "time,action\n2026-03-01T00:00Z,close\n2026-03-01T01:00Z,\n");
        Assert.Equal([new Visit(Hour(0), "close"), new Visit(Hour(1), null)], VisitModel.ReadTable(path));
    }

    [Theory]
    [InlineData(",2026-03-01T00:00Z,1,60,,a,,,", "Site", "cannot be null")]
    [InlineData("west,2026-03-01T00:00Z,1,60,,a,,,", "Site", "'west' is no Site")]
    [InlineData("2,2026-03-01T00:00Z,1,60,,a,,,", "Site", "'2' is no Site")]
    [InlineData("\"north,south\",2026-03-01T00:00Z,1,60,,a,,,", "Site", "'north,south' is no Site")]
    [InlineData("north,,1,60,,a,,,", "TIME", "cannot be null")]
    [InlineData("north,2026-03-01T00:00Z,1e39,60,,a,,,", "load", "out of the range of a float")]
    [InlineData("north,2026-03-01T00:00Z,1,,,a,,,", "humidity", "Humidity cannot be null")]
    [InlineData("north,2026-03-01T00:00Z,1,60,32768,a,,,", "plan", "from -32768 to 32767")]
    [InlineData("north,2026-03-01T00:00Z,1,60,1.5,a,,,", "plan", "1.5")]
    [InlineData("north,2026-03-01T00:00Z,1,60,,,,,", "sensor_id", "Sensor cannot be null")]
    [InlineData("north,2026-03-01T00:00Z,1,60,,a,Low,,", "Level", "'Low' is none of the 2 categories")]
    [InlineData("north,2026-03-01T00:00Z,1,60,,a,,3,", "rank", "from 0 to 2")]
    [InlineData("north,2026-03-01T00:00Z,1,60,,a,,-1,", "rank", "from 0 to 2")]
    public void A_mistake_names_file_line_and_column(string row, string column, string problem)
    {
        string path = Write("wrong.csv", Header + "north,2026-03-01T00:00Z,1,60,2,a,low,1,\n" + row + "\n");
        TableException error = Assert.Throws<TableException>(() => ReadingForecaster.ReadTable(path).ToArray());
        Assert.Equal((path, 3L, column), (error.Path, error.Line, error.Column));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        // What comes before it is read.
        Assert.Single(ReadingForecaster.ReadTable(path).Take(1));
    }

    [Fact]
    public void A_column_that_is_missing_is_an_error_before_the_first_row()
    {
        string path = Write("missing.csv", "time,load\n2026-03-01T00:00Z,1\n");
        using TableFile table = TableFile.Open(path);
        Assert.Contains("'sensor id'", Assert.Throws<TableException>(
            () => ReadingForecaster.ReadTable(table)).Message, StringComparison.Ordinal);
        IEnumerable<Reading> records = ReadingForecaster.ReadTable(path);
        Assert.Contains("'sensor id'", Assert.Throws<TableException>(() => records.First()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => ReadingForecaster.ReadTable((string)null!));
        Assert.Throws<ArgumentNullException>(() => ReadingForecaster.ReadTable((ITableReader)null!));
    }

    [Fact]
    public void Times_without_a_zone_are_in_that_of_the_task()
    {
        string local = Write("local.csv", "2026-07-01 12:00"), zoned = Write("zoned.csv", "2026-07-01T12:00Z");
        var tokyo = new TableOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo") };
        Assert.Equal(10, Hour(BerlinForecaster.ReadTable(local)));
        Assert.Equal(10, Hour(BerlinForecaster.ReadTable(local, new() { Separator = ',' })));
        Assert.Equal(3, Hour(BerlinForecaster.ReadTable(local, tokyo)));
        Assert.Equal(12, Hour(ReadingForecaster.ReadTable(local)));
        Assert.Equal(12, Hour(BerlinForecaster.ReadTable(zoned)));

        static int Hour(IEnumerable<Reading> records) => Assert.Single(records).Time.UtcDateTime.Hour;

        string Write(string name, string time) =>
            this.Write(name, $"sensor id,time,load,humidity,plan,site,level,rank\na,{time},1,1,,north,,\n");
    }

    [Fact]
    public void Each_series_has_its_own_clock()
    {
        // The clock shows these times twice, and each of the two sensors has both.
        string rows = string.Concat(new[] { "02:00", "02:30", "02:00" }.SelectMany(
            static time => new[] { "a", "b" }, static (time, sensor) => $"{sensor},2025-10-26 {time},1,1,,north,,\n"));
        string path = Write("clocks.csv", "sensor id,time,load,humidity,plan,site,level,rank\n" + rows);
        var options = new TableOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };
        Reading[] records = [.. ReadingForecaster.ReadTable(path, options)];
        Assert.Equal(
            ["00:00", "00:00", "00:30", "00:30", "01:00", "01:00"],
            records.Select(static r => r.Time.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture)));
    }
}
