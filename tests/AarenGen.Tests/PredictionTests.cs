using AarenGen.Kernels;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>The inference side of the heads, against tables, identities and large samples.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class PredictionTests
{
    private const int Samples = 200_000;

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.999, 3.090232306167813)]
    [InlineData(0.0001, -3.719016485455709)]
    public void Normal_quantiles_equal_those_of_tables(double p, double expected) =>
        Assert.Equal(expected, new GaussianPrediction([0, 1]).Quantile(p), 1e-12 * Math.Max(1, Math.Abs(expected)));

    [Theory]
    [InlineData(10, 0.975, 2.228138851986273)]
    [InlineData(3, 0.95, 2.353363434801823)]
    [InlineData(30, 0.995, 2.749995653567230)]
    [InlineData(3, 0.05, -2.353363434801823)]
    public void Student_t_quantiles_equal_those_of_tables(float degrees, double p, double expected) =>
        Assert.Equal(expected, new StudentTPrediction([0, 1, degrees]).Quantile(p), 1e-11);

    [Fact]
    public void Quantile_and_cumulative_probability_are_inverse()
    {
        foreach (double p in (double[])[1e-6, 0.01, 0.3, 0.5, 0.77, 0.999])
        {
            Assert.Equal(p, CumulativeProbability(new GaussianPrediction([3, -2, 0.5f, 7]).Quantile(p, 1)), 1e-12);
            Assert.Equal(p, new StudentTPrediction([3, 0.5f, 2.5f]) is var t ? t.CumulativeProbability(t.Quantile(p)) : 0, 1e-12);
            Assert.Equal(
                p, new LogNormalMixturePrediction([0, 1, -1, 5, 0, 0.3f]) is var m ? m.CumulativeProbability(m.Quantile(p)) : 0, 1e-12);
        }

        static double CumulativeProbability(double x) => new GaussianPrediction([3, -2, 0.5f, 7]).CumulativeProbability(x, 1);
    }

    [Fact]
    public void Densities_are_the_derivatives_of_cumulative_probabilities()
    {
        const double h = 1e-4;
        var gaussian = new GaussianPrediction([0.3f, 1.7f]);
        var student = new StudentTPrediction([0.3f, 1.7f, 3.5f]);
        var mixture = new LogNormalMixturePrediction([0, 1, -1, 0.5f, 0, 0.3f]);
        foreach (double x in (double[])[0.2, 1, 3])
        {
            // Central differences: off by h² and by rounding, 1e-16 over h.
            Assert.Equal(
                (gaussian.CumulativeProbability(x + h) - gaussian.CumulativeProbability(x - h)) / (2 * h),
                Math.Exp(gaussian.LogDensity(x)), 1e-6);
            Assert.Equal(
                (student.CumulativeProbability(x + h) - student.CumulativeProbability(x - h)) / (2 * h),
                Math.Exp(student.LogDensity(x)), 1e-6);
            Assert.Equal(
                (mixture.CumulativeProbability(x + h) - mixture.CumulativeProbability(x - h)) / (2 * h),
                Math.Exp(mixture.LogDensity(x)), 1e-6);
        }
    }

    [Fact]
    public void A_limited_mean_is_the_area_above_the_cumulative_distribution()
    {
        var mixture = new LogNormalMixturePrediction([0, 1, -1, 0.5f, 0, 2f]);
        const double limit = 7;
        const int steps = 20_000;
        double area = 0;
        for (int i = 0; i < steps; i++)
        {
            area += (1 - mixture.CumulativeProbability((i + 0.5) * limit / steps)) * limit / steps;
        }
        // The midpoint rule is off by the step's square, but at 0, where the distribution rises like a logarithm's bell: below the step.
        Assert.Equal(area, mixture.LimitedMean(limit), limit / steps);
        Assert.Equal(mixture.Mean, mixture.LimitedMean(1e30), 1e-9 * mixture.Mean);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new LogNormalMixturePrediction([0, 0, 0]).LimitedMean(0));
    }

    [Fact]
    public void Samples_have_the_distributions_moments()
    {
        var random = new Random(3);
        double sum = 0, squares = 0, below = 0, mean = 0;
        var classes = new int[3];
        float[] gaussian = [2, 3], student = [1, 2, 5], mixture = [0, 0.5f, -0.5f, 0.5f, -1, -0.5f],
            logits = [0, MathF.Log(2), MathF.Log(5)];
        double median = new LogNormalMixturePrediction(mixture).Median;
        for (int i = 0; i < Samples; i++)
        {
            double x = new GaussianPrediction(gaussian).Sample(random), y = new StudentTPrediction(student).Sample(random);
            double z = new LogNormalMixturePrediction(mixture).Sample(random);
            sum += x;
            squares += (y - 1) * (y - 1);
            below += z < median ? 1 : 0;
            mean += z;
            classes[new CategoricalPrediction(logits).Sample(random)]++;
        }
        double root = Math.Sqrt(Samples);
        Assert.Equal(2, sum / Samples, 5 * 3 / root);
        // Variance s² ν/(ν − 2) = 20/3; the fourth moment of 5 degrees is 9 s⁴ ν²/((ν−2)(ν−4))/3 = 25 · 16, so the mean square's deviation
        // is below 20.
        Assert.Equal(20.0 / 3, squares / Samples, 5 * 20 / root);
        Assert.Equal(0.5, below / Samples, 5 * 0.5 / root);
        Assert.Equal(new LogNormalMixturePrediction(mixture).Mean, mean / Samples, 0.02 * new LogNormalMixturePrediction(mixture).Mean);
        Assert.Equal([1.0 / 8, 2.0 / 8, 5.0 / 8], classes.Select(static c => (double)c / Samples), Near);

        static bool Near(double a, double b) => Math.Abs(a - b) < 5 * 0.5 / Math.Sqrt(Samples);
    }

    [Fact]
    public void Quantiles_are_read_in_order_and_between_levels()
    {
        var prediction = new QuantilePrediction([5, 1, 3, 2, 4, 9], [0.1f, 0.5f, 0.9f]);
        Assert.Equal(2, prediction.Count);
        Assert.Equal([3f, 4, 5], [prediction.AtLevel(0), prediction.AtLevel(1), prediction.AtLevel(2)]);
        Assert.Equal([1f, 2, 9], [prediction.AtLevel(0, 1), prediction.AtLevel(1, 1), prediction.AtLevel(2, 1)]);
        Assert.Equal(4.5, prediction.Quantile(0.7), 1e-6);
        // Beyond the levels the density between the outermost two, 0.4 over 7, falls exponentially: half of the tail is left at 0.95.
        Assert.Equal(9 + 0.1 / (0.4 / 7) * Math.Log(2), prediction.Quantile(0.95, 1), 1e-5);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new QuantilePrediction([1], [0.5f]).Quantile(1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new QuantilePrediction([1], [0.5f]).AtLevel(1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void An_index_out_of_range_is_rejected_by_every_reader(int index)
    {
        var random = new Random(1);
        Action[] calls =
        [
            () => Gaussian().Mean(index), () => Gaussian().StandardDeviation(index), () => Gaussian().Quantile(0.5, index), () =>
                Gaussian().CumulativeProbability(1, index),
            () => Gaussian().LogDensity(1, index), () => Gaussian().Sample(random, index),
            () => Student().Mean(index), () => Student().Scale(index), () => Student().DegreesOfFreedom(index), () =>
                Student().Quantile(0.5, index),
            () => Student().CumulativeProbability(1, index), () => Student().LogDensity(1, index), () => Student().Sample(random, index),
            () => Gaussian().TailProbability(1, index), () => Gaussian().RankedProbabilityScore(1, index),
            () => Student().TailProbability(1, index), () => Student().RankedProbabilityScore(1, index),
            () => Levels().Mean(index), () => Levels().CumulativeProbability(1, index), () => Levels().TailProbability(1, index),
            () => Levels().RankedProbabilityScore(1, index), () => Levels().Sample(random, index),
            () => Levels().AtLevel(0, index), () => Levels().AtLevel(index == 2 ? 3 : index), () => Levels().Quantile(0.5, index),
            () => Classes().Probability(index), () => Classes().LogProbability(index),
        ];
        foreach (Action call in calls)
        {
            Assert.Contains("from 0 to below", Assert.Throws<ArgumentOutOfRangeException>(call).Message, StringComparison.Ordinal);
        }

        static GaussianPrediction Gaussian() => new([1, 2, 3, 4]);
        static StudentTPrediction Student() => new([1, 2, 3, 4, 5, 6]);
        static QuantilePrediction Levels() => new([1, 2, 3, 4, 5, 6], [0.1f, 0.5f, 0.9f]);
        static CategoricalPrediction Classes() => new([1, 2]);
    }

    [Fact]
    public void An_output_of_a_wrong_length_is_rejected()
    {
        Action[] calls =
        [
            static () => _ = new GaussianPrediction([1, 2, 3]), static () => _ = new StudentTPrediction([1, 2, 3, 4]),
            static () => _ = new StudentTPrediction([1, 2]),
            static () => _ = new LogNormalMixturePrediction([1, 2]), static () => _ = new LogNormalMixturePrediction([]),
            static () => _ = new QuantilePrediction([1, 2, 3], [0.1f, 0.9f]), static () => _ = new QuantilePrediction([1], []),
            static () => _ = new CategoricalPrediction([]),
        ];
        foreach (Action call in calls)
        {
            Assert.IsType<ArgumentException>(Record.Exception(call));
        }
        Assert.Equal(0, default(QuantilePrediction).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_probability_out_of_range_is_rejected(double p)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GaussianPrediction([0, 1]).Quantile(p));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StudentTPrediction([0, 1, 3]).Quantile(p));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LogNormalMixturePrediction([0, 1, 3]).Quantile(p));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantilePrediction([0], [0.5f]).Quantile(p));
    }

    [Theory]
    [InlineData(float.Epsilon)]
    [InlineData(1e-30f)]
    [InlineData(1e30f)]
    [InlineData(float.MaxValue)]
    public void Gaussians_of_any_standard_deviation_have_quantiles_and_densities(float deviation)
    {
        var prediction = new GaussianPrediction([0, deviation]);
        Assert.Equal(1.959963984540054 * deviation, prediction.Quantile(0.975), 1e-12 * deviation);
        Assert.Equal(-7.034483825301131 * deviation, prediction.Quantile(1e-12), 1e-11 * deviation);
        Assert.Equal(-0.5 - Math.Log(deviation) - SpecialFunctions.HalfLogTau, prediction.LogDensity(deviation), 1e-12 * 100);
        Assert.Equal(0.8413447460685429, prediction.CumulativeProbability(deviation), 1e-14);
        Assert.Equal((0.0, 1.0), (prediction.CumulativeProbability(double.MinValue), prediction.CumulativeProbability(double.MaxValue)));
    }

    [Theory]
    [InlineData(-1e4f)]
    [InlineData(-300)]
    [InlineData(-40)]
    [InlineData(0)]
    [InlineData(1e4f)]
    [InlineData(float.MaxValue)]
    public void Mixtures_of_any_standard_deviation_have_ordered_quantiles(float raw)
    {
        var prediction = new LogNormalMixturePrediction([0, 1, -1e30f, 1, 2, 3, raw, raw, raw]);
        double before = 0;
        foreach (double p in (double[])[1e-300, 1e-9, 0.1, 0.3, 0.6, 0.9, 1 - 1e-9])
        {
            double x = prediction.Quantile(p);
            Assert.True(x >= before, $"{p}: {x} after {before}");
            before = x;
        }
        // Of a narrow component, the median; of two such, the one that has most of the weight.
        if (raw <= -40)
        {
            Assert.Equal(Math.Exp(2), prediction.Median, 1e-12);
            Assert.Equal(Math.E, prediction.Quantile(0.1), 1e-12);
        }
        Assert.False(double.IsNaN(prediction.Mean));
        Assert.InRange(prediction.LimitedMean(7), 0, 7 * (1 + 1e-12));
        Assert.Equal(prediction.Mean, prediction.LimitedMean(double.PositiveInfinity));
    }

    /// <summary>Expected values by mpmath with 80 digits.</summary>
    [Fact]
    public void A_limited_mean_is_right_where_the_mean_is_beyond_all_doubles()
    {
        // Softplus of 60 is 60, and e^(1 + 60²/2) no double.
        Assert.Equal(3.502512862933524, new LogNormalMixturePrediction([0, 1, 60]).LimitedMean(7), 1e-12);
        Assert.Equal(1.1094872726074062, new LogNormalMixturePrediction([0, 0, 1]).LimitedMean(2), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new LogNormalMixturePrediction([0, 0, 0]).LimitedMean(double.NaN));
    }

    [Fact]
    public void Classes_have_losses_and_gradients_up_to_the_largest_outputs()
    {
        var gradient = new float[Layout.Lane];
        double loss = CrossEntropy.NegativeLogLikelihood(
            [float.MaxValue, float.MinValue, 0], 1, 3, Layout.Lane, [1], 0, 1, [1], 1, gradient, 0, default);
        Assert.Equal(2.0 * float.MaxValue, loss);
        Assert.Equal([1f, -1, 0], gradient[..3]);
        Assert.Equal(
            0, CrossEntropy.NegativeLogLikelihood(
                [float.MaxValue, float.MinValue, 0], 1, 3, Layout.Lane, [0], 0, 1, [1], 1, gradient, 0, default));
    }

    [Fact]
    public void Classes_have_probabilities_however_large_the_outputs()
    {
        var prediction = new CategoricalPrediction([1e4f, -1e4f, 1e4f]);
        var probabilities = new float[3];
        prediction.CopyProbabilities(probabilities);
        Assert.Equal([0.5f, 0, 0.5f], probabilities);
        Assert.Equal(0, prediction.MostLikely);
        Assert.Equal(-2e4 - Math.Log(2), prediction.LogProbability(1), 1e-9);
    }

    [Fact]
    public void A_model_reads_its_heads_by_name()
    {
        Events model = Events.Create(1);
        var output = new float[Events.OutputWidth];
        model.Step(model.CreateState(), [1, 0.5f, 3], output);
        Assert.Equal(5, Events.Mark(output).Count);
        Assert.Equal(3, Events.Interval(output).Components);
        Assert.True(Events.Interval(output).Mean > 0);
        var channels = new float[NormalizedStudentT.OutputWidth];
        channels[6 + 1] = 42;
        Assert.Equal(42, NormalizedStudentT.Prediction(channels, 1).Mean(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => NormalizedStudentT.Prediction(channels, 2).Count);
    }

    [Fact]
    public void A_category_or_target_out_of_range_is_rejected_by_name()
    {
        Events model = Events.Create(1);
        StreamState<Events> state = model.CreateState();
        var output = new float[Events.OutputWidth];
        Assert.Contains(
            "category", Assert.Throws<ArgumentException>(() => model.Step(state, [1, 0.5f, 5], output)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "category", Assert.Throws<ArgumentException>(() => model.Step(state, [1, 0.5f, 1.5f], output)).Message,
            StringComparison.Ordinal);
        Assert.Equal(0, state.TokenCount);
        Refuses([1, 0, 9], [1, 1], "category");
        Refuses([1, 0, 1], [0, 1], "'Interval'");
        Refuses([1, 0, 1], [1, 5], "'Mark'");
        Refuses([1, 0, 1], [1, 0.5f], "'Mark'");

        void Refuses(float[] token, float[] target, string expected)
        {
            var data = new SequenceList(Events.InputWidth, Events.TargetWidth);
            data.Add(token, target);
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => model.Evaluate(data)).Message, StringComparison.Ordinal);
        }
    }
}
