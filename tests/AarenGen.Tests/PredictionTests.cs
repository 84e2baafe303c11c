using AarenGen.Kernels;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>The inference side of the heads, against tables, identities and large samples.</summary>
public sealed class PredictionTests
{
    private const int Samples = 200_000;

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.999, 3.090232306167813)]
    [InlineData(0.0001, -3.719016485455709)]
    public void Normal_quantiles_are_those_of_tables(double p, double expected) =>
        Assert.Equal(expected, new GaussianPrediction([0, 1]).Quantile(p), 1e-12 * Math.Max(1, Math.Abs(expected)));

    [Theory]
    [InlineData(10, 0.975, 2.228138851986273)]
    [InlineData(3, 0.95, 2.353363434801823)]
    [InlineData(30, 0.995, 2.749995653567230)]
    [InlineData(3, 0.05, -2.353363434801823)]
    public void Student_t_quantiles_are_those_of_tables(float degrees, double p, double expected) =>
        Assert.Equal(expected, new StudentTPrediction([0, 1, degrees]).Quantile(p), 1e-11);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0.5, 0.5723649429247001)]
    [InlineData(100, 359.1342053695754)]
    [InlineData(1e-3, 6.907178885383854)]
    public void Log_gamma(double x, double expected) => Assert.Equal(expected, SpecialFunctions.LogGamma(x), 1e-13 * Math.Max(1, expected));

    [Theory]
    [InlineData(1, -0.5772156649015329)]
    [InlineData(0.5, -1.9635100260214235)]
    [InlineData(10.5, 2.3030010342976145)]
    public void Digamma(double x, double expected) => Assert.Equal(expected, SpecialFunctions.Digamma(x), 1e-13 * Math.Max(1, Math.Abs(expected)));

    [Fact]
    public void Quantile_and_distribution_are_inverse()
    {
        foreach (double p in (double[])[1e-6, 0.01, 0.3, 0.5, 0.77, 0.999])
        {
            Assert.Equal(p, Cumulative(new GaussianPrediction([3, -2, 0.5f, 7]).Quantile(p, 1)), 1e-12);
            Assert.Equal(p, new StudentTPrediction([3, 0.5f, 2.5f]) is var t ? t.Cumulative(t.Quantile(p)) : 0, 1e-12);
            Assert.Equal(p, new LogNormalMixturePrediction([0, 1, -1, 5, 0, 0.3f]) is var m ? m.Cumulative(m.Quantile(p)) : 0, 1e-12);
        }

        static double Cumulative(double x) => new GaussianPrediction([3, -2, 0.5f, 7]).Cumulative(x, 1);
    }

    [Fact]
    public void Densities_are_the_slopes_of_distributions()
    {
        const double h = 1e-4;
        var gaussian = new GaussianPrediction([0.3f, 1.7f]);
        var student = new StudentTPrediction([0.3f, 1.7f, 3.5f]);
        var mixture = new LogNormalMixturePrediction([0, 1, -1, 0.5f, 0, 0.3f]);
        foreach (double x in (double[])[0.2, 1, 3])
        {
            // Central differences: off by h² and by rounding, 1e-16 over h.
            Assert.Equal((gaussian.Cumulative(x + h) - gaussian.Cumulative(x - h)) / (2 * h), Math.Exp(gaussian.LogDensity(x)), 1e-6);
            Assert.Equal((student.Cumulative(x + h) - student.Cumulative(x - h)) / (2 * h), Math.Exp(student.LogDensity(x)), 1e-6);
            Assert.Equal((mixture.Cumulative(x + h) - mixture.Cumulative(x - h)) / (2 * h), Math.Exp(mixture.LogDensity(x)), 1e-6);
        }
    }

    [Fact]
    public void A_limited_mean_is_the_area_above_the_distribution()
    {
        var mixture = new LogNormalMixturePrediction([0, 1, -1, 0.5f, 0, 2f]);
        const double limit = 7;
        const int steps = 20_000;
        double area = 0;
        for (int i = 0; i < steps; i++)
        {
            area += (1 - mixture.Cumulative((i + 0.5) * limit / steps)) * limit / steps;
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
        float[] gaussian = [2, 3], student = [1, 2, 5], mixture = [0, 0.5f, -0.5f, 0.5f, -1, -0.5f], logits = [0, MathF.Log(2), MathF.Log(5)];
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
        // Variance s² ν/(ν − 2) = 20/3; the fourth moment of 5 degrees is 9 s⁴ ν²/((ν−2)(ν−4))/3 = 25 · 16, so the mean square's deviation is below 20.
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
        Assert.Equal(9, prediction.Quantile(0.95, 1), 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new QuantilePrediction([1], [0.5f]).Quantile(1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new QuantilePrediction([1], [0.5f]).AtLevel(1));
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
    public void A_category_or_target_out_of_range_is_refused_by_name()
    {
        Events model = Events.Create(1);
        StreamState<Events> state = model.CreateState();
        var output = new float[Events.OutputWidth];
        Assert.Contains("category", Assert.Throws<ArgumentException>(() => model.Step(state, [1, 0.5f, 5], output)).Message, StringComparison.Ordinal);
        Assert.Contains("category", Assert.Throws<ArgumentException>(() => model.Step(state, [1, 0.5f, 1.5f], output)).Message, StringComparison.Ordinal);
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
