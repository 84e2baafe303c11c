namespace Experiments.Tests;

/// <summary>Metrics against closed forms.</summary>
public sealed class MetricsTests
{
    [Fact]
    public void Errors_of_forecasts_are_means_over_what_is_observed()
    {
        var error = new ForecastError();
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
}
