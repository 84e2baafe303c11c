using System.Globalization;
using System.Text;

namespace AarenGen.Data.Tests;

/// <summary>Whole tables: missing values, long and wide tables, zones, chosen columns, regular grids.</summary>
public sealed class SeriesOptionsTests : TemporaryFolder
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void Missing_values_are_NaN_where_they_are_allowed()
    {
        string path = Write("missing.csv", "date,a,b\n2020-01-01,,1\n2020-01-02,2,NA\n2020-01-03,-9999,3\n");
        SeriesTable table = SeriesTable.Read(path, new() { AllowMissing = true, MissingWords = ["-9999"] });
        Assert.Equal([double.NaN, 2, double.NaN], table.Columns[0]);
        Assert.Equal([1, double.NaN, 3], table.Columns[1]);
        Assert.Equal((3, "b"), At(Assert.Throws<TableException>(() => SeriesTable.Read(path, new() { Columns = ["b"] }))));
        // Infinite is not missing.
        Assert.Equal((2, "a"), At(Assert.Throws<TableException>(
            () => SeriesTable.Read(Write("inf.csv", "a\ninf\n1\n"), new() { AllowMissing = true }))));

        static (long?, string?) At(TableException error) => (error.Line, error.Column);
    }

    [Fact]
    public void A_long_table_has_a_series_for_each_key_of_its_own_length_and_order()
    {
        string path = Write(
            "long.csv", "store,date,sales\nx,2020-01-02,2\ny,2020-01-05,7\nx,2020-01-01,1\ny,2020-01-06,8\nx,2020-01-03,3\n");
        IReadOnlyList<SeriesTable> series = SeriesTable.ReadAll(path, new() { SeriesKey = "store" });
        Assert.Equal(["x", "y"], series.Select(static s => s.Key));
        Assert.Equal([1.0, 2, 3], series[0].Columns[0]);
        Assert.Equal([4, 2, 6], series[0].Lines);
        Assert.Equal([7.0, 8], series[1].Columns[0]);
        Assert.Equal(new DateTime(2020, 1, 5), series[1].Time!.Instants[0]);
        // The notice of sorted rows belongs to its series.
        Assert.Equal((1, 0), (series[0].Notices.Count, series[1].Notices.Count));
        Assert.Throws<ArgumentException>(() => SeriesTable.Read(path, new() { SeriesKey = "store" }));
        Assert.Contains("no column 'shop' for the series' keys", Assert.Throws<TableException>(
            () => SeriesTable.ReadAll(path, new() { SeriesKey = "shop" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_series_of_unequal_length_are_read()
    {
        var text = new StringBuilder("item;date;sold\n");
        for (int item = 0; item < 3000; item++)
        {
            for (int day = 0; day < 1 + item % 17; day++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{item};{new DateTime(2020, 1, 1).AddDays(day):dd.MM.yyyy};{item + day},5\n");
            }
        }
        IReadOnlyList<SeriesTable> series = SeriesTable.ReadAll(Write("retail.csv", text.ToString()), new() { SeriesKey = "item" });
        Assert.Equal(3000, series.Count);
        for (int item = 0; item < 3000; item++)
        {
            Assert.Equal((item.ToString(CultureInfo.InvariantCulture), 1 + item % 17), (series[item].Key, series[item].Rows));
            Assert.Equal(item + 0.5, series[item].Columns[0][0]);
        }
    }

    [Fact]
    public void A_wide_table_has_a_series_for_each_column()
    {
        string header = "date," + string.Join(',', Enumerable.Range(0, 321).Select(static c => $"MT_{c:D3}"));
        string rows = string.Concat(Enumerable.Range(0, 50).Select(static r => string.Create(
            CultureInfo.InvariantCulture, $"{new DateTime(2012, 1, 1).AddHours(r):yyyy-MM-dd HH:mm},")
            + string.Join(',', Enumerable.Range(0, 321).Select(c => r * c)) + "\n"));
        SeriesTable table = SeriesTable.Read(Write("wide.csv", header + "\n" + rows));
        Assert.Equal((321, 50, "1 hour"), (table.Names.Length, table.Rows, table.Time!.Step.ToString()));
        Assert.Equal(49.0 * 320, table.Columns[320][49]);
    }

    [Fact]
    public void Local_times_of_a_zone_are_moments_in_UTC_when_the_clock_changes()
    {
        var start = new DateTimeOffset(2020, 10, 24, 12, 0, 0, TimeSpan.Zero);
        string rows = string.Concat(Enumerable.Range(0, 48).Select(h => string.Create(CultureInfo.InvariantCulture,
            $"{TimeZoneInfo.ConvertTime(start.AddHours(h), Berlin):yyyy-MM-dd HH:mm},{h}\n")));
        SeriesTable table = SeriesTable.Read(Write("local.csv", "time,v\n" + rows), new() { TimeZone = Berlin });
        Assert.True(table.Time!.IsUtc);
        Assert.Equal(new DateTime(2020, 10, 24, 12, 0, 0), table.Time.Instants[0]);
        Assert.Equal(("1 hour", 0), (table.Time.Step.ToString(), table.Time.Step!.Value.CountGaps(table.Time.Instants)));
        Assert.Contains("shows twice: 2; that it never shows: 0", Assert.Single(table.Notices), StringComparison.Ordinal);
        RegularSeries series = table.Resample(TimeGrid.Days(1, Berlin), Aggregation.Count);
        Assert.Equal([10.0, 25, 13], series.Column(0).ToArray());
    }

    [Fact]
    public void Equal_times_are_merged_where_the_options_say_so()
    {
        string path = Write("twice.csv", "date,v\n2020-01-01,1\n2020-01-01,3\n2020-01-02,5\n");
        Assert.Throws<TableException>(() => SeriesTable.Read(Write("many.csv", "date,v\n2020-01-02,1\n2020-01-01,3\n2020-01-02,5\n")));
        SeriesTable table = SeriesTable.Read(path, new() { Duplicates = DuplicateTimes.Merge });
        Assert.Equal(3, table.Rows);
        Assert.Equal([2.0, 5], table.Resample(TimeGrid.Days(), duplicates: DuplicateTimes.Merge).Column(0).ToArray());
        TableException error = Assert.Throws<TableException>(() => table.Resample(TimeGrid.Days()));
        Assert.Equal((3, "date"), (error.Line, error.Column));
    }

    [Fact]
    public void Options_decide_what_a_table_leaves_open()
    {
        string dates = Write("dates.csv", "date;v\n01/02/2020;1.500\n02/03/2020;2.250\n03/04/2020;1.000\n");
        Assert.Contains("day or its month", Assert.Throws<TableException>(() => SeriesTable.Read(dates)).Message, StringComparison.Ordinal);
        SeriesTable table = SeriesTable.Read(dates, new() { DateOrder = DateOrder.MonthFirst, DecimalMark = DecimalMark.Comma });
        Assert.Equal(new DateTime(2020, 1, 2), table.Time!.Instants[0]);
        Assert.Equal([1500.0, 2250, 1000], table.Columns[0]);
        Assert.Contains("option names the other mark", Assert.Throws<TableException>(() => SeriesTable.Read(
            Write("mark.csv", "v\n1.5\n"), new() { DecimalMark = DecimalMark.Comma })).Message, StringComparison.Ordinal);
        Assert.Equal(["a,b"], SeriesTable.Read(Write("bar.csv", "a,b\n1\n2\n"), new() { Separator = '|' }).Names);
        byte[] late =
            [.. Encoding.ASCII.GetBytes("v;w\n" + string.Concat(Enumerable.Repeat("1;2\n", 400_000))), .. "3;4 "u8, 0x80, (byte)'\n'];
        // Windows-1252, seen only at the end: 4 €.
        Assert.Contains("another unit", Assert.Throws<TableException>(() => SeriesTable.Read(WriteBytes("late.csv", late))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_named_are_series_whatever_they_look_like()
    {
        string path = Write("named.csv", "id,year,other,text\n1,2001,5,x\n2,2002,6,y\n3,2003,9,z\n");
        Assert.Equal(["id", "year"], SeriesTable.Read(path, new() { Columns = ["year", "id"] }).Names);
        SeriesTable table = SeriesTable.Read(path, new() { Columns = ["other"], TimeColumn = "year" });
        Assert.Equal(("other", new DateTime(2002, 1, 1)), (Assert.Single(table.Names), table.Time!.Instants[1]));
        Assert.Contains("no column 'missing' for a series", Assert.Throws<TableException>(
            () => SeriesTable.Read(path, new() { Columns = ["missing"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Irregular_series_are_brought_to_a_grid_with_an_aggregation_for_each_column()
    {
        SeriesTable table = SeriesTable.Read(Write("irregular.csv",
            "time,t,rain\n2020-01-01 00:05,10,1\n2020-01-01 00:40,20,2\n2020-01-01 03:00,30,4\n"));
        RegularSeries series = table.Resample(TimeGrid.Parse("1h"), [Aggregation.Mean, Aggregation.Sum]);
        Assert.Equal([15, double.NaN, double.NaN, 30], series.Column(0).ToArray());
        Assert.Equal([3, double.NaN, double.NaN, 4], series.Column(1).ToArray());
        Assert.Contains("no column of times", Assert.Throws<TableException>(
            () => SeriesTable.Read(Write("none.csv", "a,b\n1,5\n7,2\n")).Resample(TimeGrid.Days())).Message, StringComparison.Ordinal);
    }
}
