namespace AarenGen.Data.Tests;

/// <summary>The season that baselines and features repeat.</summary>
public sealed class SeasonTests
{
    [Theory]
    [InlineData(3600, 1000, 24)]
    [InlineData(900, 1000, 96)]
    [InlineData(1800, 1000, 48)]
    [InlineData(600, 1000, 144)]
    [InlineData(60, 10000, 1440)]
    [InlineData(60, 1000, 60)]
    [InlineData(1, 1000, 60)]
    [InlineData(1, 200000, 86400)]
    [InlineData(21600, 1000, 4)]
    [InlineData(86400, 1000, 7)]
    [InlineData(604800, 1000, 52)]
    public void It_follows_from_the_step(int seconds, int trainRows, int expected)
    {
        Assert.Equal(expected, Season.Find(
            Table(trainRows, i => new DateTime(2020, 1, 1).AddSeconds((double)seconds * i)), trainRows).Rows);
    }

    [Fact]
    public void Months_quarters_and_working_days_have_their_own()
    {
        Assert.Equal(12, Season.Find(Table(100, static i => new DateTime(2000, 1, 31).AddMonths(i)), 100).Rows);
        Assert.Equal(4, Season.Find(Table(100, static i => new DateTime(2000, 1, 1).AddMonths(3 * i)), 100).Rows);
        Assert.Equal(5, Season.Find(Table(100, static i => new DateTime(2024, 1, 1).AddDays(i / 5 * 7 + i % 5)), 100).Rows);
    }

    [Fact]
    public void Without_times_it_is_found_in_the_series()
    {
        SeriesTable table = Table(200, null);
        Assert.Equal((12, "found by autocorrelation of 'y'"),
            (Season.Find(table, 200).Rows, Season.Find(table, 200).Source));
    }

    [Fact]
    public void A_season_is_found_and_a_line_or_a_constant_has_none()
    {
        Assert.Equal(12, Season.Detect([.. Enumerable.Range(0, 200).Select(static t => 0.1 * t + 3 * Math.Sin(2 * Math.PI * t / 12))]));
        Assert.Equal(12, Season.Detect([.. Enumerable.Range(0, 200).Select(static t => 1e9 + 3 * Math.Sin(2 * Math.PI * t / 12))]));
        Assert.Equal(1, Season.Detect([.. Enumerable.Range(0, 100).Select(static t => 0.1 * t)]));
        Assert.Equal(1, Season.Detect([.. Enumerable.Repeat(14.62, 100)]));
        var random = new Random(3);
        Assert.Equal(1, Season.Detect([.. Enumerable.Range(0, 2000).Select(_ => random.NextDouble())]));
        Assert.Equal(1, Season.Detect([1, 2]));
        Assert.Equal(1, Season.Detect([1]));
    }

    private static SeriesTable Table(int rows, Func<int, DateTime>? time) => new(
        "made.csv", ["y"], [[.. Enumerable.Range(0, rows).Select(static t => Math.Sin(2 * Math.PI * t / 12))]],
        [.. Enumerable.Range(2, rows)],
        time is null ? null : new("date", "dates", [.. Enumerable.Range(0, rows).Select(time)]), []);
}
