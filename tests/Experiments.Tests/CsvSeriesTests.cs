using System.Globalization;

namespace Experiments.Tests;

/// <summary>Series from .csv and .csv.gz files.</summary>
public sealed class CsvSeriesTests : TemporaryFolder
{
    [Theory]
    [InlineData("", null, null, "the file is empty")]
    [InlineData("\n1\n", null, null, "begins with a blank line")]
    [InlineData("date,a\n", null, null, "no rows below the header")]
    [InlineData("date,a\n\n\n", null, null, "no rows below the header")]
    [InlineData("date\n2020-01-01\n", null, null, "no column of numbers")]
    [InlineData("date,a\n2020-01-01,1\n2020-01-02,x\n", 3, "a", "'x' is no finite number")]
    [InlineData("date,a,b\n2020-01-01,1,2\n2020-01-02,,2\n", 3, "a", "the cell is empty")]
    [InlineData("date,a\n2020-01-01,1\n2020-01-02\n", 3, null, "cells: 1, but the header has 2")]
    [InlineData("a,b\n1,2\n1,2,3\n", 3, null, "cells: 3, but the header has 2")]
    [InlineData("a\n1\nNaN\n", 3, "a", "'NaN' is no finite number")]
    [InlineData("a\n1e39\n", 2, "a", "'1e39' is no finite number")]
    [InlineData("a\n1\n\n2\n", 3, null, "the line is blank")]
    [InlineData("a,b\n1,2\n\n1,2\n", 3, null, "the line is blank")]
    [InlineData("name,a\nfirst,1\n", 2, "name", "'first' is no finite number")]
    [InlineData("a,date\n1,2020-01-01\n", 2, "date", "'2020-01-01' is no finite number")]
    [InlineData("a\r\n1\r\n2\"\r\n", 3, "a", "is no finite number")]
    [InlineData("a,b\n\"1,5\",2\n", 2, "a", "'1,5' is no finite number")]
    [InlineData("a,b\n\"-1,5\",2\n", 2, "a", "'-1,5' is no finite number")]
    [InlineData("date;a\n2020-01-01;1\n", 2, "date;a", "is no finite number")]
    public void A_bad_file_is_refused_where_it_is_bad(string text, int? line, string? column, string expected)
    {
        string path = Write("bad.csv", text);
        TableException error = Assert.Throws<TableException>(() => CsvSeries.Read(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Equal((path, line, column), (error.Path, error.Line, error.Column));
    }

    [Fact]
    public void A_missing_or_damaged_file_is_named()
    {
        Assert.Contains("no such file", Assert.Throws<TableException>(() => CsvSeries.Read(At("none.csv"))).Message, StringComparison.Ordinal);
        string text = Write("text.csv.gz", "a\n1\n");
        Assert.Contains("damaged", Assert.Throws<TableException>(() => CsvSeries.Read(text)).Message, StringComparison.Ordinal);
        string whole = WriteCompressed("whole.csv.gz", "a\n" + string.Concat(Enumerable.Range(0, 5000).Select(static i => $"{i * 7919 % 10007}\n")));
        File.WriteAllBytes(At("cut.csv.gz"), File.ReadAllBytes(whole)[..^2000]);
        Assert.Contains("end too early", Assert.Throws<TableException>(() => CsvSeries.Read(At("cut.csv.gz"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("date,a,b\n2016-07-01 00:00:00,1.5,-2\n2016-07-01 01:00:00,1e3,4\n", 2)]
    [InlineData("date,a,b\r\n1990/1/1 0:00,1.5,-2\r\n1990/1/2 0:00,1e3,4\r\n\r\n", 2)]
    [InlineData("a,b\n1.5,-2\n1e3,4", 2)]
    [InlineData("time,a,b\n00:15:00,1.5,-2\n00:30:00,1e3,4\n", 2)]
    public void Numbers_are_read_row_by_row_and_dates_left_out(string text, int rows)
    {
        foreach (string path in (string[])[Write("good.csv", text), WriteCompressed("good.csv.gz", text)])
        {
            CsvSeries series = CsvSeries.Read(path);
            Assert.Equal(["a", "b"], series.Names);
            Assert.Equal([1.5f, -2, 1000, 4], series.Values);
            Assert.Equal((rows, 2), (series.Rows, series.Columns));
        }
    }

    [Fact]
    public void One_cell_is_a_series_and_a_year_is_a_number()
    {
        Assert.Equal([2020f], CsvSeries.Read(Write("one.csv", "year\n2020\n")).Values);
    }

    [Fact]
    public void A_culture_with_decimal_commas_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.Equal([1.5f], CsvSeries.Read(Write("one.csv", "date,a\n2020-01-31,1.5\n")).Values);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [DataTheory]
    [InlineData("ETTh1.csv", 17420, 7, 30.531)]
    [InlineData("ETTm1.csv.gz", 69680, 7, 30.531)]
    [InlineData("exchange_rate.csv", 7588, 8, 0.593)]
    public void The_benchmarks_are_read(string name, int rows, int columns, double lastOfFirstRow)
    {
        CsvSeries series = CsvSeries.Read(BenchmarkData.At("forecasting", name));
        Assert.Equal((rows, columns), (series.Rows, series.Columns));
        Assert.Equal("OT", series.Names[^1]);
        // Half a unit of the last decimal given here.
        Assert.Equal(lastOfFirstRow, series.Values[columns - 1], 5e-4);
    }
}
