namespace AarenGen.Data.Tests;

/// <summary>Wide tables read as long ones.</summary>
public sealed class UnpivotTests : TemporaryFolder
{
    [Fact]
    public void Each_column_that_is_not_kept_becomes_rows()
    {
        using ITableReader table = TableFile.Open(Write("wide.csv",
            "a,time,site,b\n1.5,2020-01-01T00:00:00Z,north,\n2,2020-01-01T01:00:00Z,south,4\n")).Unpivot("sensor", "load", "Time", "site");
        Assert.Equal(["time", "site", "sensor", "load"], table.Columns.Select(static c => c.Name));
        var rows = new List<(DateTimeOffset, string, string, double, bool, long)>();
        while (table.Read())
        {
            rows.Add((table.GetTime(0), table.GetText(1).ToString(), table.GetText(2).ToString(), table.GetDouble(3), table.IsMissing(3),
                table.Line));
        }
        DateTimeOffset first = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), second = first.AddHours(1);
        Assert.Equal(
            [(first, "north", "a", 1.5, false, 2L), (first, "north", "b", double.NaN, true, 2), (second, "south", "a", 2.0, false, 3),
                (second, "south", "b", 4.0, false, 3)], rows);
        Assert.False(table.Read());
    }

    [Fact]
    public void A_wide_table_resamples_as_its_columns_do()
    {
        var random = new Random(5);
        var text = new System.Text.StringBuilder("time," + string.Join(',', Enumerable.Range(0, 321).Select(static i => $"c{i}")) + "\n");
        var values = new double[24, 321];
        // Two clocks of the same zone would take the repeated hour apart differently.
        var hour = new DateTime(2025, 10, 26, 0, 0, 0);
        for (int row = 0; row < 24; row++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{hour.AddHours(row < 3 ? row : row - 1):yyyy-MM-dd HH:mm}");
            for (int c = 0; c < 321; c++)
            {
                values[row, c] = random.Next(1000);
                text.Append(',').Append(values[row, c]);
            }
            text.Append('\n');
        }
        var options = new TableOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };
        using ITableReader table = TableFile.Open(Write("electricity.csv", text.ToString()), options).Unpivot("client", "load", "time");
        IReadOnlyList<RegularSeries> series = table.Resample(TimeGrid.Parse("1h"), "time", [new("load")], "client");
        Assert.Equal(Enumerable.Range(0, 321).Select(static i => $"c{i}"), series.Select(static s => s.Key));
        Assert.All(series, (s, c) => Assert.Equal(Enumerable.Range(0, 24).Select(row => values[row, c]), s.Column(0).ToArray()));
    }

    [Fact]
    public void Mistakes_say_what_is_wrong_and_where()
    {
        string path = Write("wide.csv", "time,a,b\n2020-01-01,1,x\n");
        Assert.Contains("no column 'day'", Failure(() => Wide("s", "v", "day")));
        Assert.Contains("none is left to be a series", Failure(() => Wide("s", "v", "time", "a", "b")));
        Assert.Contains("must differ from each other", Failure(() => Wide("s", "s", "time")));
        Assert.Contains("kept columns, which are 'time'", Failure(() => Wide("time", "v", "time")));
        using ITableReader table = Wide("s", "v", "time");
        Assert.True(table.Read());
        Assert.Equal(1, table.GetDouble(2));
        Assert.Contains("line 2: the column 's' holds names of columns, and not a number", Failure(() => table.GetDouble(1)));
        Assert.True(table.Read());
        Assert.Contains("line 2, column 'b': 'x' is not a finite number", Failure(() => table.GetDouble(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.GetDouble(3));

        ITableReader Wide(string key, string value, params string[] keep)
        {
            TableFile wide = TableFile.Open(path);
            try
            {
                return wide.Unpivot(key, value, keep);
            }
            catch
            {
                wide.Dispose();
                throw;
            }
        }

        static string Failure(Action action) => Assert.Throws<TableException>(action).Message;
    }
}
