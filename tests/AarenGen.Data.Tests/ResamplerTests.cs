using CsCheck;

namespace AarenGen.Data.Tests;

/// <summary>Rows of irregular times on a regular grid.</summary>
public sealed class ResamplerTests
{
    private static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ResampledColumn[] AllAggregations =
        [.. Enum.GetValues<Aggregation>().Select(static how => new ResampledColumn(how.ToString(), how))];

    [Fact]
    public void Values_are_aggregated_and_missing_ones_do_not_count()
    {
        var resampler = new Resampler(TimeGrid.Parse("1h"), AllAggregations);
        (double Minute, double Value)[] rows = [(0, 4), (10, double.NaN), (20, 1), (59, 7), (60, double.NaN), (130, 5)];
        foreach ((double minute, double value) in rows)
        {
            resampler.Add("", Start.AddMinutes(minute), [.. AllAggregations.Select(_ => value)]);
        }
        RegularSeries series = Assert.Single(resampler.Finish());
        Assert.Equal(3, series.Rows);
        double[][] expected = [[4, double.NaN, 5], [12, double.NaN, 5], [4, double.NaN, 5], [7, double.NaN, 5], [1, double.NaN, 5],
            [7, double.NaN, 5], [3, 0, 1]];
        Assert.Equal(expected, AllAggregations.Select((_, c) => series.Column(c).ToArray()));
        Assert.Empty(series.Gaps);
        Assert.Equal([Start, Start.AddHours(1), Start.AddHours(2)], Enumerable.Range(0, 3).Select(series.TimeOf));
        Assert.Empty(resampler.Finish());
    }

    [Fact]
    public void Gaps_are_found_with_their_place_and_the_longest_one()
    {
        var resampler = new Resampler(TimeGrid.Parse("1h"), [new("v")]);
        foreach (int hour in (int[])[0, 1, 4, 5, 6, 10, 11, 12, 14])
        {
            resampler.Add("a", Start.AddHours(hour), [hour]);
        }
        RegularSeries series = Assert.Single(resampler.Finish());
        Assert.Equal([(2, 2), (7, 3), (13, 1)], series.Gaps.Select(static g => (g.FirstRow, g.Rows)));
        Assert.Equal((6, 15), (series.EmptyRows, series.Rows));
        Assert.Equal(new TimeGap(Start.AddHours(7), Start.AddHours(10), 7, 3), series.LongestGap);
        Assert.Equal(
            "'a': 15 rows of 1h from 2020-01-01 00:00:00Z, of 9 rows; gaps: 3 (6 rows), the longest of 3 from 2020-01-01 07:00:00Z",
            series.Summary);
    }

    [Fact]
    public void Equal_times_are_refused_merged_or_passed_over()
    {
        (DuplicateTimes, double)[] cases = [(DuplicateTimes.Merge, 2), (DuplicateTimes.KeepFirst, 1)];
        foreach ((DuplicateTimes how, double expected) in cases)
        {
            var resampler = new Resampler(TimeGrid.Parse("1h"), [new("v")], how);
            resampler.Add("", Start, [1]);
            resampler.Add("", Start, [3]);
            RegularSeries series = Assert.Single(resampler.Finish());
            Assert.Equal((expected, 1, 2), (series.Column(0)[0], series.DuplicateRows, series.RowsRead));
        }
        var strict = new Resampler(TimeGrid.Parse("1h"), [new("v")]);
        strict.Add("a", Start, [1]);
        strict.Add("b", Start, [1]);
        Assert.Contains("of the series 'a' has a row already", Assert.Throws<ArgumentException>(() => strict.Add("a", Start, [3])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Falling_times_infinite_values_and_endless_grids_are_refused()
    {
        var resampler = new Resampler(TimeGrid.Parse("1s"), [new("v")], maxRows: 1000);
        resampler.Add("", Start, [1]);
        Assert.Contains("lies before", Refused(Start.AddTicks(-1), 1), StringComparison.Ordinal);
        Assert.Contains("infinite", Refused(Start.AddSeconds(1), double.PositiveInfinity), StringComparison.Ordinal);
        Assert.Contains("1,001 intervals of 1s, more than 1,000", Refused(Start.AddSeconds(1000), 1), StringComparison.Ordinal);
        resampler.Add("", Start.AddSeconds(999), [2]);
        Assert.Equal(1000, resampler.Finish()[0].Rows);

        string Refused(DateTimeOffset time, double value) =>
            Assert.Throws<ArgumentException>(() => resampler.Add("", time, [value])).Message;
    }

    [Fact]
    public void All_series_and_columns_together_are_bounded()
    {
        var resampler = new Resampler(TimeGrid.Parse("1h"), [new("v"), new("w")], maxValues: 20);
        foreach (int round in (int[])[1, 2])
        {
            resampler.Add("a", Start, [1, 1]);
            resampler.Add("a", Start.AddHours(5), [1, 1]);
            resampler.Add("b", Start, [1, 1]);
            string problem = Assert.Throws<ArgumentException>(() => resampler.Add("b", Start.AddHours(4), [1, 1])).Message;
            Assert.Contains("of the series 'b' makes all series 11 intervals of 1h with 2 columns, more than 20 values", problem,
                StringComparison.Ordinal);
            resampler.Add("b", Start.AddHours(3), [1, 1]);
            Assert.Throws<ArgumentException>(() => resampler.Add("c", Start, [1, 1]));
            Assert.Equal([6, 4], resampler.Finish().Select(static s => s.Rows));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => new Resampler(TimeGrid.Days(), [new("v")], maxValues: 0));
    }

    [Fact]
    public void A_key_whose_first_row_is_refused_has_no_series()
    {
        var resampler = new Resampler(TimeGrid.Parse("1h"), [new("v")]);
        resampler.Add("a", Start, [1]);
        Assert.Throws<ArgumentException>(() => resampler.Add("b", Start, [double.NegativeInfinity]));
        resampler.Add("a", Start.AddHours(1), [2]);
        Assert.Equal("a", Assert.Single(resampler.Finish()).Key);
    }

    [Theory]
    [InlineData(Aggregation.Sum, double.MaxValue)]
    [InlineData(Aggregation.Mean, double.MaxValue / 2)]
    public void Sums_too_large_for_a_number_are_refused_and_leave_the_series_as_it_was(Aggregation how, double expected)
    {
        var resampler = new Resampler(TimeGrid.Parse("1h"), [new("count", Aggregation.Count), new("v", how)]);
        resampler.Add("a", Start, [1, double.MaxValue]);
        string problem = Assert.Throws<ArgumentException>(() => resampler.Add("a", Start.AddMinutes(1), [1, double.MaxValue])).Message;
        Assert.Contains("'v' in the interval of 2020-01-01 00:01:00Z of the series 'a' is too large", problem, StringComparison.Ordinal);
        resampler.Add("a", Start.AddMinutes(1), [1, 0]);
        resampler.Add("a", Start.AddHours(1), [1, double.MaxValue]);
        RegularSeries series = Assert.Single(resampler.Finish());
        Assert.Equal([2.0, 1], series.Column(0).ToArray());
        Assert.Equal([expected, double.MaxValue], series.Column(1).ToArray());
    }

    [Fact]
    public void Local_hours_of_a_year_with_both_changes_of_the_clock_make_a_grid_without_gaps()
    {
        TimeZoneInfo berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var clock = new LocalClock(berlin);
        var resampler = new Resampler(TimeGrid.Days(1, berlin), [new("hours", Aggregation.Count), new("v", Aggregation.Sum)]);
        for (var utc = new DateTimeOffset(2019, 12, 31, 23, 0, 0, TimeSpan.Zero); utc.Year < 2021; utc = utc.AddHours(1))
        {
            resampler.Add("", clock.ToUtc(TimeZoneInfo.ConvertTime(utc, berlin).DateTime), [1, 1]);
        }
        RegularSeries series = Assert.Single(resampler.Finish());
        Assert.Empty(series.Gaps);
        double[] hours = series.Column(0).ToArray();
        Assert.Equal((1, 1), (hours.Count(static h => h == 23), hours.Count(static h => h == 25)));
    }

    [Fact]
    public void It_agrees_with_grouping_all_rows()
    {
        Gen.Select(Gen.Int[0, 500].Array[1, 60], Gen.Double[-10, 10].Array[60], Gen.Int[1, 40]).Sample((minutes, values, every) =>
        {
            minutes = [.. minutes.Order()];
            TimeGrid grid = TimeGrid.Every(TimeSpan.FromMinutes(every));
            var resampler = new Resampler(grid, AllAggregations, DuplicateTimes.Merge);
            for (int i = 0; i < minutes.Length; i++)
            {
                resampler.Add("k", Start.AddMinutes(minutes[i]), [.. AllAggregations.Select(_ => values[i])]);
            }
            RegularSeries series = resampler.Finish()[0];
            var groups = minutes.Index().GroupBy(m => grid.IndexOf(Start.AddMinutes(m.Item))).ToDictionary(
                static g => g.Key, g => g.Select(m => values[m.Index]).ToArray());
            long first = groups.Keys.Min();
            Assert.Equal(groups.Keys.Max() - first + 1, series.Rows);
            Assert.Equal(series.Rows - groups.Count, series.EmptyRows);
            for (int r = 0; r < series.Rows; r++)
            {
                double[] own = groups.GetValueOrDefault(first + r, []);
                double[] expected = own.Length == 0 ? [double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0]
                    : [own.Sum() / own.Length, own.Sum(), own[0], own[^1], own.Min(), own.Max(), own.Length];
                // Sums in the same order differ by nothing.
                Assert.Equal(expected, AllAggregations.Select((_, c) => series.Column(c)[r]));
            }
        }, iter: 300);
    }
}
