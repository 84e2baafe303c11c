using System.Text;
using AarenGen.Tests;

namespace AarenGen.Data.Tests;

/// <summary>Text tables row by row: values are right, and what contradicts the beginning is an error that names the option.</summary>
public sealed class TableFileTests : TemporaryFolder
{
    [Fact]
    public void Rows_have_typed_values()
    {
        using TableFile table = TableFile.Open(Write("rows.csv",
            "time,Sensor id,load,count,on\n2020-01-01T01:00:00+01:00,a,1.5,7,true\n2020-01-01T02:00:00+01:00,\"b, c\",,8,false\n"));
        Assert.Equal([ColumnType.Time, ColumnType.Text, ColumnType.Number, ColumnType.WholeNumber, ColumnType.Boolean],
            table.Columns.Select(static c => c.Type));
        int time = table.GetColumn("time"), sensor = table.GetColumn("SensorId"), load = table.GetColumn("LOAD"),
            count = table.GetColumn("count"), on = table.GetColumn("on");
        Assert.Equal(0, table.Line);
        Assert.True(table.Read());
        Assert.Equal((new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), "a", 1.5, 7, true, 2),
            (table.GetTime(time), table.GetText(sensor).ToString(), table.GetDouble(load), table.GetInt64(count), table.GetBoolean(on),
                table.Line));
        Assert.False(table.IsMissing(load));
        Assert.True(table.Read());
        Assert.Equal(("b, c", double.NaN, false), (table.GetText(sensor).ToString(), table.GetDouble(load), table.GetBoolean(on)));
        Assert.True(table.IsMissing(load));
        Assert.False(table.Read());
        Assert.False(table.Read());
        Assert.Equal("CSV separated by ','", table.Format);
    }

    [Theory]
    [InlineData("v\n1.5\n\"1,5\"\n", 3, "has a decimal comma, but the rows above show a decimal point", "DecimalMark")]
    [InlineData("v\n\"1,5\"\n1.5\n", 3, "has a decimal point, but the rows above show a decimal comma", "DecimalMark")]
    [InlineData("v\n5\n\"1,500\"\n", 3, "'1,500' may be 1500 or 1.500", "DecimalMark")]
    [InlineData("v\n5\n1.500\n", 3, "'1.500' may be 1500 or 1.500", "DecimalMark")]
    [InlineData("v\n1\nx\n", 3, "'x' is not a finite number", "correct it")]
    [InlineData("v\n1\ninf\n", 3, "'inf'", "fill it")]
    [InlineData("v\n$1\n€1\n", 3, "another unit", "alike")]
    [InlineData("v\n1\n1e400\n", 3, "too large", "correct it")]
    [InlineData("a,v\n1,1\n1\n", 3, "cells: 1, but the header has 2", "make them as many")]
    [InlineData("v,w\n1,1\n\n1,1\n", 3, "the line is blank", "fill or remove")]
    [InlineData("v\n1\n\"2\n", 3, "quotation mark is not closed", "close")]
    public void Contradictions_are_errors_with_their_line_and_the_option(string text, int line, string expected, string fix)
    {
        TableException error = Assert.Throws<TableException>(() => Doubles(Write("bad.csv", text), "v", new() { SampleRows = 1 }));
        Assert.Equal(line, error.Line);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(fix, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Marks_are_decided_by_other_columns_by_later_rows_and_by_the_option()
    {
        Assert.Equal([1500.0], Doubles(Write("other.csv", "v;w\n1.500;0,5\n"), "v"));
        Assert.Equal([5.0, 1.25, 1500], Doubles(Write("later.csv", "v\n5\n1.25\n\"1,500\"\n"), "v", new() { SampleRows = 1 }));
        Assert.Equal([1500.0, 1234], Doubles(Write("given.csv", "v\n1.500\n1.234\n"), "v", new() { DecimalMark = DecimalMark.Comma }));
        Assert.Equal([1.5], Doubles(Write("long.csv", "v\n1234\n1.500\n"), "v", new() { SampleRows = 1 }).Skip(1));
        Assert.Equal([-9.5, double.NaN, double.NaN], Doubles(
            Write("word.csv", "v\n-9.5\n-9999\nNA\n"), "v", new() { MissingWords = ["-9999"] }));
        Assert.Equal([double.NaN, 1.5], Doubles(Write("word2.csv", "v;w\n-9999.0;1\n1,5;2\n"), "v",
            new() { MissingWords = ["-9999.0"], SampleRows = 1 }));
        Assert.Equal([0.125, 0.5], Doubles(Write("percent.csv", "v\n12.5%\n50 %\n"), "v"));
    }

    [Fact]
    public void Plain_numbers_are_rounded_as_the_runtime_rounds()
    {
        var random = new Random(1);
        string[] cells = [.. Enumerable.Range(0, 20_000).Select(i =>
        {
            long digits = random.NextInt64(0, (long)Math.Pow(10, random.Next(1, 16)));
            string text = digits.ToString(null, System.Globalization.CultureInfo.InvariantCulture);
            int mark = random.Next(1, text.Length + 1);
            return (i % 2 == 0 ? "-" : "") + (mark < text.Length ? $"{text[..mark]}.{text[mark..]}" : text);
        })];
        double[] read = [.. Doubles(Write("plain.csv", "v,w\n" + string.Concat(cells.Select(static c => $"{c},1.5\n"))), "v")];
        Assert.Equal(cells.Select(static c => double.Parse(c, System.Globalization.CultureInfo.InvariantCulture)), read);
    }

    [Theory]
    [InlineData("01/02/2020|13/02/2020", "2020-02-01")]
    [InlineData("01/02/2020|01/13/2020", "2020-01-02")]
    [InlineData("2020-01-02 03:04:05.5|2020-01-03 00:00", "2020-01-02T03:04:05.5")]
    [InlineData("1577934000|1577937600", "2020-01-02T03:00:00")]
    [InlineData("1577934000000|1577937600000", "2020-01-02T03:00:00")]
    [InlineData("20200102|20200103", "2020-01-02")]
    [InlineData("43832|43833", "2020-01-02")]
    [InlineData("2020Q1|2020Q2", "2020-01-01")]
    [InlineData("2020-01-02T03:00:00 CET|2020-01-02T04:00:00 CET", "2020-01-02T02:00:00")]
    public void Times_of_a_column_are_read_in_the_form_of_its_first_rows(string cells, string expected)
    {
        using TableFile table = TableFile.Open(Write(
            "times.csv", "time,v\n" + string.Concat(cells.Split('|').Select(static c => $"{c},1\n"))));
        Assert.True(table.Read());
        Assert.Equal(new DateTimeOffset(DateTime.Parse(expected, null), TimeSpan.Zero), table.GetTime(0));
        Assert.True(table.Read());
        Assert.True(table.GetTime(0) > new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("NA|NA|31.01.2020|01.02.2020", "2020-01-31|2020-02-01")]
    [InlineData("NA|NA|1577934000|1577937600", "2020-01-02T03:00:00|2020-01-02T04:00:00")]
    [InlineData("NA|NA|2020-01-31|2020-02-01", "2020-01-31|2020-02-01")]
    [InlineData("NA|x|2020Q1|2020Q2", "|2020-01-01|2020-04-01")]
    public void Times_are_decided_by_the_first_later_cell_where_the_first_rows_have_none(string cells, string expected)
    {
        using TableFile table = TableFile.Open(Write(
            "late.csv", "time,v\n" + string.Concat(cells.Split('|').Select(static c => $"{c},1\n"))), new() { SampleRows = 2 });
        string[] times = expected.Split('|');
        for (int row = 0; table.Read();)
        {
            if (table.IsMissing(0))
            {
                continue;
            }
            string time = times[row++];
            if (time.Length == 0)
            {
                Assert.Contains("not a readable time", Assert.Throws<TableException>(() => table.GetTime(0)).Message,
                    StringComparison.Ordinal);
                continue;
            }
            Assert.Equal(new DateTimeOffset(DateTime.Parse(time, null), TimeSpan.Zero), table.GetTime(0));
        }
    }

    [Theory]
    [InlineData("01/02/2020\n02/03/2020\n", 2, "DateOrder")]
    [InlineData("13/02/2020\n02/13/2020\n", 3, "DateOrder")]
    [InlineData("2020-01-01\n2020-02-30\n", 3, "not a readable time")]
    [InlineData("2020-01-01\n01.02.2020\n", 3, "another form")]
    [InlineData("2020-01-01 00:00Z\n2020-01-01 01:00\n", 3, "only one names its zone")]
    [InlineData("2020-01-01 00:00 CST\n", 2, "'CST' is not known")]
    [InlineData("13:00\n14:00\n", 2, "names no day")]
    [InlineData("2020-01-01\nNA\n", 3, "the time is empty")]
    [InlineData("0.5\n0.25\n", 2, "no unix times")]
    public void Times_that_are_not_certain_are_errors(string cells, int line, string expected)
    {
        string path = Write("times.csv", "time\n" + cells);
        TableException error = Assert.Throws<TableException>(() =>
        {
            using TableFile table = TableFile.Open(path, new() { SampleRows = line == 2 ? 1000 : 1 });
            while (table.Read())
            {
                table.GetTime(0);
            }
        });
        Assert.Equal((line, "time"), (error.Line, error.Column));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Local_times_of_each_series_become_moments_and_are_counted()
    {
        var options = new TableOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), SeriesKey = "key" };
        using TableFile table = TableFile.Open(Write("zone.csv",
            "time,key\n2020-10-25 02:00,a\n2020-10-25 02:00,b\n2020-10-25 02:00,a\n2020-10-25 02:00,b\n2020-10-25 03:00,a\n"), options);
        var hours = new List<int>();
        while (table.Read())
        {
            // Asked for twice, the clock still sees one row.
            Assert.Equal(table.GetTime(0), table.GetTime(0));
            hours.Add(table.GetTime(0).Hour);
        }
        Assert.Equal([0, 0, 1, 1, 2], hours);
        Assert.Equal((4, 0), (table.AmbiguousTimeCount, table.SkippedTimeCount));
        using TableFile skipped = TableFile.Open(Write("skipped.csv", "time\n2020-03-29 02:30\n"), options with { SeriesKey = null });
        skipped.Read();
        TableException error = Assert.Throws<TableException>(() => skipped.GetTime(0));
        Assert.Equal(2, error.Line);
        Assert.Contains("SkippedTimes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_are_found_by_name_and_missing_ones_are_named()
    {
        using TableFile table = TableFile.Open(Write("names.csv", "outdoor_forecast,Load MW,load-mw,x,X\n1,2,3,4,5\n"));
        Assert.Equal((0, 3, 4, -1), (
            table.FindColumn("OutdoorForecast"), table.FindColumn("x"), table.FindColumn("X"), table.FindColumn("y")));
        Assert.Contains("'Load MW' or 'load-mw'; name it exactly", Assert.Throws<TableException>(() => table.FindColumn("LoadMw")).Message,
            StringComparison.Ordinal);
        Assert.Contains("there is no column 'y'; the columns are 'outdoor_forecast'", Assert.Throws<TableException>(
            () => table.GetColumn("y")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_types_are_errors_at_the_cell()
    {
        using TableFile table = TableFile.Open(Write("types.csv", "a,b,c\n1.5,maybe,\n"));
        table.Read();
        Assert.Contains("not a whole number", Assert.Throws<TableException>(() => table.GetInt64(0)).Message, StringComparison.Ordinal);
        Assert.Contains("neither true nor false", Assert.Throws<TableException>(() => table.GetBoolean(1)).Message,
            StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<TableException>(() => table.GetInt64(2)).Message, StringComparison.Ordinal);
        Assert.Contains("line 2, column 'b': 'maybe' is not a finite number", Assert.Throws<TableException>(
            () => table.GetDouble(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_tables_beyond_the_sample_and_rows_across_buffers_are_whole()
    {
        const int Rows = 60_000;
        string text = "n;text;v\r\n" + string.Concat(Enumerable.Range(0, Rows).Select(
            static i => $"{i};\"{new string((char)('a' + i % 26), i % 90)}\"\"\r\n;{i}\";{i / 4.0:F2}\r\n"));
        foreach (string path in (string[])[Write("long.csv", text), WriteCompressed("long.csv.gz", text)])
        {
            using TableFile table = TableFile.Open(path);
            for (int i = 0; i < Rows; i++)
            {
                Assert.True(table.Read());
                Assert.Equal(2L + 2 * i, table.Line);
                Assert.Equal(i, table.GetInt64(0));
                Assert.Equal($"{new string((char)('a' + i % 26), i % 90)}\"\r\n;{i}", table.GetText(1).ToString());
                Assert.Equal(i / 4.0, table.GetDouble(2));
            }
            Assert.False(table.Read());
        }
    }

    [Fact]
    public void Encodings_are_found_or_given_and_a_late_contradiction_is_an_error()
    {
        const string Text = "größe,T (°C)\n1.5,2.5\n";
        foreach (Encoding encoding in (Encoding[])[new UTF8Encoding(true), new UTF8Encoding(false), Encoding.Latin1, Encoding.Unicode,
            Encoding.BigEndianUnicode, Encoding.UTF32])
        {
            using TableFile table = TableFile.Open(WriteBytes("encoded.csv", [.. encoding.GetPreamble(), .. encoding.GetBytes(Text)]));
            Assert.Equal(["größe", "T (°C)"], table.Columns.Select(static c => c.Name));
            Assert.True(table.Read());
        }
        byte[] late =
            [.. Encoding.ASCII.GetBytes("v,w\n" + string.Concat(Enumerable.Repeat("1.5,plain\n", 300_000))), .. "2,"u8, 0xE9, (byte)'\n'];
        string path = WriteBytes("late.csv", late);
        Assert.Contains("set TableOptions.Encoding", Assert.Throws<TableException>(() => Doubles(path, "v")).Message,
            StringComparison.Ordinal);
        Assert.Equal(300_001, Doubles(path, "v", new() { Encoding = Encoding.Latin1 }).Count);
    }

    [Fact]
    public void A_row_of_any_length_is_bounded()
    {
        string path = Write("long.csv", $"v\n1\n\"{new string('x', 400_000)}");
        TableException error = Assert.Throws<TableException>(() => Doubles(path, "v", new() { MaxRowLength = 100_000 }));
        Assert.Contains("MaxRowLength", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, error.Line);
        Assert.Throws<ArgumentOutOfRangeException>(() => TableFile.Open(path, new() { MaxRowLength = 0 }));
        string comment = Write("comment.csv", $"# one\r\n#{new string('x', 100_000)}\nv\n1\n");
        error = Assert.Throws<TableException>(() => TableFile.Open(comment, new() { MaxRowLength = 100_000 }));
        Assert.Contains("MaxRowLength", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Line);
        Assert.Equal([1.0], Doubles(comment, "v", new() { MaxRowLength = 100_001 }));
    }

    [Fact]
    public void Files_that_are_no_tables_are_refused_in_one_line()
    {
        Assert.Contains("no such file", Message(At("none.csv")), StringComparison.Ordinal);
        Assert.Contains("this is a folder", Message(At("")), StringComparison.Ordinal);
        Assert.Contains("name is empty", Message(""), StringComparison.Ordinal);
        Assert.Contains("the file is empty", Message(Write("empty.csv", "")), StringComparison.Ordinal);
        Assert.Contains("JSON", Message(Write("j.csv", "{\"a\":1}")), StringComparison.Ordinal);
        Assert.Contains("Excel", Message(WriteBytes("book.xlsx", [(byte)'P', (byte)'K', 3, 4, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("zstd", Message(WriteBytes("z.csv", [0x28, 0xB5, 0x2F, 0xFD, 1, 2])), StringComparison.Ordinal);
        Assert.Contains("Feather version 1", Message(WriteBytes("f.feather", [.. "FEA1"u8, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("Parquet file is damaged", Message(WriteBytes("p.parquet", [.. "PAR1"u8, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("Arrow file is damaged", Message(WriteBytes("a.arrow", [.. "ARROW1\0\0"u8, 1, 2, 3, 4])), StringComparison.Ordinal);
        Assert.Contains("no column 'k'", Assert.Throws<TableException>(
            () => TableFile.Open(Write("k.csv", "a\n1\n"), new() { SeriesKey = "k" })).Message, StringComparison.Ordinal);
        byte[] whole = File.ReadAllBytes(WriteCompressed("whole.csv.gz", "v\n"
            + string.Concat(Enumerable.Range(0, 200_000).Select(static i => $"{i * 7919L % 100_003}\n"))));
        string cut = WriteBytes("cut.csv.gz", whole[..^2000]);
        Assert.Contains("end too early", Assert.Throws<TableException>(() => Doubles(cut, "v")).Message, StringComparison.Ordinal);

        string Message(string path)
        {
            TableException error = Assert.Throws<TableException>(() => TableFile.Open(path).Dispose());
            Assert.DoesNotContain('\n', error.Message);
            return error.Message;
        }
    }

    [Fact]
    public void A_table_without_rows_and_one_without_a_header_are_tables()
    {
        using (TableFile table = TableFile.Open(Write("none.csv", "a,b\n")))
        {
            Assert.False(table.Read());
            Assert.Equal(2, table.Columns.Count);
        }
        Assert.Equal([1.0, 3], Doubles(Write("rows.csv", "1;2\n3;4\n"), "1"));
        Assert.Equal([double.NaN, 3], Doubles(Write("given.csv", "a;2\nNA;4\n3;1\n"), "a", new() { HasHeader = true }));
        Assert.Contains("'10,00' may be two whole numbers", Assert.Throws<TableException>(
            () => Doubles(Write("decimals.csv", "10,00\n11,29\n"), "1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_a_row_allocates_nothing()
    {
        using TableFile table = TableFile.Open(Write("plain.csv", "time,key,a,b\n" + string.Concat(Enumerable.Range(0, 20_000).Select(
            static i => $"2020-01-{1 + i % 28:D2}T{i % 24:D2}:00:00Z,k{i % 7},{i}.25,{i}\n"))));
        double sum = Sum(5000);
        Assert.Equal(0, Allocations.Min(() => sum += Sum(1500)));
        Assert.True(sum > 0);

        double Sum(int rows)
        {
            double found = 0;
            for (int r = 0; r < rows && table.Read(); r++)
            {
                found += table.GetTime(0).Hour + table.GetText(1).Length + table.GetDouble(2) + table.GetInt64(3);
            }
            return found;
        }
    }

    [Fact]
    public void Rows_are_resampled_while_they_are_read()
    {
        string path = Write("long.csv", "sensor,time,load\nb,2020-01-01 00:10,1\na,2020-01-01 00:00,5\nb,2020-01-01 00:50,3\n"
            + "b,2020-01-01 03:00,NA\na,2020-01-01 01:00,6\n");
        using TableFile table = TableFile.Open(path);
        IReadOnlyList<RegularSeries> series = table.Resample(TimeGrid.Parse("1h"), "time", [new("load")], key: "sensor");
        Assert.Equal(["b", "a"], series.Select(static s => s.Key));
        Assert.Equal([2, double.NaN, double.NaN, double.NaN], series[0].Column(0).ToArray());
        Assert.Equal([5.0, 6], series[1].Column(0).ToArray());
        Assert.Equal((1, 2), (series[0].Gaps.Count, series[0].EmptyRows));
        using TableFile falling = TableFile.Open(Write("falling.csv", "time,load\n2020-01-02,1\n2020-01-01,2\n"));
        TableException error = Assert.Throws<TableException>(() => falling.Resample(TimeGrid.Days(), "time", [new("load")]));
        Assert.Equal((3, "time"), (error.Line, error.Column));
        Assert.Contains("sort the rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Interleaved_series_of_local_times_have_a_clock_each_when_they_are_resampled()
    {
        var options = new TableOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };
        // Each sensor passes 02:30 once, and 02:40 of the second passage comes after 02:50 of the first.
        string path = Write("clocks.csv", "time,sensor,site,v\n2020-10-25 01:30,a,x,1\n2020-10-25 01:30,b,x,1\n2020-10-25 02:30,a,x,2\n"
            + "2020-10-25 02:30,b,x,2\n2020-10-25 02:50,a,x,3\n2020-10-25 02:40,b,x,3\n2020-10-25 02:40,a,x,4\n2020-10-25 03:30,b,x,4\n");
        using (TableFile table = TableFile.Open(path, options))
        {
            IReadOnlyList<RegularSeries> series = table.Resample(
                TimeGrid.Parse("1h"), "time", [new("v", Aggregation.Count)], key: "sensor");
            Assert.Equal(["a", "b"], series.Select(static s => s.Key));
            Assert.All(series, static s => Assert.Equal(new DateTimeOffset(2020, 10, 24, 23, 0, 0, TimeSpan.Zero), s.TimeOf(0)));
            Assert.Equal([[1.0, 2, 1], [1, 2, 0, 1]], series.Select(static s => s.Column(0).ToArray()));
        }
        using TableFile other = TableFile.Open(path, options with { SeriesKey = "site" });
        Assert.Contains("set TableOptions.SeriesKey to the same column", Assert.Throws<ArgumentException>(
            () => other.Resample(TimeGrid.Parse("1h"), "time", [new("v")], key: "sensor")).Message, StringComparison.Ordinal);
    }

    private static List<double> Doubles(string path, string column, TableOptions? options = null)
    {
        using TableFile table = TableFile.Open(path, options);
        int index = table.GetColumn(column);
        var values = new List<double>();
        while (table.Read())
        {
            values.Add(table.GetDouble(index));
        }
        return values;
    }
}
