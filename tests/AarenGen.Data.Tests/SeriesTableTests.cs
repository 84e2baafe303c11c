using System.Globalization;
using System.Text;

namespace AarenGen.Data.Tests;

/// <summary>A test of a file without permissions, which the administrator and Windows read all the same.</summary>
internal sealed class DeniedFactAttribute : FactAttribute
{
    public DeniedFactAttribute() => Skip = OperatingSystem.IsWindows() || Environment.UserName == "root"
        ? "The user may read every file here." : null;
}

/// <summary>Tables as people and programs write them: what is read is right, what is not certain is rejected where it stands.</summary>
public sealed class SeriesTableTests : TemporaryFolder
{
    [Theory]
    [InlineData("", null, null, "the file is empty")]
    [InlineData("\n\n", null, null, "the file is empty")]
    [InlineData("date,a\n", null, null, "no rows below the header")]
    [InlineData("date,a\n\n\n", null, null, "no rows below the header")]
    [InlineData("date\n2020-01-01\n", null, null, "no column of numbers")]
    [InlineData("date,a\n2020-01-01,1\n2020-01-02,x\n", 3, "a", "'x' is not a finite number")]
    [InlineData("date,a,b\n2020-01-01,1,2\n2020-01-02,,2\n", 3, "a", "the cell is empty")]
    [InlineData("date,a\n2020-01-01,1\n2020-01-02\n", 3, null, "cells: 1, but the header has 2")]
    [InlineData("a,b\n1,2\n1,2,3\n", 3, null, "cells: 3, but the header has 2")]
    [InlineData("a\n1\nNaN\n", 3, "a", "the value is missing ('NaN')")]
    [InlineData("a\n1\ninf\n", 3, "a", "the value is missing ('inf')")]
    [InlineData("a,b\n1,N/A\n", 2, "b", "the value is missing ('N/A')")]
    [InlineData("a,b\n1,-\n", 2, "b", "the value is missing ('-')")]
    [InlineData("a,b\n1,?\n", 2, "b", "the value is missing ('?')")]
    [InlineData("a\n1e400\n", 2, "a", "too large")]
    [InlineData("a\n1\n\n2\n", 3, null, "the line is blank")]
    [InlineData("a,b\n1,2\n\n1,2\n", 3, null, "the line is blank")]
    [InlineData("name,a\nfirst,1\n", 2, "name", "'first' is not a finite number")]
    [InlineData("a,b\n1,1/1\n2,2/1\n", 2, "b", "'1/1' is not a finite number")]
    [InlineData("a\r\n1\r\n2\"\r\n", 3, "a", "is not a finite number")]
    [InlineData("a,b\n1,\"1,500\"\n2,\"1,525\"\n", 2, "b", "'1,500' may be 1500 or 1.500")]
    [InlineData("a;b\n1,5;1.5\n2,5;2.5\n3,5;1.500\n", null, null, null)]
    [InlineData("a;b;c\n1,5;1.5;1.500\n2,5;2.5;2.500\n", 2, "c", "'1.500' may be 1500 or 1.500")]
    [InlineData("a\n1.5\n\"1,75\"\n", 3, "a", "has a decimal comma")]
    [InlineData("a,b\n1,1 kg\n", 2, "b", "'1 kg' is not a finite number")]
    [InlineData("a,b\n1,$5\n1,€5\n", 3, "b", "another unit")]
    [InlineData("a,b\n1,12%\n1,0.5\n", 3, "b", "another unit")]
    [InlineData("a,b\n1,12.34.5\n", 2, "b", "is not a finite number")]
    [InlineData("a,b\n1,0x1F\n", 2, "b", "is not a finite number")]
    [InlineData("a,b\n1,true\n", 2, "b", "is not a finite number")]
    [InlineData("date,a\n2020-01-31,1\n2020-02-30,2\n2020-02-01,3\n", 3, "date", "'2020-02-30' is not a readable time")]
    [InlineData("date,a\n2020-01-31,1\n,2\n2020-02-01,3\n", 3, "date", "the time is empty")]
    [InlineData("period,when date\n1,first half\n2,second half\n", 2, "when date", "neither a number nor a time")]
    [InlineData("date,a\n2020-01-01 00:00 XYZ,1\n2020-01-01 01:00 ABC,2\n", 3, "date", "the zone 'ABC' is not known")]
    [InlineData("date,a\n2020-01-01 00:00Z,1\n2020-01-01 01:00,2\n", 3, "date", "only one names its zone")]
    [InlineData("date,a\n2020-01-01 00:00 CST,1\n2020-01-01 01:00 CDT,2\n", 3, "date", "the zone 'CST' is not known")]
    [InlineData("date,a\n2020-01-01 00:00 CDT,1\n2020-01-01 01:00 CST,2\n", 3, "date", "the zone 'CST' is not known")]
    [InlineData("date,a\n2020-01-01,1\n2020-01-0\u0661,2\n2020-01-03,3\n", 3, "date", "is not a readable time")]
    [InlineData("time,a\n02:00,1\n01:00,2\n00:00,3\n23:00,4\n", 3, "time", "fall from row to row")]
    [InlineData("a b\n1 100\n2 101\n", 2, "a b", "'1 100' may be several cells separated by spaces")]
    [InlineData("flow\n100 200 300\n101 201 301\n", 2, "flow", "separated by spaces")]
    [InlineData("123 456 789\n124 457 790\n", 1, "1", "separated by spaces")]
    [InlineData("date v\n2020-01-01 10.5\n2020-01-02 11.5\n", 2, "date v", "separated by spaces")]
    [InlineData("Datum;Last\n01.01.2020;999\n02.01.2020;1.000\n03.01.2020;1.001\n", 3, "Last", "'1.000' may be 1000 or 1.000")]
    [InlineData("2020-01-01,10.5,\n2020-01-02,11.5,1\n", 1, "3", "the cell is empty")]
    [InlineData("2020-01-01,NA,10.5\n2020-01-02,1,11.5\n", 1, "2", "the value is missing ('NA')")]
    [InlineData(",10.5\n1,11.5\n", 1, "1", "the cell is empty")]
    [InlineData("# made by hand\ndate,a\n2020-01-01,1\n2020-01-02,x\n", 4, "a", "'x' is not a finite number")]
    [InlineData("<html><body>1</body></html>\n", 1, null, "HTML")]
    [InlineData("[{\"date\":1,\n\"v\":2}]\n", 1, null, "JSON")]
    [InlineData("10,00\n11,29\n12,50\n", 1, null, "'10,00' may be two whole numbers")]
    [InlineData("date,\"v\n2020-01-01,1\n2020-01-02,2\n", 1, null, "is not closed")]
    [InlineData("date,a\n01/02/2020,1\n02/02/2020,2\n03/02/2020,3\n", 2, "date", "may have its day or its month first")]
    [InlineData("date,a\n13/01/2020,1\n01/14/2020,2\n", 3, "date", "does not have its day where")]
    [InlineData("date,a\n2020-01-01,1\n2020-01-01,2\n2020-01-02,3\n2020-01-02,4\n", 3, null, "has the same time as line 2")]
    public void Ambiguous_cells_are_rejected_with_their_position(string text, int? line, string? column, string? expected)
    {
        string path = Write("bad.csv", text);
        if (expected is null)
        {
            Assert.Equal([1.5, 2.5, 1.5], SeriesTable.Read(path).Columns[1]);
            return;
        }
        TableException error = Assert.Throws<TableException>(() => SeriesTable.Read(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Equal((path, line, column), (error.Path, error.Line, error.Column));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("\"7,5\"|\"-8,25\"", 7.5, -8.25)]
    [InlineData("\"1,500\"|\"1,525.5\"", 1500, 1525.5)]
    [InlineData("\"1,500,000\"|\"1,500\"", 1.5e6, 1500)]
    [InlineData("\"1.500,5\"|\"2.500\"", 1500.5, 2500)]
    [InlineData("1.500|2.250", 1.5, 2.25)]
    [InlineData("12.5%|50 %", 0.125, 0.5)]
    [InlineData("\"$1,234.50\"|-$2.00", 1234.5, -2)]
    [InlineData("\"7,50 €\"|\"1.007,50 €\"", 7.5, 1007.5)]
    [InlineData("(1.5)|2.5", -1.5, 2.5)]
    [InlineData("1 234.5|1 000", 1234.5, 1000)]
    [InlineData("1\u00A0234\u00A0567|12", 1234567, 12)]
    [InlineData("1'234.5|2'000", 1234.5, 2000)]
    [InlineData("\u22121.5|+2.5", -1.5, 2.5)]
    [InlineData("1E+05|2.5e-3", 1e5, 2.5e-3)]
    [InlineData("007|.5", 7, 0.5)]
    [InlineData("20000001.25|20000001.5", 20000001.25, 20000001.5)]
    [InlineData("1e39|-1e300", 1e39, -1e300)]
    public void Numbers_are_read_as_their_column_writes_them(string cells, double first, double second)
    {
        string[] rows = cells.Split('|');
        SeriesTable table = SeriesTable.Read(Write("numbers.csv", $"name,a\n1,{rows[0]}\n7,{rows[1]}\n"));
        Assert.Equal(["name", "a"], table.Names);
        Assert.Equal([first, second], table.Columns[1]);
        Assert.Equal([1.0, 7], table.Columns[0]);
    }

    [Fact]
    public void An_ambiguous_comma_is_read_as_the_other_columns_are_written()
    {
        Assert.Equal([1500.0, 1525], SeriesTable.Read(Write("point.csv", "a,b\n0.5,\"1,500\"\n1.5,\"1,525\"\n")).Columns[1]);
        Assert.Equal([1.5, 1.525], SeriesTable.Read(Write("comma.csv", "a,b\n\"0,5\",\"1,500\"\n\"1,5\",\"1,525\"\n")).Columns[1]);
        Assert.Equal([1500.0, 1525], SeriesTable.Read(Write("group.csv", "a;b\n0,5;1.500\n1,5;1.525\n")).Columns[1]);
    }

    [Theory]
    [InlineData("date;y;z\n01.01.2020;7,5;1\n02.01.2020;8,5;2\n")]
    [InlineData("date\ty\tz\n2020-01-01\t7.5\t1\n2020-01-02\t8.5\t2\n")]
    [InlineData("date\ty\tz\r\n2020-01-01\t7,5\t1\r\n2020-01-02\t8,5\t2\r\n\r\n\r\n")]
    [InlineData("date|y|z\n2020-01-01|7.5|1\n2020-01-02|8.5|2\n")]
    [InlineData("sep=;\ndate;y;z\n01.01.2020;7,5;1\n02.01.2020;8,5;2\n")]
    [InlineData("\"date\",\"y\",\"z\"\n\"2020-01-01\",\"7.5\",\"1\"\n\"2020-01-02\",\"8.5\",\"2\"\n")]
    [InlineData("date, y, z\n2020-01-01, \"7,5\", 1\n2020-01-02, \"8,5\", 2\n,,\n,,\n")]
    [InlineData("\n\ndate,y,z\n2020-01-01,7.5,1\n2020-01-02,8.5,2")]
    public void Separators_are_found(string text)
    {
        string[] paths = [Write("table.csv", text), WriteCompressed("table.csv.gz", text), WriteCompressed("no-matter-what-name", text)];
        foreach (string path in paths)
        {
            SeriesTable table = SeriesTable.Read(path);
            Assert.Equal(["y", "z"], table.Names);
            Assert.Equal([7.5, 8.5], table.Columns[0]);
            Assert.Equal([1.0, 2], table.Columns[1]);
            Assert.Equal([new DateTime(2020, 1, 1), new DateTime(2020, 1, 2)], table.Time!.Instants);
        }
    }

    [Fact]
    public void Points_beside_longer_whole_numbers_are_decimal_points()
    {
        Assert.Equal([5.0, 1500, 1.125], SeriesTable.Read(Write("points.csv", "a\n5\n1500\n1.125\n")).Columns[0]);
    }

    [Fact]
    public void A_single_column_may_have_decimal_commas()
    {
        Assert.Equal([7.5, 8.25], SeriesTable.Read(Write("one.csv", "y\n7,5\n8,25\n")).Columns[0]);
    }

    [Fact]
    public void Encodings_are_recognised()
    {
        const string Text = "time,größe\n2020-01-01,1.5\n2020-01-02,2.5\n";
        Encoding[] encodings =
        [
            new UTF8Encoding(true), new UTF8Encoding(false), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true),
            new UnicodeEncoding(false, false),
            new UnicodeEncoding(true, false), new UTF32Encoding(false, true), Encoding.Latin1,
        ];
        foreach (Encoding encoding in encodings)
        {
            SeriesTable table = SeriesTable.Read(WriteBytes("encoded.csv", [.. encoding.GetPreamble(), .. encoding.GetBytes(Text)]));
            Assert.Equal("größe", table.Names[0]);
            Assert.Equal([1.5, 2.5], table.Columns[0]);
            Assert.NotNull(table.Time);
        }
        Assert.Equal("€", SeriesTable.Read(WriteBytes("windows.csv", [0x80, (byte)'\n', (byte)'1', (byte)'\n'])).Names[0]);
    }

    [Fact]
    public void Other_formats_than_text_are_recognised()
    {
        Assert.Contains("no such file", Message(At("none.csv")), StringComparison.Ordinal);
        Assert.Contains("no such file", Message(At("none/none.csv")), StringComparison.Ordinal);
        Assert.Contains("name is empty", Message(""), StringComparison.Ordinal);
        Assert.Contains("this is a folder", Message(At("")), StringComparison.Ordinal);
        Assert.Contains("binary", Message(WriteBytes("binary.csv", [1, 0, 0, 0, 5, 6, 7])), StringComparison.Ordinal);
        Assert.Contains("Excel", Message(WriteBytes("book.xlsx", [(byte)'P', (byte)'K', 3, 4, 0, 0, 0])), StringComparison.Ordinal);
        string whole = WriteCompressed(
            "whole.csv.gz", "a\n" + string.Concat(Enumerable.Range(0, 5000).Select(static i => $"{i * 7919 % 10007}\n")));
        byte[] bytes = File.ReadAllBytes(whole);
        Assert.Contains("end too early", Message(WriteBytes("cut.csv.gz", bytes[..^2000])), StringComparison.Ordinal);
        bytes[bytes.Length / 2] ^= 0x55;
        Assert.Contains("damaged", Message(WriteBytes("bits.csv.gz", bytes)), StringComparison.Ordinal);

        static string Message(string path) => Assert.Throws<TableException>(() => SeriesTable.Read(path)).Message;
    }

    [DeniedFact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void An_unreadable_file_is_reported()
    {
        string path = Write("secret.csv", "a\n1\n");
        File.SetUnixFileMode(path, UnixFileMode.None);
        Assert.Contains("may not be read", Assert.Throws<TableException>(() => SeriesTable.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quotation_that_is_never_closed_takes_linear_time()
    {
        string path = Write("stray.csv", "date,\"v\n" + string.Concat(Enumerable.Range(0, 100_000).Select(static i => $"{i},7\n")));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains("is not closed", Assert.Throws<TableException>(() => SeriesTable.Read(path)).Message, StringComparison.Ordinal);
        // It took minutes when every line was counted with all the lines before it.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), watch.Elapsed.ToString());
    }

    [Fact]
    public void Comments_and_a_counted_header_are_reported_and_inches_are_text()
    {
        SeriesTable table = SeriesTable.Read(Write("comment.csv", "# made by hand, today\n#\ndate,v\n2020-01-01,1\n2020-01-02,2\n"));
        Assert.Equal([1.0, 2], table.Columns[0]);
        Assert.Equal([4, 5], table.Lines);
        Assert.Contains("Comments above the table", Assert.Single(table.Notices), StringComparison.Ordinal);
        SeriesTable named = SeriesTable.Read(Write("named.csv", "# date,v\n2020-01-01,1\n2020-01-02,2\n"));
        Assert.Equal(["v"], named.Names);
        Assert.Equal([1.0, 2], named.Columns[0]);
        Assert.Equal(["a"], SeriesTable.Read(Write("number.csv", "#,a\n1,5\n2,6\n")).Names);
        Assert.Contains("taken for the columns' names", Assert.Single(SeriesTable.Read(Write("frame.csv", "0,1,2\n5,6,7\n")).Notices),
            StringComparison.Ordinal);
        Assert.Equal(["5\" pipe"], SeriesTable.Read(Write("inch.csv", "date,5\" pipe\n2020-01-01,1\n2020-01-02,2\n")).Names);
    }

    [Fact]
    public void A_file_without_a_header_keeps_its_first_row()
    {
        SeriesTable table = SeriesTable.Read(Write("rows.csv", "2020-01-01,1.5,7\n2020-01-02,2.5,8\n2020-01-03,3.5,9\n"));
        Assert.Equal(["2", "3"], table.Names);
        Assert.Equal([1.5, 2.5, 3.5], table.Columns[0]);
        Assert.Equal([1, 2, 3], table.Lines);
        Assert.Contains(table.Notices, static n => n.Contains("no header", StringComparison.Ordinal));
        Assert.Equal([5.0, 6], SeriesTable.Read(Write("one.csv", "5\n6\n")).Columns[0]);
        Assert.Equal([5.0, 6], SeriesTable.Read(Write("blank.csv", "2020-01-01,,5\n2020-01-02,,6\n")).Columns[0]);
        Assert.Equal(["0", "1"], SeriesTable.Read(Write("pandas.csv", ",0,1\n0,1.5,2.5\n1,3.5,4.5\n")).Names);
        // Data frames without names call their columns 0, 1, 2.
        Assert.Equal([5.0], SeriesTable.Read(Write("frame.csv", "0,1,2\n5,6,7\n")).Columns[0]);
    }

    [Fact]
    public void Names_are_made_different_and_empty_columns_passed_over()
    {
        SeriesTable table = SeriesTable.Read(Write("names.csv", "a,a,b,\n1,2,3,\n4,5,6,\n"));
        Assert.Equal(["a", "a (2)", "b"], table.Names);
        Assert.Equal(2, table.Notices.Count);
        // It took quadratic time and memory when every number was tried for every column.
        string many = string.Join(',', Enumerable.Repeat("a", 50_000));
        Assert.Equal("a (50000)", SeriesTable.Read(Write("many.csv", $"{many}\n{many.Replace('a', '1')}\n")).Names[^1]);
    }

    [Fact]
    public void A_long_line_and_a_long_cell_are_no_trouble()
    {
        const int Columns = 20_000;
        string header = string.Join(",", Enumerable.Range(0, Columns).Select(static i => $"c{i}")),
            row = string.Join(",", Enumerable.Range(0, Columns));
        Assert.Equal(Columns, SeriesTable.Read(Write("wide.csv", $"{header}\n{row}\n")).Columns.Length);
        string message = Assert.Throws<TableException>(
            () => SeriesTable.Read(Write("cell.csv", $"a\n\"{new string('x', 100_000)}\n\"\n"))).Message;
        Assert.True(message.Length < 400 && !message.Contains('\n'), message);
    }

    [Fact]
    public void Cultures_change_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            foreach (string name in (string[])["de-DE", "tr-TR", "ar-SA", "th-TH"])
            {
                CultureInfo.CurrentCulture = new CultureInfo(name);
                SeriesTable table = SeriesTable.Read(Write("one.csv", "TIME,a\n2020-01-31,1.5\n2020-02-01,-1234.5\n"));
                Assert.Equal([1.5, -1234.5], table.Columns[0]);
                Assert.Equal(new DateTime(2020, 1, 31), table.Time!.Instants[0]);
                Assert.Equal("one.csv: 2 rows, 1 series (a); time 'TIME' (dates), rows 1 day apart", table.Summary);
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
