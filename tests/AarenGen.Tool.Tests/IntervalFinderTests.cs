using System.Globalization;
using AarenGen.Tool.Tables;

namespace AarenGen.Tool.Tests;

public class IntervalFinderTests
{
    [Theory]
    [InlineData(3600, "1h")]
    [InlineData(900, "15min")]
    [InlineData(86_400, "1d")]
    [InlineData(604_800, "1w")]
    [InlineData(7200, "2h")]
    [InlineData(0.25, "250ms")]
    public void Regular_rows_have_their_own_interval(double seconds, string expected) => Assert.Equal(expected, Find(
        Enumerable.Range(0, 50).Select(i => Start.AddSeconds(i * seconds))));

    [Theory]
    [InlineData(1, "1mo")]
    [InlineData(3, "1q")]
    [InlineData(12, "1y")]
    public void Months_have_as_many_days_as_the_calendar_gives_them(int months, string expected) =>
        Assert.Equal(expected, Find(Enumerable.Range(0, 20).Select(i => Start.AddMonths(i * months))));

    [Fact]
    public void Gaps_do_not_count() => Assert.Equal("1h", Find(
        Enumerable.Range(0, 100).Where(static i => i % 10 is not (3 or 4)).Select(static i => Start.AddHours(i))));

    [Fact]
    public void Business_days_are_days() => Assert.Equal("1d", Find(
        Enumerable.Range(0, 60).Select(static i => Start.AddDays(i))
            .Where(static d => d.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday))));

    [Fact]
    public void Irregular_rows_are_collected_in_a_usual_interval()
    {
        var random = new Random(1);
        DateTime at = Start;
        Assert.Equal("1h", Find(Enumerable.Range(0, 200).Select(_ => at = at.AddSeconds(random.Next(1800, 3000)))));
        // Nearly an hour, with some seconds of jitter.
        Assert.Equal("1h", Find(Enumerable.Range(0, 200).Select(i => Start.AddHours(i).AddSeconds(random.Next(0, 30)))));
    }

    [Fact]
    public void One_time_has_no_interval() => Assert.Null(Find([Start, Start]));

    private static readonly DateTime Start = DateTime.Parse("2024-01-01", CultureInfo.InvariantCulture);

    private static string? Find(IEnumerable<DateTime> times) => IntervalFinder.Find([[.. times.Select(static t => t.Ticks).Order()]]);
}
