namespace Control.Tests;

public sealed class AugmentedRandomSearchTests
{
    private static readonly SearchSettings settings = SearchSettings.For("cartpole");

    [Fact]
    public void LearnsToBalance()
    {
        SearchHistory history = Search(settings.Iterations);
        Assert.InRange(history.Points[1].Return!.Value, 0, 150);
        Assert.Equal(500, history.Best.Return);
        SearchPoint medium = history.Points[history.IndexOfShare(1.0 / 3)];
        Assert.InRange(medium.Return!.Value, 500.0 / 3, 400);
    }

    [Fact]
    public void StoppedSearchGoesOnAsIfItHadNotStopped()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("search.json");
        Search(3).Save(file);
        SearchHistory resumed = SearchHistory.LoadOrBegin(file, CartPole.Reference, 1, settings);
        Advance(resumed, 3);
        SearchHistory whole = Search(6);
        Assert.Equal(whole.Points.Select(static p => (p.Steps, p.Return)), resumed.Points.Select(static p => (p.Steps, p.Return)));
        Assert.Equal(whole.Points[^1].Policy.Weights, resumed.Points[^1].Policy.Weights);
        Assert.Equal(whole.Points[^1].Policy.Variance, resumed.Points[^1].Policy.Variance);
    }

    [Fact]
    public void AnotherSearchInTheFolderIsAnError()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("search.json");
        Search(1).Save(file);
        string message = Assert.Throws<UserException>(() => SearchHistory.LoadOrBegin(file, CartPole.Reference, 2, settings)).Message;
        Assert.Equal($"{file}: this search was begun with another seed or other settings; use another --output folder, or remove the "
            + "file to begin anew.", message);
        File.WriteAllText(file, "{");
        Assert.StartsWith($"{file}: this is not a search that can be resumed", Assert.Throws<UserException>(
            () => SearchHistory.LoadOrBegin(file, CartPole.Reference, 1, settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StoppingLeavesTheSearchWhole()
    {
        SearchHistory history = SearchHistory.Begin(CartPole.Reference, 1, settings);
        using var pool = new EnvironmentPool(static () => new CartPole());
        Assert.Throws<OperationCanceledException>(() => new AugmentedRandomSearch(history, pool, 0.1).Advance(new(canceled: true)));
        Assert.Single(history.Points);
    }

    [Fact]
    public void StatisticsAreThoseOfAllRowsAtOnce()
    {
        float[] rows = [1, 10, 2, 20, 4, -5, 8, 0, 1.5f, 3];
        var statistics = new ObservationStatistics(0, new double[2], new double[2]);
        statistics.Add(rows.AsSpan(0, 2));
        statistics.Add([]);
        statistics.Add(rows.AsSpan(2, 6));
        statistics.Add(rows.AsSpan(8));
        for (int i = 0; i < 2; i++)
        {
            double[] column = [.. Enumerable.Range(0, 5).Select(r => (double)rows[2 * r + i])];
            double mean = column.Average();
            Assert.Equal(mean, statistics.Mean[i], 1e-12);
            Assert.Equal(column.Average(v => (v - mean) * (v - mean)), statistics.Variance[i], 1e-12);
        }
        Assert.Equal(5, statistics.Count);
    }

    /// <summary>A sum of many equal numbers is rounded, so their mean is not theirs.</summary>
    [Theory]
    [InlineData(14.62f)]
    [InlineData(0.1f)]
    [InlineData(-3e-8f)]
    [InlineData(1e9f)]
    public void ANumberThatNeverChangesHasNoVariance(float value)
    {
        var statistics = new ObservationStatistics(0, new double[2], new double[2]);
        foreach (int rows in (int[])[1000, 1, 777])
        {
            statistics.Add([.. Enumerable.Range(0, 2 * rows).Select(i => i % 2 == 0 ? value : i)]);
        }
        Assert.Equal((value, 0), (statistics.Mean[0], statistics.Variance[0]));
        Assert.True(statistics.Variance[1] > 1);
        var action = new float[1];
        new LinearPolicy([5, 0], statistics.Mean, statistics.Variance).Act([value + 1, 0], action);
        Assert.Equal(0, action[0]);
    }

    [Fact]
    public void ALargeOffsetLeavesTheVariance()
    {
        float[] rows = [.. Enumerable.Range(0, 1000).Select(static i => 2e7f + 2 * (i % 5))];
        var statistics = new ObservationStatistics(0, new double[1], new double[1]);
        statistics.Add(rows.AsSpan(0, 300));
        statistics.Add(rows.AsSpan(300));
        // Values 0, 2, 4, 6, 8: variance 8.
        Assert.Equal(8, statistics.Variance[0], 1e-6);
    }

    [Fact]
    public void PolicyScalesWeighsAndCutsOff()
    {
        var policy = new LinearPolicy([0.5, 9, -3, 9], Mean: [1, 5], Variance: [4, 0]);
        var action = new float[2];
        policy.Act([2, 100], action);
        Assert.Equal([0.25f, -1f], action);
    }

    private static SearchHistory Search(int iterations)
    {
        SearchHistory history = SearchHistory.Begin(CartPole.Reference, 1, settings);
        Advance(history, iterations);
        return history;
    }

    private static void Advance(SearchHistory history, int iterations)
    {
        using var pool = new EnvironmentPool(static () => new CartPole());
        var search = new AugmentedRandomSearch(history, pool, 0.1);
        search.EvaluateStart(default);
        for (int i = 0; i < iterations; i++)
        {
            search.Advance(default);
        }
    }
}
