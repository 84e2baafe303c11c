using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>A predicted distribution is that of its loss, whichever it is.</summary>
public sealed class PredictedDistributionTests
{
    private static readonly float[] Levels = [0.1f, 0.5f, 0.9f];

    [Fact]
    public void Every_loss_answers_as_its_own_prediction()
    {
        float[] output = [1, -2, 3, 0.5f, 2, 0.25f, 4, 7, 9];
        for (int index = 0; index < 3; index++)
        {
            var quantiles = new QuantilePrediction(output, Levels);
            var gaussian = new GaussianPrediction(output.AsSpan(0, 6));
            var student = new StudentTPrediction(output);
            var q = new PredictedDistribution(LossKind.Quantiles, Levels, output, index);
            var g = new PredictedDistribution(LossKind.Gaussian, [], output.AsSpan(0, 6), index);
            var s = new PredictedDistribution(LossKind.StudentT, [], output, index);
            foreach (double x in (double[])[-20, -1.5, 0.75, 3, 1e6])
            {
                Assert.Equal(All(
                    quantiles.Mean(index), quantiles.Quantile(0.5, index), quantiles.Quantile(0.3, index),
                    quantiles.CumulativeProbability(x, index), quantiles.TailProbability(x, index),
                    quantiles.RankedProbabilityScore(x, index), quantiles.LogDensity(x, index), quantiles.Sample(new(4), index)), Of(q, x));
                Assert.Equal(All(
                    gaussian.Mean(index), gaussian.Mean(index), gaussian.Quantile(0.3, index), gaussian.CumulativeProbability(x, index),
                    gaussian.TailProbability(x, index), gaussian.RankedProbabilityScore(x, index), gaussian.LogDensity(x, index),
                    gaussian.Sample(new(4), index)), Of(g, x));
                Assert.Equal(All(
                    student.Mean(index), student.Mean(index), student.Quantile(0.3, index), student.CumulativeProbability(x, index),
                    student.TailProbability(x, index), student.RankedProbabilityScore(x, index), student.LogDensity(x, index),
                    student.Sample(new(4), index)), Of(s, x));
            }
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => new PredictedDistribution(LossKind.Gaussian, [], new float[6], 3).Mean);
        Assert.Throws<InvalidOperationException>(() => default(PredictedDistribution).Median);
        Assert.Throws<InvalidOperationException>(() => default(PredictedDistribution).TailProbability(1));

        static double[] All(params double[] values) => values;

        static double[] Of(PredictedDistribution d, double x) =>
        [
            d.Mean, d.Median, d.Quantile(0.3), d.CumulativeProbability(x), d.TailProbability(x), d.RankedProbabilityScore(x),
            d.LogDensity(x), d.Sample(new(4)),
        ];
    }

    [Fact]
    public void The_density_of_quantiles_is_the_derivative_of_their_probability()
    {
        float[][] outputs = [[-1, 0.5f, 4], [4, 0.5f, -1], [0, 1, 1], [-2, -2, 3]];
        foreach (float[] output in outputs)
        {
            var prediction = new QuantilePrediction(output, Levels);
            // Away from the values, where it jumps, and from atoms.
            for (double x = -9.03; x < 12; x += 0.11037)
            {
                const double step = 1e-5;
                double derivative =
                    (prediction.CumulativeProbability(x + step) - prediction.CumulativeProbability(x - step)) / (2 * step);
                Assert.Equal(derivative, Math.Exp(prediction.LogDensity(x)), 1e-9 + 1e-6 * derivative);
            }
        }
        Assert.Equal(double.PositiveInfinity, new QuantilePrediction([0, 1, 1], Levels).LogDensity(1));
        Assert.Equal(double.PositiveInfinity, new QuantilePrediction([-2, -2, 3], Levels).LogDensity(-2));
        Assert.Equal(double.NegativeInfinity, new QuantilePrediction([-2, -2, 3], Levels).LogDensity(-2.5));
        Assert.Equal(double.PositiveInfinity, new QuantilePrediction([7], [0.5f]).LogDensity(7));
        Assert.Equal(double.NegativeInfinity, new QuantilePrediction([7], [0.5f]).LogDensity(8));
        Assert.Equal(double.NaN, new QuantilePrediction([0, 1, 2], Levels).LogDensity(double.NaN));
        // At a value, the density above it: of 0.4 over 2.
        Assert.Equal(Math.Log(0.2), new QuantilePrediction([0, 1, 3], Levels).LogDensity(1), 1e-6);
        Assert.Equal(Math.Log(0.2), new QuantilePrediction([0, 1, 3], Levels).LogDensity(3), 1e-6);
    }

    [Fact]
    public void A_head_says_which_loss_it_has()
    {
        Assert.Equal(
            [
                (LossKind.Quantiles, 3), (LossKind.Gaussian, 0), (LossKind.StudentT, 0), (LossKind.CrossEntropy, 0),
                (LossKind.LogNormalMixture, 0),
            ],
            StandardizedHeads.Description.Heads.Select(static h => (h.LossKind, h.Levels.Count)));
        Assert.Equal(Levels, StandardizedHeads.Description.Heads[0].Levels);
        Assert.Equal(LossKind.SquaredError, Standardized.Description.Heads[0].LossKind);
    }
}
