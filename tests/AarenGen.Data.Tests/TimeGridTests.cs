namespace AarenGen.Data.Tests;

/// <summary>Regular grids of time.</summary>
public sealed class TimeGridTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("15min", "2020-02-29T13:44:59Z", "2020-02-29T13:30:00Z", "2020-02-29T13:45:00Z")]
    [InlineData("1h", "1999-12-31T23:59:59Z", "1999-12-31T23:00:00Z", "2000-01-01T00:00:00Z")]
    [InlineData("250ms", "2020-01-01T00:00:00.999Z", "2020-01-01T00:00:00.750Z", "2020-01-01T00:00:01Z")]
    [InlineData("d", "2020-02-29T13:44:59Z", "2020-02-29T00:00:00Z", "2020-03-01T00:00:00Z")]
    [InlineData("w", "2020-03-01T23:00:00Z", "2020-02-24T00:00:00Z", "2020-03-02T00:00:00Z")]
    [InlineData("mo", "2020-02-29T13:44:59Z", "2020-02-01T00:00:00Z", "2020-03-01T00:00:00Z")]
    [InlineData("q", "1999-05-31T00:00:00Z", "1999-04-01T00:00:00Z", "1999-07-01T00:00:00Z")]
    [InlineData("y", "2020-02-29T00:00:00Z", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")]
    public void A_moment_lies_in_its_interval(string every, string moment, string start, string end)
    {
        TimeGrid grid = TimeGrid.Parse(every);
        long index = grid.IndexOf(DateTimeOffset.Parse(moment, null));
        Assert.Equal((DateTimeOffset.Parse(start, null), DateTimeOffset.Parse(end, null)), (grid.StartOf(index), grid.StartOf(index + 1)));
        Assert.Equal(TimeGrid.Parse(grid.ToString()), grid);
    }

    [Fact]
    public void Days_of_a_zone_have_the_hours_that_its_clock_shows()
    {
        TimeGrid grid = TimeGrid.Days(1, Berlin);
        long index = grid.IndexOf(new(2020, 3, 28, 23, 0, 0, TimeSpan.Zero));
        Assert.Equal(new DateTimeOffset(2020, 3, 28, 23, 0, 0, TimeSpan.Zero), grid.StartOf(index));
        Assert.Equal(23, (grid.StartOf(index + 1) - grid.StartOf(index)).TotalHours);
        long autumn = grid.IndexOf(new(2020, 10, 25, 12, 0, 0, TimeSpan.Zero));
        Assert.Equal(25, (grid.StartOf(autumn + 1) - grid.StartOf(autumn)).TotalHours);
        // Midnight of 4 November 2018 did not exist in São Paulo: the day began at 01:00.
        TimeGrid brazil = TimeGrid.Days(1, TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo"));
        long skipped = brazil.IndexOf(new(2018, 11, 4, 12, 0, 0, TimeSpan.Zero));
        Assert.Equal(new DateTimeOffset(2018, 11, 4, 3, 0, 0, TimeSpan.Zero), brazil.StartOf(skipped));
        Assert.Equal(skipped, brazil.IndexOf(brazil.StartOf(skipped)));
    }

    [Fact]
    public void Starts_and_indices_are_inverse()
    {
        TimeGrid[] grids = [TimeGrid.Every(TimeSpan.FromMinutes(7)), TimeGrid.Days(3, Berlin), TimeGrid.Months(5, Berlin)];
        foreach (TimeGrid grid in grids)
        {
            for (long index = -3000; index <= 3000; index += 7)
            {
                DateTimeOffset start = grid.StartOf(index);
                Assert.Equal(index, grid.IndexOf(start));
                Assert.Equal(index - 1, grid.IndexOf(start.AddTicks(-1)));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0h")]
    [InlineData("-1h")]
    [InlineData("1.5h")]
    [InlineData("10001s")]
    [InlineData("1 fortnight")]
    public void Other_texts_are_refused(string text) =>
        Assert.Contains("15min", Assert.Throws<FormatException>(() => TimeGrid.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Texts_of_grids_that_cannot_be_parsed_are_those_with_ticks_or_large_numbers()
    {
        TimeGrid[] grids = [TimeGrid.Every(TimeSpan.FromTicks(3)), TimeGrid.Every(TimeSpan.FromMinutes(10_001)),
            TimeGrid.Every(TimeSpan.FromHours(10_000)), TimeGrid.Days(10_000), TimeGrid.Parse("10000w"), TimeGrid.Months(9_999)];
        Assert.Equal(["3ticks", "10001min", "10000h", "10000d", "10000w", "3333q"], grids.Select(static g => g.ToString()));
        Assert.All(grids.Take(2), static g => Assert.Throws<FormatException>(() => TimeGrid.Parse(g.ToString())));
        Assert.All(grids.Skip(2), static g => Assert.Equal(g, TimeGrid.Parse(g.ToString())));
    }

    [Fact]
    public void The_calendar_has_ends() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeGrid.Months().StartOf(long.MaxValue / 2));
}
