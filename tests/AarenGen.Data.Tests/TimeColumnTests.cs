using System.Globalization;

namespace AarenGen.Data.Tests;

/// <summary>When a row was: columns of times are recognised however they are written, never become series, and order the rows.</summary>
public sealed class TimeColumnTests : TemporaryFolder
{
    private const string Hour = "1 hour", Day = "1 day", Month = "1 month";

    [Theory]
    [InlineData("date", "2020-01-01 00:00:00|2020-01-01 01:00:00|2020-01-01 02:00:00", Hour)]
    [InlineData("date", "2020-01-01T00:00:00.000Z|2020-01-01T01:00:00.000Z|2020-01-01T02:00:00.000Z", Hour)]
    [InlineData("date", "2020-01-01T01:00:00+01:00|2020-01-01T02:00:00+0100|2020-01-01T03:00:00+01", Hour)]
    [InlineData("date", "2020-01-01 00:00 UTC|2020-01-01 01:00 UTC|2020-01-01 02:00 UTC", Hour)]
    [InlineData("date", "2020-01-01 01:00 CET|2020-01-01 02:00 CET|2020-01-01 03:00 CET", Hour)]
    [InlineData("date", "2020-01-01 00:00 IST|2020-01-01 01:00 IST|2020-01-01 02:00 IST", Hour)]
    [InlineData("date", "2020-01-01T01:00:00+01:00[Europe/Berlin]|2020-01-01T02:00:00+01:00[Europe/Berlin]|"
        + "2020-01-01T03:00:00+01:00[Europe/Berlin]", Hour)]
    [InlineData("date", "2019-12-31 24:00|2020-01-01 01:00|2020-01-01 02:00", Hour)]
    [InlineData("date", "2020-01-01 12:00 AM|2020-01-01 1:00 AM|2020-01-01 2:00 am", Hour)]
    [InlineData("date", "20200101T000000|20200101T010000|20200101T020000", Hour)]
    [InlineData("date", "202001010000|202001010100|202001010200", Hour)]
    [InlineData("date", "01JAN2020:00:00:00|01JAN2020:01:00:00|01JAN2020:02:00:00", Hour)]
    [InlineData("date", "Wed, 01 Jan 2020 00:00:00 GMT|Wed, 01 Jan 2020 01:00:00 GMT|Wed, 01 Jan 2020 02:00:00 GMT", Hour)]
    [InlineData("timestamp", "1577836800|1577840400|1577844000", Hour)]
    [InlineData("timestamp", "1577836800.0|1577840400.0|1577844000.0", Hour)]
    [InlineData("x", "1577836800000|1577840400000|1577844000000", Hour)]
    [InlineData("x", "1577836800000000|1577840400000000|1577844000000000", Hour)]
    [InlineData("x", "1577836800000000000|1577840400000000000|1577844000000000000", Hour)]
    [InlineData("Datum", "01.01.2020|02.01.2020|03.01.2020", Day)]
    [InlineData("date", "1/1/2020|1/2/2020|1/13/2020|1/14/2020", Day)]
    [InlineData("date", "01/01/2020|02/01/2020|03/01/2020|04/01/2020|05/01/2020|06/01/2020|07/01/2020|08/01/2020|09/01/2020|10/01/2020|"
        + "11/01/2020|12/01/2020|13/01/2020", Day)]
    [InlineData("date", "1990/1/1 0:00|1990/1/2 0:00|1990/1/3 0:00", Day)]
    [InlineData("date", "20200101|20200102|20200103", Day)]
    [InlineData("whatever", "20200101|20200102|20200103", Day)]
    [InlineData("date", "2020-001|2020-002|2020-003", Day)]
    [InlineData("date", "1-Jan-20|2-Jan-20|3-Jan-20", Day)]
    [InlineData("date", "Jan 1, 2020|January 2, 2020|Jan. 3, 2020", Day)]
    [InlineData("date", "43831|43832|43833", Day)]
    [InlineData("week", "2020-W01|2020-W02|2020-W03", "1 week")]
    [InlineData("week", "2020W52|2020W53|2021W01", "1 week")]
    [InlineData("week", "2019-W01-1|2019-W01-2|2019-W01-3", Day)]
    [InlineData("q", "2019Q4|2020Q1|2020Q2", "1 quarter")]
    [InlineData("q", "Q4 2019|Q1 2020|Q2 2020", "1 quarter")]
    [InlineData("month", "2019-12|2020-01|2020-02", Month)]
    [InlineData("month", "201912|202001|202002", Month)]
    [InlineData("x", "201912|202001|202002", Month)]
    [InlineData("date", "2019123123|2020010100|2020010101", Hour)]
    [InlineData("month", "12/2019|01/2020|02/2020", Month)]
    [InlineData("month", "Dec 2019|Jan 2020|Feb 2020", Month)]
    [InlineData("month", "2019-12-31|2020-01-31|2020-02-29", Month)]
    [InlineData("month", "01/01/2020|01/02/2020|01/03/2020|01/04/2020|01/05/2020|01/06/2020|01/07/2020|01/08/2020|01/09/2020|01/10/2020|"
        + "01/11/2020|01/12/2020|01/01/2021", Month)]
    [InlineData("year", "2018|2019|2020", "1 year")]
    [InlineData("time", "22:00|23:00|00:00", Hour)]
    [InlineData("time", "00:00:00.5|00:00:01.0|00:00:01.5", "0.5 seconds")]
    [InlineData("time", "0 days 00:00:00|0 days 01:00:00|0 days 02:00:00", Hour)]
    public void Times_are_recognised_and_never_a_series(string name, string cells, string? step)
    {
        string[] times = cells.Split('|');
        foreach (bool isLast in (bool[])[false, true])
        {
            if (isLast && name is "x" or "whatever")
            {
                continue;
            }
            string text = string.Concat(times.Select((t, i) => isLast ? $"{i * i + 0.5},\"{t}\"\n" : $"\"{t}\",{i * i + 0.5}\n"));
            SeriesTable table = SeriesTable.Read(Write("times.csv", (isLast ? $"y,{name}\n" : $"{name},y\n") + text));
            Assert.Equal(["y"], table.Names);
            Assert.Equal([.. Enumerable.Range(0, times.Length).Select(static i => i * i + 0.5)], table.Columns[0]);
            Assert.Equal(name, table.Time!.Name);
            Assert.Equal(step, table.Time.Step?.ToString());
            Assert.Empty(table.Notices);
        }
    }

    [Theory]
    [InlineData("2019-12-31 24:00|2020-01-01 01:00", "2020-01-01 00:00")]
    [InlineData("2020-01-01T01:00+01:00|2020-01-01T02:00+01:00", "2020-01-01 00:00")]
    [InlineData("2020-06-01 02:00 CEST|2020-06-01 03:00 CEST", "2020-06-01 00:00")]
    [InlineData("13/02/2020 07:30|14/02/2020 07:30", "2020-02-13 07:30")]
    [InlineData("02/13/2020 07:30|02/14/2020 07:30", "2020-02-13 07:30")]
    [InlineData("31.12.69|02.01.68", "2068-01-02 00:00")]
    [InlineData("2019-W01-2|2019-W01-3", "2019-01-01 00:00")]
    [InlineData("2020Q3|2020Q4", "2020-07-01 00:00")]
    [InlineData("2020-01-01 12:30 PM|2020-01-01 01:00 PM", "2020-01-01 12:30")]
    [InlineData("43831.5|43832.5", "2020-01-01 12:00")]
    [InlineData("1577836800|1577836860", "2020-01-01 00:00")]
    [InlineData("2016-12-31 23:59:60|2017-01-01 00:01:00", "2017-01-01 00:00")]
    public void The_first_moment_is_right(string cells, string first)
    {
        string[] times = cells.Split('|');
        TimeColumn? time = SeriesTable.Read(Write("times.csv", $"time,y\n{times[0]},1\n{times[1]},2\n")).Time;
        Assert.Equal(first, time!.Instants.Min().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void An_index_is_passed_over_with_a_notice()
    {
        foreach (string name in (string[])["", "Unnamed: 0", "index", "No"])
        {
            SeriesTable table = SeriesTable.Read(Write("index.csv", $"{name},y\n0,1.5\n1,2.5\n2,0.5\n"));
            Assert.Equal(["y"], table.Names);
            Assert.Contains(table.Notices, static n => n.Contains("numbers the rows", StringComparison.Ordinal));
        }
        // Rows that were left out or put together leave their numbers behind.
        Assert.Equal([1.5, 2.5, 0.5], SeriesTable.Read(Write("holes.csv", ",y\n0,1.5\n7,2.5\n9,0.5\n")).Columns[0]);
        Assert.Equal([1.5, 2.5, 0.5], SeriesTable.Read(Write("together.csv", ",y\n0,1.5\n1,2.5\n0,0.5\n")).Columns[0]);
        // A shuffled frame is put back in order.
        Assert.Equal([1.5, 2.5, 0.5], SeriesTable.Read(Write("shuffled.csv", ",y\n2,0.5\n0,1.5\n1,2.5\n")).Columns[0]);
        SeriesTable both = SeriesTable.Read(Write("both.csv", ",date,y\n0,2020-01-01,1\n1,2020-01-02,2\n"));
        Assert.Equal(["y"], both.Names);
        Assert.Equal("date", both.Time!.Name);
        // A second column of times is no series either.
        SeriesTable twice = SeriesTable.Read(Write("twice.csv", "date,timestamp,y\n2020-01-01,1577836800,1\n2020-01-02,1577923200,2\n"));
        Assert.Equal(["y"], twice.Names);
        Assert.Contains("'timestamp' holds times (unix seconds)", Assert.Single(twice.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_only_look_a_little_like_times_stay_series()
    {
        SeriesTable table = SeriesTable.Read(Write("meter.csv", "meter,y\n1000000000,1\n1000000002.5,2\n1000000001,3\n"));
        Assert.Equal(["meter", "y"], table.Names);
        Assert.Equal([2020.0], SeriesTable.Read(Write("year.csv", "year\n2020\n")).Columns[0]);
        Assert.Equal(["load", "y"], SeriesTable.Read(Write("load.csv", "load,y\n201901,1\n201977,2\n201950,3\n")).Names);
        Assert.Equal(["", "y"], SeriesTable.Read(Write("unnamed.csv", ",y\n3,1\n3,2\n5,3\n")).Names);
        Assert.Equal(["hour", "y"], SeriesTable.Read(Write("hour.csv", "hour,y\n22,1\n23,2\n0,3\n")).Names);
        Assert.Equal(["response time", "y"], SeriesTable.Read(Write("response.csv", "response time,y\n220,1\n310,2\n205,3\n")).Names);
    }

    [Theory]
    [InlineData("time,v\n3,30\n2,20\n1,10\n", null)]
    [InlineData("time,v\n3,30\n2,20\n1,10\n", "time")]
    [InlineData("t,v\n2,30\n0,10\n1,20\n", null)]
    [InlineData("time,v\n1.5,10\n2.25,20\n7,30\n", null)]
    [InlineData("a,k\n10,1\n30,7\n20,2.5\n", "k")]
    [InlineData("seq,v\n1,10\n2,20\n3,30\n", null)]
    [InlineData("rownames,v\n0,10\n1,20\n2,30\n", null)]
    [InlineData("index,v\n0,10\n2,20\n9,30\n", null)]
    [InlineData("id,v\n7,20\n9,30\n1,10\n", null)]
    [InlineData("index,v\n-1,20\n0,30\n-2,10\n", null)]
    [InlineData("Year,Qtr,v\n2020,1,10\n2020,2,20\n2020,3,30\n", null)]
    [InlineData("YEAR,MO,DY,HR,v\n2020,1,1,0,10\n2020,1,1,1,20\n2020,1,1,2,30\n", null)]
    [InlineData("year,doy,v\n2020,59,10\n2020,60,20\n2020,61,30\n", null)]
    [InlineData("year,week,v\n2020,52,10\n2020,53,20\n2021,1,30\n", null)]
    [InlineData("date,v\n30012020,10\n31012020,20\n1022020,30\n", null)]
    [InlineData("x,v\n200130,10\n200131,20\n200201,30\n", null)]
    [InlineData("Annee,v\n1700,10\n1701,20\n1702,30\n", null)]
    [InlineData("1700,10\n1701,20\n1702,30\n", null)]
    [InlineData("period,v\n199003,30\n199001,10\n199002,20\n", null)]
    [InlineData("x,v\n1577836800,10\n1577840417,20\n1577844099,30\n", null)]
    [InlineData("x,v\n1577836800,10\n1577836800.25,20\n1577836800.75,30\n", null)]
    [InlineData("date,hour,v\n2020-01-01,23,10\n2020-01-01,24,20\n2020-01-02,1,30\n", null)]
    [InlineData("date,hr,v\n2020-01-01,22,10\n2020-01-01,23,20\n2020-01-02,0,30\n", null)]
    [InlineData(",date,v\n0,2020-01-01,10\n1,2020-01-02,20\n2,2020-01-03,30\n", "date")]
    public void Times_and_counts_in_numbers_order_the_rows_and_are_no_series(string text, string? time)
    {
        SeriesTable table = SeriesTable.Read(Write("order.csv", text), new() { TimeColumn = time });
        Assert.Single(table.Names);
        Assert.Equal([10.0, 20, 30], table.Columns[0]);
    }

    [Theory]
    [InlineData("date,update_count,v\n2020-01-01,199001,1\n2020-01-02,199002,2\n2020-01-03,199003,3\n", "update_count v")]
    [InlineData("date,lifetime,v\n2020-01-01,30000,1\n2020-01-02,30001,2\n2020-01-03,30002,3\n", "lifetime v")]
    [InlineData("date,arrival time,v\n2020-01-01,30000,1\n2020-01-02,30001,2\n2020-01-03,30002,3\n", "arrival time v")]
    [InlineData("date,meter\n2020-01-01,20001001\n2020-01-02,20001002\n2020-01-03,20001003\n", "meter")]
    [InlineData("meter,v\n20001001,1\n20001001,2\n20001002,3\n20001002,2\n20001002,3\n", "meter v")]
    [InlineData("date,NO,v\n2020-01-01,17,1\n2020-01-02,12,2\n2020-01-03,19,3\n", "NO v")]
    [InlineData("date,month,v\n2020-01-01,1,1\n2020-02-01,2,2\n2020-03-01,3,3\n", "month v")]
    [InlineData("date,hour,v\n2020-01-01,7,1\n2020-01-02,9,2\n2020-01-03,8,3\n", "hour v")]
    public void Quantities_stay_series(string text, string names)
    {
        Assert.Equal(names, string.Join(' ', SeriesTable.Read(Write("series.csv", text)).Names));
    }

    [Fact]
    public void A_word_for_time_over_other_numbers_is_rejected()
    {
        string path = Write("quarter.csv", "quarter,v\n1,10\n2,20\n1,30\n");
        TableException error = Assert.Throws<TableException>(() => SeriesTable.Read(path));
        Assert.Contains("the name is a word for time", error.Message, StringComparison.Ordinal);
        Assert.Equal("quarter", error.Column);
        Assert.Equal(["quarter", "v"], SeriesTable.Read(path, new() { TimeColumn = "none" }).Names);
    }

    [Fact]
    public void Elapsed_times_and_years_with_decimals_are_passed_over()
    {
        foreach (string cells in (string[])["0|0.01|0.02|0.03", "1958.2083|1958.2917|1958.3750|1958.4583", "5|10|15|20"])
        {
            SeriesTable table = SeriesTable.Read(
                Write("elapsed.csv", "time,y\n" + string.Concat(cells.Split('|').Select(static (t, i) => $"{t},{i * i + 0.5}\n"))));
            Assert.Equal(["y"], table.Names);
            Assert.Contains("orders the rows", Assert.Single(table.Notices), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Days_and_times_of_day_in_two_columns_are_one()
    {
        SeriesTable table = SeriesTable.Read(
            Write("power.csv", "Date;Time;kW\n16/12/2006;17:24:00;4.216\n16/12/2006;17:25:00;5.360\n16/12/2006;17:26:00;5.374\n"));
        Assert.Equal(["kW"], table.Names);
        Assert.Equal(new DateTime(2006, 12, 16, 17, 24, 0), table.Time!.Instants[0]);
        Assert.Equal("1 minute", table.Time.Step.ToString());
        SeriesTable after = SeriesTable.Read(
            Write("after.csv", "Zeit;Datum;v\n01:00;02.01.2020;3\n23:00;01.01.2020;1\n00:00;02.01.2020;2\n"));
        Assert.Equal(["v"], after.Names);
        Assert.Equal([1.0, 2, 3], after.Columns[0]);
        Assert.Equal(new DateTime(2020, 1, 1, 23, 0, 0), after.Time!.Instants[0]);
        SeriesTable parts = SeriesTable.Read(
            Write("parts.csv", "No,year,month,day,hour,pm\n1,2010,1,1,0,5\n2,2010,1,1,1,6\n3,2010,1,1,2,7\n"));
        Assert.Equal(["pm"], parts.Names);
        Assert.Equal(Hour, parts.Time!.Step.ToString());
    }

    [Fact]
    public void The_user_may_say_which_column_is_the_time_or_that_none_is()
    {
        string path = Write("two.csv", "made,due,y\n2020-01-03,2020-02-01,1\n2020-01-02,2020-02-02,2\n2020-01-01,2020-02-03,3\n");
        SeriesTable first = SeriesTable.Read(path), due = SeriesTable.Read(path, new() { TimeColumn = "due" }),
            none = SeriesTable.Read(path, new() { TimeColumn = "none" });
        Assert.Equal(("made", "due", null), (first.Time!.Name, due.Time!.Name, none.Time?.Name));
        Assert.Equal([3.0, 2, 1], first.Columns[0]);
        Assert.Equal([1.0, 2, 3], due.Columns[0]);
        Assert.Equal([1.0, 2, 3], none.Columns[0]);
        Assert.Equal(2, none.Notices.Count);
        Assert.Contains("no column 'x'", Assert.Throws<TableException>(() => SeriesTable.Read(path, new() { TimeColumn = "x" })).Message,
            StringComparison.Ordinal);
        Assert.Contains("'y': the numbers are no unix times", Assert.Throws<TableException>(
            () => SeriesTable.Read(Write("y.csv", "x,y\n1,2.5\n2,0.5\n4,2.5\n"), new() { TimeColumn = "y" })).Message,
            StringComparison.Ordinal);
        SeriesOptions noTime = new() { TimeColumn = "none" };
        Assert.Equal(["t", "y"], SeriesTable.Read(Write("unix.csv", "t,y\n1577836800,1\n1577840400,2\n"), noTime).Names);
        Assert.Equal(["y"], SeriesTable.Read(Write("broken.csv", "t,y\n2020-01-01,1\n2020-13-01,2\n2020-01-03,2\n"), noTime).Names);
    }

    [Fact]
    public void Rows_are_sorted_by_time_with_a_notice()
    {
        SeriesTable table = SeriesTable.Read(Write("unsorted.csv", "date,y\n2020-01-02,2\n2020-01-01,1\n2020-01-04,4\n2020-01-03,3\n"));
        Assert.Equal([1.0, 2, 3, 4], table.Columns[0]);
        Assert.Equal([3, 2, 5, 4], table.Lines);
        Assert.Equal(Day, table.Time!.Step.ToString());
        Assert.Contains(table.Notices, static n => n.Contains("line 3 is the first", StringComparison.Ordinal));
        // Offsets order by the instant, not by the clock.
        Assert.Equal([1.0, 2], SeriesTable.Read(
            Write("zones.csv", "date,y\n2020-10-25T02:30+02:00,1\n2020-10-25T02:00+01:00,2\n")).Columns[0]);
    }

    [Fact]
    public void A_clock_set_back_is_reported_and_its_rows_stay()
    {
        string rows = string.Concat(Enumerable.Range(0, 300).Select(static i => string.Create(
            CultureInfo.InvariantCulture, $"{new DateTime(2020, 10, 20).AddHours(i <= 150 ? i : i - 1):yyyy-MM-dd HH:mm},{i}\n")));
        SeriesTable table = SeriesTable.Read(Write("clock.csv", "date,y\n" + rows));
        Assert.Equal([.. Enumerable.Range(0, 300).Select(static i => (double)i)], table.Columns[0]);
        Assert.Contains("Rows with the time of the row before: 1,", Assert.Single(table.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_set_back_repeats_the_rows_of_an_hour()
    {
        string rows = string.Concat(Enumerable.Range(0, 30).Select(static i => string.Create(
            CultureInfo.InvariantCulture, $"{new DateTime(2020, 10, 25).AddMinutes(15 * (i < 12 ? i : i - 4)):yyyy-MM-dd HH:mm},{i}\n")));
        SeriesTable table = SeriesTable.Read(Write("quarters.csv", "date,y\n" + rows));
        Assert.Equal([.. Enumerable.Range(0, 30).Select(static i => (double)i)], table.Columns[0]);
        Assert.Contains("line 14: rows whose times repeat earlier ones: 4", Assert.Single(table.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_has_the_gaps()
    {
        Assert.Equal(
            "gaps.csv: 5 rows, 1 series (y); time 'date' (dates), rows 1 day apart, gaps: 1",
            SeriesTable.Read(Write("gaps.csv", "date,y\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2020-01-07,4\n2020-01-08,5\n")).Summary);
    }
}
