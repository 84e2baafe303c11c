namespace AarenGen.Tests;

/// <summary>Metrics against closed forms.</summary>
public sealed class MetricsTests
{
    [Fact]
    public void Errors_of_forecasts_are_means_over_what_is_observed()
    {
        var error = new PointError();
        Assert.True(double.IsNaN(error.MeanSquared));
        error.Add([1, 2, 3], [1, 4, 0]);
        Assert.Equal((13 / 3.0, 5 / 3.0, 3), (error.MeanSquared, error.MeanAbsolute, error.Count));
        error.Add([float.NaN, 5, 7], [1, float.NaN, 8], [false, false, true]);
        Assert.Equal((14 / 4.0, 6 / 4.0, 4), (error.MeanSquared, error.MeanAbsolute, error.Count));
        Assert.Equal(Math.Sqrt(3.5), error.RootMeanSquared);
        error.Add([1, 2], [float.NaN, float.NaN]);
        Assert.Equal((14 / 4.0, 4), (error.MeanSquared, error.Count));
        // A forecast that is NaN is no missing truth.
        error.Add(double.NaN, 1);
        Assert.True(double.IsNaN(error.MeanAbsolute));
        Assert.Throws<ArgumentException>(() => error.Add([1], [1, 2]));
        Assert.Throws<ArgumentException>(() => error.Add([1], [1], [true, true]));
    }

    [Fact]
    public void The_confusion_matrix_gives_accuracy_and_macro_F1()
    {
        var matrix = new ConfusionMatrix(4);
        Assert.True(double.IsNaN(matrix.Accuracy));
        Assert.True(double.IsNaN(matrix.MacroF1));
        foreach ((int truth, int predicted) in ((int, int)[])[(0, 0), (0, 0), (0, 1), (1, 1), (1, 2)])
        {
            matrix.Add(truth, predicted);
        }
        Assert.Equal((2, 1, 1, 0), (matrix[0, 0], matrix[0, 1], matrix[1, 2], matrix[2, 1]));
        Assert.Equal((4, 5), (matrix.Classes, matrix.Count));
        Assert.Equal(3 / 5.0, matrix.Accuracy);
        // Class 0: 4/5. Class 1: 2/4. Class 2 is predicted and never comes: 0. Class 3 neither: left out. A few roundings near 1.
        Assert.Equal((0.8 + 0.5 + 0) / 3, matrix.MacroF1, 4 * Math.Pow(2, -53));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Add(4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Add(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix[0, 4]);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ConfusionMatrix(0));
    }

    [Fact]
    public void One_class_is_always_right()
    {
        var matrix = new ConfusionMatrix(1);
        matrix.Add(0, 0);
        Assert.Equal((1.0, 1.0), (matrix.Accuracy, matrix.MacroF1));
    }

    [Fact]
    public void Negative_log_likelihood_is_a_mean_in_nats()
    {
        var nats = new NegativeLogLikelihood();
        Assert.True(double.IsNaN(nats.Mean));
        nats.Add(-1);
        nats.Add(-2.5);
        Assert.Equal((1.75, 2), (nats.Mean, nats.Count));
        nats.Add(double.NegativeInfinity);
        Assert.Equal(double.PositiveInfinity, nats.Mean);
    }

    [Fact]
    public void Pinball_loss_weighs_both_sides_by_the_level()
    {
        var loss = new PinballLoss(0.25, 0.5);
        Assert.True(double.IsNaN(loss.Mean));
        // d = 4 and 0: 0.25 * 4 + 0.
        loss.Add([0, 4], 4);
        Assert.Equal(1 / 2.0, loss.Mean);
        // d = -4 and -2: 0.75 * 4 + 0.5 * 2.
        loss.Add([4, 2], 0);
        Assert.Equal(((1 / 2.0) + (4 / 2.0)) / 2, loss.Mean);
        Assert.Equal(2, loss.Count);
        loss.Add([4, 2], double.NaN);
        Assert.Equal((((1 / 2.0) + (4 / 2.0)) / 2, 2), (loss.Mean, loss.Count));
        Assert.Throws<ArgumentException>(() => loss.Add([1], 0));
        Assert.Throws<ArgumentException>(static () => new PinballLoss());
        Assert.Throws<ArgumentException>(static () => new PinballLoss(0.5, 1));
        Assert.Throws<ArgumentException>(static () => new PinballLoss(double.NaN));
    }

    [Fact]
    public void Coverage_counts_borders_as_inside()
    {
        var coverage = new IntervalCoverage();
        Assert.True(double.IsNaN(coverage.Coverage));
        coverage.Add(0, 2, 0);
        coverage.Add(0, 4, 4);
        coverage.Add(1, 1, 1);
        coverage.Add(0, 1, 1.5);
        Assert.Equal((3 / 4.0, 7 / 4.0, 4), (coverage.Coverage, coverage.MeanWidth, coverage.Count));
        coverage.Add(0, 9, double.NaN);
        Assert.Equal((3 / 4.0, 7 / 4.0, 4), (coverage.Coverage, coverage.MeanWidth, coverage.Count));
        Assert.Throws<ArgumentException>(() => coverage.Add(1, 0, 0));
        Assert.Throws<ArgumentException>(() => coverage.Add(double.NaN, 0, 0));
    }

    [Fact]
    public void Errors_agree_with_sums_over_random_numbers_in_any_division_among_threads()
    {
        var random = new Random(1);
        const int count = 500, season = 7;
        double[] training = Numbers(random, 200), truth = Numbers(random, count), forecast = Numbers(random, count);
        // The definition, pair by pair.
        (double Sum, int Count) pairs = (0, 0);
        for (int t = 0; t + season < training.Length; t++)
        {
            if (!double.IsNaN(training[t]) && !double.IsNaN(training[t + season]))
            {
                pairs = (pairs.Sum + Math.Abs(training[t + season] - training[t]), pairs.Count + 1);
            }
        }
        double scale = ScaledError.ScaleOf(training, season);
        AssertClose(pairs.Sum / pairs.Count, scale);
        for (int i = 0; i < count; i++)
        {
            forecast[i] = double.IsNaN(forecast[i]) ? 0 : forecast[i];
        }
        int[] known = [.. Enumerable.Range(0, count).Where(i => !double.IsNaN(truth[i]))];
        (PointError errors, ScaledError scaled, SymmetricPercentageError symmetric) = Run(0, count);
        (PointError errorsOfOther, ScaledError scaledOfOther, SymmetricPercentageError symmetricOfOther) = Run(123, count);
        (PointError merged, ScaledError mergedScaled, SymmetricPercentageError mergedSymmetric) = Run(0, 123);
        merged.Merge(errorsOfOther);
        mergedScaled.Merge(scaledOfOther);
        mergedSymmetric.Merge(symmetricOfOther);
        (PointError, ScaledError, SymmetricPercentageError)[] ways =
            [(errors, scaled, symmetric), (merged, mergedScaled, mergedSymmetric)];
        foreach ((PointError e, ScaledError m, SymmetricPercentageError s) in ways)
        {
            Assert.Equal((known.Length, known.Length, known.Length), (e.Count, m.Count, s.Count));
            AssertClose(known.Average(i => Math.Abs(forecast[i] - truth[i])), e.MeanAbsolute);
            AssertClose(known.Average(i => forecast[i] - truth[i]), e.Mean);
            AssertClose(Math.Sqrt(known.Average(i => Math.Pow(forecast[i] - truth[i], 2))), e.RootMeanSquared);
            AssertClose(known.Average(i => Math.Abs(forecast[i] - truth[i])) / scale, m.Mean);
            AssertClose(
                known.Average(i => 100 * Math.Abs(forecast[i] - truth[i]) / ((Math.Abs(forecast[i]) + Math.Abs(truth[i])) / 2)), s.Mean);
        }

        (PointError, ScaledError, SymmetricPercentageError) Run(int first, int end)
        {
            (PointError e, ScaledError m, SymmetricPercentageError s) = (new(), new(), new());
            for (int i = first; i < end; i++)
            {
                e.Add(forecast[i], truth[i]);
                m.Add(forecast[i], truth[i], scale);
                s.Add(forecast[i], truth[i]);
            }
            return (e, m, s);
        }
    }

    [Fact]
    public void A_series_without_a_scale_is_left_out_of_the_scaled_error()
    {
        Assert.True(double.IsNaN(ScaledError.ScaleOf([1, 2], 2)));
        Assert.True(double.IsNaN(ScaledError.ScaleOf([1, double.NaN, 3], 1)));
        Assert.Equal(0, ScaledError.ScaleOf([1, 2, 1, 2, 1], 2));
        Assert.Equal(1, ScaledError.ScaleOf([1, 2, 1, 2, 1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => ScaledError.ScaleOf([1, 2], 0));
        var error = new ScaledError();
        error.Add(1, 2, 0);
        error.Add(1, 2, double.NaN);
        error.Add(1, double.NaN, 1);
        Assert.Equal((0, 2), (error.Count, error.UnscaledCount));
        Assert.True(double.IsNaN(error.Mean));
        error.Add(1, 3, 4);
        Assert.Equal((1, 0.5), (error.Count, error.Mean));
    }

    [Fact]
    public void The_symmetric_percentage_error_lies_between_0_and_200()
    {
        var error = new SymmetricPercentageError();
        error.Add(0, 0);
        Assert.Equal((0.0, 1), (error.Mean, error.Count));
        error.Add(-1, 1);
        error.Add(0, 5);
        Assert.Equal((400 / 3.0, 3), (error.Mean, error.Count));
        error.Add(1, 3);
        Assert.Equal((500 / 4.0, 4), (error.Mean, error.Count));
        // No overflow on the way.
        var large = new SymmetricPercentageError();
        large.Add(8e307, 4e307);
        Assert.Equal(200 / 3.0, large.Mean, 1e-12);
    }

    [Fact]
    public void The_ranked_probability_score_of_a_sample_is_its_definition()
    {
        var random = new Random(2);
        for (int repetition = 0; repetition < 50; repetition++)
        {
            int n = random.Next(1, 30);
            double[] sample = [.. Enumerable.Range(0, n).Select(_ => Math.Round(10 * random.NextDouble(), 1))];
            double truth = 12 * random.NextDouble() - 1;
            double expected = sample.Average(x => Math.Abs(x - truth)) - sample.Average(x => sample.Average(y => Math.Abs(x - y))) / 2;
            var score = new RankedProbabilityScore();
            score.Add(sample, truth);
            Assert.Equal(expected, score.Mean, 1e-12);
        }
        var running = new RankedProbabilityScore();
        running.Add(1, double.NaN);
        running.Add([1.0], double.NaN);
        Assert.Equal(0, running.Count);
        running.Add(1, 0);
        var other = new RankedProbabilityScore();
        other.Add(4, 0);
        running.Merge(other);
        Assert.Equal((2.5, 2), (running.Mean, running.Count));
        Assert.Throws<ArgumentException>(() => running.Add([], 0));
    }

    [Fact]
    public void Scores_of_classes_agree_with_counting_and_merge()
    {
        var random = new Random(3);
        (int Truth, int Predicted)[] cases = [.. Enumerable.Range(0, 400).Select(_ => (random.Next(5), random.Next(5)))];
        var matrix = new ConfusionMatrix(6);
        var other = new ConfusionMatrix(6);
        foreach (((int truth, int predicted), int i) in cases.Select(static (c, i) => (c, i)))
        {
            (i % 3 == 0 ? matrix : other).Add(truth, predicted);
        }
        matrix.Merge(other);
        Assert.Equal(400, matrix.Count);
        for (int c = 0; c < 5; c++)
        {
            double hits = cases.Count(x => x == (c, c)), precision = hits / cases.Count(x => x.Predicted == c),
                recall = hits / cases.Count(x => x.Truth == c);
            Assert.Equal((precision, recall), (matrix.Precision(c), matrix.Recall(c)));
            Assert.Equal(2 / (1 / precision + 1 / recall), matrix.F1(c), 1e-14);
        }
        Assert.Equal(Enumerable.Range(0, 5).Average(matrix.F1), matrix.MacroF1, 1e-14);
        // A class that neither occurs nor is predicted.
        Assert.True(double.IsNaN(matrix.Precision(5)) && double.IsNaN(matrix.Recall(5)) && double.IsNaN(matrix.F1(5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Recall(6));
        Assert.Throws<ArgumentException>(() => matrix.Merge(new(5)));
    }

    [Fact]
    public void Scores_of_events_are_those_of_their_waits_and_marks()
    {
        EventScores scores = new(), other = new();
        Assert.True(double.IsNaN(scores.WaitLogLikelihood) && double.IsNaN(scores.MarkAccuracy));
        scores.AddWait(-1, 3, 1);
        scores.AddWait(-7, 9, double.NaN);
        other.AddWait(-2, 5, 6);
        scores.AddMark(-0.5, true);
        other.AddMark(-1.5, false);
        scores.Merge(other);
        Assert.Equal((2, 2), (scores.WaitCount, scores.MarkCount));
        Assert.Equal((-1.5, -1.0, 0.5), (scores.WaitLogLikelihood, scores.MarkLogLikelihood, scores.MarkAccuracy));
        Assert.Equal((1.5, Math.Sqrt(2.5)), (scores.MeanAbsoluteWaitError, scores.RootMeanSquaredWaitError));
    }

    [Fact]
    public void Running_means_of_losses_and_intervals_merge()
    {
        PinballLoss loss = new(0.1, 0.9), otherLoss = new(0.1, 0.9);
        loss.Add([0, 2], 1);
        otherLoss.Add([2, 3], 1);
        loss.Merge(otherLoss);
        // d = 1, -1; then -1, -2: 0.1 + 0.9 at the first level, 0.1 + 0.2 at the second.
        Assert.Equal(0.5, loss.MeanAt(0), 1e-15);
        Assert.Equal(0.15, loss.MeanAt(1), 1e-15);
        Assert.Equal(0.325, loss.Mean, 1e-15);
        Assert.Throws<ArgumentException>(() => loss.Merge(new(0.1, 0.8)));
        Assert.Throws<ArgumentOutOfRangeException>(() => loss.MeanAt(2));
        IntervalCoverage coverage = new(), otherCoverage = new();
        coverage.Add(0, 2, 1);
        otherCoverage.Add(double.NegativeInfinity, double.PositiveInfinity, 1);
        otherCoverage.Add(0, 4, 5);
        coverage.Merge(otherCoverage);
        Assert.Equal((3, 1, 2 / 3.0, 3.0), (coverage.Count, coverage.UnboundedCount, coverage.Coverage, coverage.MeanWidth));
        NegativeLogLikelihood nats = new(), otherNats = new();
        nats.Add(-1, 5);
        nats.Add(-100, double.NaN);
        otherNats.Add(-4);
        nats.Merge(otherNats);
        Assert.Equal((2.5, 2), (nats.Mean, nats.Count));
    }

    /// <summary>A tenth of them is missing.</summary>
    private static double[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(10) == 0 ? double.NaN : 10 * random.NextDouble() - 3)];

    /// <summary>Sums of at most a thousand terms, in another order.</summary>
    private static void AssertClose(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= 1000 * Math.Pow(2, -52) * Math.Max(1, Math.Abs(expected)), $"{expected} {actual}");
}
