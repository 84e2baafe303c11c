namespace AarenGen.Data.Tests;

/// <summary>Local times become moments, also when clocks change.</summary>
public sealed class LocalClockTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void An_hour_that_comes_twice_is_told_apart_by_the_order_of_the_times()
    {
        // Back at 03:00 summer time on 25 October 2020: 02:00 to 02:59 comes twice. 00:00 UTC is the first 02:00.
        var clock = new LocalClock(Berlin);
        DateTime[] local = [At(1, 30), At(2, 0), At(2, 30), At(2, 0), At(2, 30), At(3, 0)];
        int[] minutes = [-30, 0, 30, 60, 90, 120];
        var midnight = new DateTimeOffset(2020, 10, 25, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(minutes.Select(m => midnight.AddMinutes(m)), local.Select(clock.ToUtc));
        Assert.Equal((4, 0), (clock.AmbiguousCount, clock.SkippedCount));

        static DateTime At(int hour, int minute) => new(2020, 10, 25, hour, minute, 0);
    }

    [Fact]
    public void Equal_times_of_hourly_rows_are_the_two_passages()
    {
        var clock = new LocalClock(Berlin);
        DateTimeOffset[] utc = [.. ((int[])[1, 2, 2, 3]).Select(hour => clock.ToUtc(new(2020, 10, 25, hour, 0, 0)))];
        Assert.Equal([1.0, 1, 1], utc.Zip(utc.Skip(1)).Select(static p => (p.Second - p.First).TotalHours));
    }

    [Fact]
    public void Every_hour_of_years_comes_back_from_its_local_time()
    {
        foreach (string name in (string[])["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
        {
            TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(name);
            var clock = new LocalClock(zone);
            for (var utc = new DateTimeOffset(2019, 1, 1, 0, 0, 0, TimeSpan.Zero); utc.Year < 2022; utc = utc.AddMinutes(30))
            {
                Assert.Equal(utc, clock.ToUtc(TimeZoneInfo.ConvertTime(utc, zone).DateTime));
            }
            Assert.Equal(0, clock.SkippedCount);
        }
    }

    [Fact]
    public void Falling_times_ambiguous_ones_and_skipped_ones_are_refused_where_they_must_be()
    {
        var falling = new LocalClock(Berlin);
        falling.ToUtc(new(2020, 10, 25, 4, 0, 0));
        Assert.Contains("fall", Assert.Throws<ArgumentException>(() => falling.ToUtc(new(2020, 10, 25, 2, 0, 0))).Message,
            StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Throws<ArgumentException>(
            () => new LocalClock(Berlin, AmbiguousTimes.Refuse).ToUtc(new(2020, 10, 25, 2, 0, 0))).Message, StringComparison.Ordinal);
        Assert.Contains("never showed", Assert.Throws<ArgumentException>(
            () => new LocalClock(Berlin).ToUtc(new(2020, 3, 29, 2, 30, 0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_options_choose_a_passage_and_read_a_clock_that_was_not_set()
    {
        DateTime twice = new(2020, 10, 25, 2, 0, 0), never = new(2020, 3, 29, 2, 30, 0);
        Assert.Equal(0, new LocalClock(Berlin, AmbiguousTimes.Earlier).ToUtc(twice).Hour);
        Assert.Equal(1, new LocalClock(Berlin, AmbiguousTimes.Later).ToUtc(twice).Hour);
        Assert.Equal(new DateTimeOffset(2020, 3, 29, 1, 30, 0, TimeSpan.Zero),
            new LocalClock(Berlin, skipped: SkippedTimes.NotSetForward).ToUtc(never));
    }
}
