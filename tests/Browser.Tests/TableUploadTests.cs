namespace Browser.Tests;

/// <summary>What the page does with tables and series, on .NET's own runtime.</summary>
public sealed class TableUploadTests : TemporaryFolder
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Readings_of_an_hour_are_averaged_and_sorted()
    {
        IEnumerable<string> rows = Enumerable.Range(0, 2 * 24 * 60).Reverse()
            .Select(static i => FormattableString.Invariant($"{Start.AddMinutes(30 * i):yyyy-MM-ddTHH:mmZ},{i % 2 + i / 2}"));
        IReadOnlyList<Reading> hours = TableUpload.Read(Write("table.csv", "time,value\n" + string.Join('\n', rows)));
        Assert.Equal(24 * 60, hours.Count);
        for (int i = 0; i < hours.Count; i++)
        {
            Assert.Equal(new Reading { Time = Start.AddHours(i), Value = i + 0.5f }, hours[i]);
        }
    }

    [Fact]
    public void Of_a_long_table_the_latest_days_are_used_and_a_missing_value_stays_missing()
    {
        IEnumerable<string> rows = Enumerable.Range(0, 24 * 200)
            .Select(static i => FormattableString.Invariant($"{Start.AddHours(i):yyyy-MM-ddTHH:mmZ},{(i == 4700 ? "" : $"{i}")}"));
        IReadOnlyList<Reading> hours = TableUpload.Read(Write("table.csv", "time,value\n" + string.Join('\n', rows)));
        Assert.Equal(24 * TableUpload.MaxDays, hours.Count);
        Assert.Equal(Start.AddHours(24 * 200 - 1), hours[^1].Time);
        Assert.Equal(Start.AddHours(4700), Assert.Single(hours, static h => h.Value is null).Time);
    }

    [Fact]
    public void A_series_is_divided_at_midnights()
    {
        var session = new Session(SampleSeries.Create());
        Assert.Equal(new DateTimeOffset(2026, 3, 16, 0, 0, 0, TimeSpan.Zero), session.ValidateFrom);
        Assert.Equal(session.ValidateFrom.AddDays(14), session.LiveFrom);
        Assert.All(SampleSeries.Faults, f => Assert.InRange(f, session.LiveFrom, session.Readings[^1].Time));
    }
}
