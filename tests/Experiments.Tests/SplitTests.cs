using AarenGen;

namespace Experiments.Tests;

/// <summary>How data are divided: sizes, borders, and nothing of one part in another.</summary>
public sealed class SplitTests : TemporaryFolder
{
    [Theory]
    [InlineData("x/ETTh1.csv", 17420, null, 8640, 2880, 2880)]
    [InlineData("ettm2.csv.gz", 69680, null, 34560, 11520, 11520)]
    [InlineData("exchange_rate.csv", 7588, null, 5311, 760, 1517)]
    [InlineData("ETTh1.csv", 100, "Shares", 70, 10, 20)]
    [InlineData("other.csv", 14400, "EttHourly", 8640, 2880, 2880)]
    [InlineData("other.csv", 5, null, 3, 1, 1)]
    public void Rows_are_divided_by_the_protocol(string path, int rows, string? protocol, int train, int validation, int test)
    {
        var split = ForecastingSplit.Create(path, rows, protocol is null ? null : Enum.Parse<ForecastingProtocol>(protocol));
        Assert.Equal((train, validation, test), (split.Train.Count, split.Validation.Count, split.Test.Count));
        Assert.Equal((0, split.Train.End, split.Validation.End), (split.Train.Start, split.Validation.Start, split.Test.Start));
    }

    [Fact]
    public void Too_few_rows_are_rejected()
    {
        Assert.Contains("14400", Assert.Throws<TableException>(static () => ForecastingSplit.Create("ETTh1.csv", 14399)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith("a.csv: 4 rows are too few",
            Assert.Throws<TableException>(static () => ForecastingSplit.Create("a.csv", 4)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(96, 1)]
    [InlineData(336, 96)]
    [InlineData(512, 720)]
    public void Every_window_of_a_part_is_counted_and_forecasts_within_it(int lookback, int horizon)
    {
        var split = ForecastingSplit.Create("ETTh1.csv", 17420);
        RowRange train = ForecastingSplit.Windows(split.Train, lookback, horizon);
        Assert.Equal(split.Train.Count - lookback - horizon + 1, train.Count);
        Assert.Equal(lookback, train.Start);
        foreach (RowRange part in (RowRange[])[split.Validation, split.Test])
        {
            RowRange windows = ForecastingSplit.Windows(part, lookback, horizon);
            Assert.Equal(part.Count - horizon + 1, windows.Count);
            Assert.Equal(part.Start, windows.Start);
            Assert.Equal(part.End, windows.End - 1 + horizon);
        }
    }

    [Fact]
    public void Windows_that_do_not_fit_are_rejected()
    {
        var split = ForecastingSplit.Create("a.csv", 100);
        Assert.Equal(1, ForecastingSplit.Windows(split.Test, 1, 20).Count);
        Assert.Throws<ArgumentException>(() => ForecastingSplit.Windows(split.Test, 1, 21));
        Assert.Throws<ArgumentException>(() => ForecastingSplit.Windows(split.Validation, 71, 1));
        Assert.Throws<ArgumentException>(() => ForecastingSplit.Windows(split.Train, 70, 1));
        foreach (RowRange part in (RowRange[])[split.Train, split.Validation, split.Test])
        {
            Assert.Throws<ArgumentException>(() => ForecastingSplit.Windows(part, 1, int.MaxValue));
            Assert.Throws<ArgumentException>(() => ForecastingSplit.Windows(part, int.MaxValue, int.MaxValue));
        }
    }

    [Fact]
    public void The_scaler_sees_the_training_rows_alone()
    {
        var random = new Random(5);
        double[][] columns = [.. Enumerable.Range(0, 3)
            .Select(_ => Enumerable.Range(0, 100).Select(_ => random.NextDouble() * 10).ToArray())];
        var split = ForecastingSplit.Create("a.csv", 100);
        double[][] changed = [.. columns.Select(column => column.Select((v, row) => row < split.Train.Count ? v : 1e6).ToArray())];
        SeriesTable table = new("a.csv", ["a", "b", "c"], columns, [.. Enumerable.Range(2, 100)], null, []);
        (float[] scaled, StandardScaler scaler) = table.Scale(split.Train.Count, split.Test.End);
        (float[] other, StandardScaler same) = (table with { Columns = changed }).Scale(split.Train.Count, split.Test.End);
        Assert.Equal(scaler.Means, same.Means);
        Assert.Equal(scaled[..(70 * 3)], other[..(70 * 3)]);
        for (int c = 0; c < 3; c++)
        {
            double[] column = [.. Enumerable.Range(0, 70).Select(row => (double)scaled[row * 3 + c])];
            // Each scaled number, below 4, is rounded to float: off by at most 4 * 2^-24.
            Assert.Equal(0, column.Average(), 4 * Math.Pow(2, -24));
            Assert.Equal(1, column.Average(static v => v * v), 2 * 4 * 4 * Math.Pow(2, -24));
        }
        var back = new double[scaled.Length];
        scaler.InverseTransform(scaled, back);
        // There and back: a scaled number below 4 is rounded to float, and the deviation is below 10.
        Assert.All(Enumerable.Range(0, back.Length), i => Assert.Equal(columns[i % 3][i / 3], back[i], 4 * 10 * Math.Pow(2, -24)));
        columns[1][80] = 1e30;
        TableException error = Assert.Throws<TableException>(() => table.Scale(split.Train.Count, split.Test.End));
        Assert.Equal(("b", 82), (error.Column, error.Line));
    }

    [Fact]
    public void Validation_takes_a_fifth_of_each_class_and_nothing_of_test()
    {
        int[] sizes = [10, 7, 1, 23, 4];
        TsCase[] cases = [.. sizes.SelectMany(static (size, label) => Enumerable.Range(0, size).Select(_ => new TsCase([1], label)))];
        TsDataset train = new(1, ["a", "b", "c", "d", "e"], cases), test = train with { Cases = [new([2], 0)] };
        ClassificationSplit split = ClassificationSplit.Create(train, test, 3), again = ClassificationSplit.Create(train, test, 3),
            other = ClassificationSplit.Create(train, test, 4);
        // A fifth of 45 is 9: 2 + 1 + 0 + 4 + 0 rounded down, and one each of the largest remainders, 4 and 3 fifths.
        Assert.Equal([2, 1, 0, 5, 1], Enumerable.Range(0, 5).Select(label => split.Validation.Count(c => c.Label == label)));
        Assert.Equal(cases.ToHashSet(ReferenceEqualityComparer.Instance),
            split.Train.Concat(split.Validation).ToHashSet(ReferenceEqualityComparer.Instance));
        Assert.Equal(cases.Length, split.Train.Length + split.Validation.Length);
        Assert.Same(test.Cases, split.Test);
        Assert.Equal(Places(split), Places(again));
        Assert.NotEqual(Places(split), Places(other));

        int[] Places(ClassificationSplit s) => [.. s.Validation.Select(v => Array.FindIndex(cases, c => ReferenceEquals(c, v)))];
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_rejected()
    {
        TsDataset train = new(1, ["a", "b"], [new([1], 0), new([2], 0), new([3], 0)]);
        Assert.Contains("channels", Assert.Throws<ArgumentException>(
            () => ClassificationSplit.Create(train, train with { Channels = 2 }, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("(b, a)", Assert.Throws<ArgumentException>(
            () => ClassificationSplit.Create(train, train with { Labels = ["b", "a"] }, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("too few",
            Assert.Throws<ArgumentException>(() =>
            ClassificationSplit.Create(train with { Cases = [new([1], 0), new([1], 1)] }, train, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sequences_are_divided_in_order_or_shuffled_by_a_seed()
    {
        EventSequence[] days = [.. Enumerable.Range(0, 182).Select(static day => new EventSequence([day], null))];
        var split = EventSplit.ByShares(days);
        Assert.Equal((109, 36, 37), (split.Train.Length, split.Validation.Length, split.Test.Length));
        Assert.Equal(days, split.Train.Concat(split.Validation).Concat(split.Test));
        Assert.Null(split.MarkNames);
        EventSplit shuffled = EventSplit.ByShares(days, 1), again = EventSplit.ByShares(days, 1);
        Assert.Equal(shuffled.Test, again.Test);
        Assert.NotEqual(days[145..], shuffled.Test);
        Assert.Equal(days.ToHashSet(), [.. shuffled.Train, .. shuffled.Validation, .. shuffled.Test]);
        Assert.Equal((1, 1, 1), (EventSplit.ByShares(days[..3]).Train.Length, EventSplit.ByShares(days[..3]).Validation.Length,
            EventSplit.ByShares(days[..3]).Test.Length));
        Assert.Throws<ArgumentException>(() => EventSplit.ByShares(days[..2]));
    }

    [Fact]
    public void Equal_times_count_as_half_the_shortest_interval_in_all_parts()
    {
        // Unix times: single precision would not tell them apart.
        const double Start = 1.6e9;
        EventSequence[] sequences =
            [new([Start, Start, Start + 4], null), new([Start, Start + 0.5], null), new([Start + 7, Start + 7, Start + 8], null)];
        var split = EventSplit.ByShares(sequences);
        Assert.Equal(0.25, split.ShortestInterval);
        Assert.Equal([0.25, 4], split.Train[0].Intervals);
        Assert.Equal([0.5], split.Validation[0].Intervals);
        Assert.Equal([0.25, 1], split.Test[0].Intervals);
        // None where no events coincide; at least a billionth of the mean; 0 where all coincide.
        Assert.Equal(0, EventSplit.ByShares([.. sequences.Select(static s => s with { Times = [1, 2, 4] })]).ShortestInterval);
        Assert.Equal(1e-9 * (1e-20 + 10) / 2,
            EventSplit.ByShares([.. sequences.Select(static s => s with { Times = [0, 1e-20, 10] })]).ShortestInterval, 1e-24);
        Assert.Equal(0, EventSplit.ByShares([.. sequences.Select(static s => s with { Times = [1, 1] })]).ShortestInterval);
    }

    [Fact]
    public void A_huge_interval_outside_train_does_not_make_ordinary_ones_equal()
    {
        var split = EventSplit.ByShares([new([0, 1, 3], null), new([0, 2], null), new([0, 1e40, 2e40], null)]);
        Assert.Equal(0, split.ShortestInterval);
        Assert.Equal([1.0, 2], split.Train[0].Intervals);
    }

    [Fact]
    public void Marks_are_numbered_from_0_in_the_order_of_their_names()
    {
        EventSequence[] sequences = [new([1, 2], [22, 4]), new([1], [4]), new([1, 2, 3], [9, 9, 22])];
        var split = EventSplit.ByShares(sequences);
        Assert.Equal([4, 9, 22], split.MarkNames!);
        Assert.Equal([2, 0], split.Train[0].Marks!);
        Assert.Equal([1, 1, 2], split.Test[0].Marks!);
        Assert.Throws<ArgumentException>(() => EventSplit.ByShares([.. sequences, new([1], null)]));
    }

    [Fact]
    public void Training_folds_lose_what_is_in_the_test_fold_and_what_repeats()
    {
        EventSequence[] users = [.. Enumerable.Range(0, 60).Select(static user => new EventSequence([user, user + 1], [1, 2]))];
        EventSequence[][] folds = [users[..20], [.. users[10..40].Reverse()], users[30..]];
        EventSplit split = EventSplit.ByFolds(folds, 1), other = EventSplit.ByFolds(folds, 2);
        Assert.Equal(users[..20].Select(Start), split.Test.Select(Start));
        Assert.Equal((36, 4), (split.Train.Length, split.Validation.Length));
        Assert.Equal(Enumerable.Range(20, 40).Select(static v => (double)v), split.Train.Concat(split.Validation).Select(Start).Order());
        Assert.NotEqual(split.Validation.Select(Start), other.Validation.Select(Start));
        Assert.Equal(split.Validation.Select(Start), EventSplit.ByFolds(folds, 1).Validation.Select(Start));
        Assert.Throws<ArgumentOutOfRangeException>(() => EventSplit.ByFolds(folds[..1], 1));
        Assert.Throws<ArgumentException>(() => EventSplit.ByFolds([folds[0], folds[0]], 1));

        static double Start(EventSequence s) => s.Times[0];
    }

    [Fact]
    public void Files_of_folds_are_read()
    {
        for (int fold = 1; fold <= 5; fold++)
        {
            Write($"time-{fold}.txt", $"{fold} {fold + 1}\n");
            Write($"event-{fold}.txt", "1 2\n");
        }
        string[] Files(string name) => [.. Enumerable.Range(1, 5).Select(fold => At($"{name}-{fold}.txt"))];
        EventSplit split = EventData.OfText(Files("time"), Files("event"), "s").Split;
        Assert.Equal((3, 1, 1), (split.Train.Length, split.Validation.Length, split.Test.Length));
        Assert.Equal([1.0, 2.0], split.Test[0].Times);
    }

    [DataFact]
    public void Stack_Overflow_is_divided()
    {
        EventSplit split = BenchmarkData.StackOverflow();
        Assert.Equal((2828, 314, 1326), (split.Train.Length, split.Validation.Length, split.Test.Length));
        Assert.Equal(Enumerable.Range(1, 22), split.MarkNames!);
        Assert.Equal(97233, split.Test.Sum(static s => s.Times.Length));
    }
}
