namespace AarenGen.Data.Tests;

public class LiveTableTests
{
    [Theory]
    [InlineData("time,load,site,ok\n2025-01-01T10:00+01:00,1.5,\"a, \"\"b\"\"\",true\n\n2025-01-01,,-,\n")]
    [InlineData("time;load;site;ok\n2025-01-01T10:00+01:00;1.5;a, \"b\";true\n2025-01-01;NA;;\n")]
    [InlineData("{\"time\":\"2025-01-01T10:00+01:00\",\"load\":1.5,\"site\":\"a, \\\"b\\\"\",\"ok\":true}\n"
        + "{\"ok\":null,\"site\":null,\"load\":null,\"time\":\"2025-01-01\",\"more\":[1]}")]
    public void Rows_are_read_from_CSV_and_from_JSON(string text)
    {
        using LiveTable table = LiveTable.Open(new StringReader(text));
        Assert.Equal(["time", "load", "site", "ok"], table.Columns.Select(static c => c.Name));
        Assert.True(table.Read());
        Assert.Equal(new DateTimeOffset(2025, 1, 1, 9, 0, 0, TimeSpan.Zero), table.GetTime(0));
        Assert.Equal((1.5, "a, \"b\"", true), (table.GetDouble(1), table.GetText(2).ToString(), table.GetBoolean(3)));
        Assert.True(table.Read());
        Assert.Equal(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero), table.GetTime(0));
        Assert.True(double.IsNaN(table.GetDouble(1)));
        Assert.True(table.IsMissing(2) && table.IsMissing(3));
        Assert.False(table.Read());
    }

    [Theory]
    [InlineData("time;\"load, kW, mean, net\";plan\n2025-01-01;1;2\n")]
    [InlineData("sep=;\ntime;\"load, kW, mean, net\";plan\n2025-01-01;1;2\n")]
    [InlineData("SEP=,\r\ntime,\"load, kW, mean, net\",plan\r\n2025-01-01,1,2\r\n")]
    [InlineData("sep=:\ntime:load, kW, mean, net:plan\n2025-01-01:1:2\n")]
    public void The_separator_is_found_as_that_of_a_file(string text)
    {
        using LiveTable table = LiveTable.Open(new StringReader(text));
        Assert.Equal(["time", "load, kW, mean, net", "plan"], table.Columns.Select(static c => c.Name));
        Assert.True(table.Read());
        Assert.Equal((1, 2), (table.GetDouble(1), table.GetDouble(2)));
        using var folder = new Folder();
        using TableFile file = TableFile.Open(folder.With(text));
        Assert.Equal(table.Columns.Select(static c => c.Name), file.Columns.Select(static c => c.Name));
    }

    [Fact]
    public void A_row_is_read_as_soon_as_its_line_has_come()
    {
        var lines = new Queue<string>(["a,b", "1,2"]);
        using LiveTable table = LiveTable.Open(new LineReader(lines));
        Assert.True(table.Read());
        Assert.Equal(2, table.GetInt64(1));
        // The next line is not there yet: nothing has asked for it.
        Assert.Throws<InvalidOperationException>(() => table.Read());
    }

    [Theory]
    [InlineData("", "there is no line")]
    [InlineData("sep=;\n", "there is no header below")]
    [InlineData("a,a\n", "columns need names, each once")]
    [InlineData("a,\n", "columns need names, each once")]
    [InlineData("a,b\n1\n", "line 2: cells: 1, but the header has 2")]
    [InlineData("a,b\n1,\"x\n", "line 2: a quotation has no end")]
    [InlineData("a,b\n1,\"x\"y\n", "line 2: something follows a quotation")]
    [InlineData("{\"a\":1,\"b\":\"2025-01-01\"}\n{\"a\":1}\n", "line 2, column 'b': the object has no such property")]
    [InlineData("{\"a\":1,\"b\":\"2025-01-01\"}\n[1,2]\n", "line 2: the line is no object")]
    [InlineData("{\"a\":1,\"b\":\"2025-01-01\"}\n{\"a\":1,\n", "line 2: the line is no object")]
    [InlineData("{\"a\":1,\"b\":[2]}\n", "line 1, column 'b': the value is a list")]
    [InlineData("{\"a\":1,\"b\":\"\\ud800\"}\n", "line 1, column 'b': the text has half of a character")]
    [InlineData("{\"\\ud800\":1}\n", "line 1: a name has half of a character")]
    [InlineData("a,b\nx,1\n", "line 2, column 'a': 'x' is no finite number")]
    [InlineData("a,b\n\"1,5\",1\n", "line 2, column 'a': '1,5' is no finite number")]
    [InlineData("a,b\n1e999,1\n", "line 2, column 'a': '1e999' is no finite number")]
    [InlineData("a,b\n1,01/02/2025\n", "line 2, column 'b': '01/02/2025' is no time of ISO 8601")]
    [InlineData("a,b\n1,\n", "line 2, column 'b': the value is missing")]
    [InlineData("a,b\n1,0001-01-01T00:00:00+01:00\n", "line 2, column 'b': '0001-01-01T00:00:00+01:00' is no time of ISO")]
    [InlineData("a,b\n1,9999-12-31T23:59:59-01:00\n", "line 2, column 'b': '9999-12-31T23:59:59-01:00' is no time of ISO")]
    [InlineData("{\"a\":1,\"b\":\"2025-01-01\"}\n{\"a\":1,\"\\ud800\":2,\"b\":\"2025-01-01\"}\n", "line 2: a name has half")]
    public void What_is_wrong_is_told_with_its_line(string text, string expected)
    {
        TableException found = Assert.Throws<TableException>(() =>
        {
            using LiveTable table = LiveTable.Open(new StringReader(text));
            while (table.Read())
            {
                table.GetDouble(0);
                table.GetTime(1);
            }
        });
        Assert.Contains(expected, found.Message, StringComparison.Ordinal);
        Assert.StartsWith("standard input", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_wrong_row_the_next_one_is_read()
    {
        using LiveTable table = LiveTable.Open(new StringReader("a,b\n1\n3,4\n"));
        Assert.Throws<TableException>(() => table.Read());
        Assert.True(table.Read());
        Assert.Equal(3, table.GetInt64(0));
    }

    [Fact]
    public void Words_for_missing_values_are_added()
    {
        using LiveTable table = LiveTable.Open(new StringReader("a,b\n-9999,NA\n"), missingWords: ["-9999"]);
        Assert.True(table.Read());
        Assert.True(table.IsMissing(0) && table.IsMissing(1));
    }

    [Fact]
    public void A_local_time_that_a_clock_shows_twice_is_refused()
    {
        using LiveTable table = LiveTable.Open(
            new StringReader("t\n2025-10-26T01:30\n2025-10-26T02:30\n2025-10-26T02:30+01:00\n"),
            TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        Assert.True(table.Read());
        Assert.Equal(new DateTimeOffset(2025, 10, 25, 23, 30, 0, TimeSpan.Zero), table.GetTime(0));
        Assert.True(table.Read());
        Assert.Contains("twice or never; write the time with its offset",
            Assert.Throws<TableException>(() => table.GetTime(0)).Message, StringComparison.Ordinal);
        Assert.True(table.Read());
        Assert.Equal(new DateTimeOffset(2025, 10, 26, 1, 30, 0, TimeSpan.Zero), table.GetTime(0));
    }

    private sealed class Folder : TemporaryFolder
    {
        public string With(string text) => Write("t.csv", text);
    }

    private sealed class LineReader(Queue<string> lines) : TextReader
    {
        public override string? ReadLine() => lines.Dequeue();
    }
}
