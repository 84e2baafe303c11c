using AarenGen.Kernels;

namespace AarenGen.Tests;

/// <summary>Scores of predictions against the integrals and tails that define them.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class PredictionScoreTests
{
    public static TheoryData<string, float[], double> Cases { get; } = Build();

    private static TheoryData<string, float[], double> Build()
    {
        var data = new TheoryData<string, float[], double>();
        foreach (double x in (double[])[-9, -0.4, 0.3, 1, 2.5, 12])
        {
            data.Add("gaussian", [0.3f, 1.7f], x);
            data.Add("student", [0.3f, 1.7f, 2.5f], x);
            data.Add("student", [0.3f, 0.7f, 60], x);
            data.Add("mixture", [0, 1, -1, 0.5f, 0, 0.3f], x);
            data.Add("quantiles", [-1, 0.3f, 0.3f, 1.5f, 4], x);
            data.Add("quantiles", [2, 1, 0, -1, -3], x);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_ranked_probability_score_is_the_integral_of_squares(string kind, float[] output, double x)
    {
        // z = tan(u) reaches all of the line. The integrand jumps at x, and at quantiles: each piece has a midpoint rule of its own, whose
        // error is about the square of its step; at infinity the integrand's decay, (1 + z²) z^(−2ν), still vanishes.
        double[] cuts = [-Math.PI / 2, .. ((double[])[.. output.Select(static v => (double)v), x, 0]).Distinct().Order()
            .Select(Math.Atan), Math.PI / 2];
        const int steps = 20_000;
        double integral = 0;
        for (int piece = 0; piece + 1 < cuts.Length; piece++)
        {
            double step = (cuts[piece + 1] - cuts[piece]) / steps;
            for (int i = 0; i < steps; i++)
            {
                double u = cuts[piece] + (i + 0.5) * step, z = Math.Tan(u), f = Below(kind, output, z) - (z >= x ? 1 : 0);
                integral += f * f * (1 + z * z) * step;
            }
        }
        double score = Score(kind, output, x);
        Assert.Equal(integral, score, 1e-5 * Math.Max(1, integral));
        Assert.True(score > 0);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_tail_probability_is_twice_the_smaller_tail(string kind, float[] output, double x)
    {
        double below = Below(kind, output, x), tail = Tail(kind, output, x);
        Assert.Equal(Math.Min(1, 2 * Math.Min(below, 1 - below)), tail, 1e-12);
    }

    [Theory]
    [InlineData(new float[] { 5 }, new[] { 0.99f }, 5f, 1)]
    [InlineData(new float[] { 5, 5, 7 }, new[] { 0.7f, 0.8f, 0.9f }, 5f, 0.8)]
    [InlineData(new float[] { 0, 1, 1 }, new[] { 0.1f, 0.5f, 0.9f }, 1f, 1)]
    [InlineData(new[] { -1, 0.3f, 0.3f, 1.5f, 4 }, new[] { 0.1f, 0.25f, 0.5f, 0.75f, 0.95f }, 0.3f, 0.5)]
    public void An_atom_belongs_to_both_tails(float[] values, float[] levels, float atom, double below)
    {
        var prediction = new QuantilePrediction(values, levels);
        Assert.Equal(below, prediction.CumulativeProbability(atom), 1e-6);
        double above = 1 - prediction.CumulativeProbability(MathF.BitDecrement(atom));
        Assert.Equal(Math.Min(1, 2 * Math.Min(below, above)), prediction.TailProbability(atom), 1e-6);
    }

    [Fact]
    public void Far_tails_keep_their_precision()
    {
        // 2 Φ(−20); its leading digits by the tail's continued fraction in exact arithmetic.
        Assert.Equal(5.507248237212467e-89, new GaussianPrediction([0, 1]).TailProbability(20), 1e-12 * 5.5e-89);
        Assert.Equal(5.507248237212467e-89, new LogNormalMixturePrediction([0, 20, Raw(1)]).TailProbability(1), 1e-3 * 5.5e-89);
        Assert.Equal(5.507248237212467e-89, new LogNormalMixturePrediction([0, -20, Raw(1)]).TailProbability(1), 1e-3 * 5.5e-89);
        Assert.True(new QuantilePrediction([0, 1], [0.1f, 0.9f]).TailProbability(50) is > 0 and < 1e-100);

        // A component's deviation comes from a raw number; found by bisection to the precision of a float.
        static float Raw(float deviation)
        {
            float low = -10, high = 10;
            for (int i = 0; i < 60; i++)
            {
                float middle = (low + high) / 2;
                (low, high) = LogNormalMixture.StandardDeviation(middle) < deviation ? (middle, high) : (low, middle);
            }
            return high;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.5f)]
    public void Distributions_without_a_mean_have_an_infinite_score(float degrees) =>
        Assert.Equal(double.PositiveInfinity, new StudentTPrediction([0, 1, degrees]).RankedProbabilityScore(0));

    [Theory]
    [InlineData(1e9f)]
    [InlineData(1e17f)]
    [InlineData(float.PositiveInfinity)]
    public void Many_degrees_of_freedom_score_like_a_normal_distribution(float degrees)
    {
        foreach (double x in (double[])[0, 0.7, -3, 20])
        {
            Assert.Equal(
                new GaussianPrediction([0, 1]).RankedProbabilityScore(x), new StudentTPrediction([0, 1, degrees]).RankedProbabilityScore(x),
                1e-8);
        }
    }

    [Fact]
    public void A_component_whose_mean_is_infinite_has_a_finite_score()
    {
        // Deviation 40: the mean is e^800, and that of the smaller of two values e^400.
        var wide = new LogNormalMixturePrediction([0, -12, 0, 0, 40, 0.5f]);
        Assert.Equal(double.PositiveInfinity, wide.Mean);
        Assert.True(wide.RankedProbabilityScore(2) is > 0 and < double.PositiveInfinity);
    }

    [Fact]
    public void A_certain_prediction_scores_the_absolute_error()
    {
        Assert.Equal(2.5, new QuantilePrediction([1.5f], [0.5f]).RankedProbabilityScore(4), 1e-12);
        Assert.Equal(2.5, new QuantilePrediction([1.5f, 1.5f, 1.5f], [0.1f, 0.5f, 0.9f]).RankedProbabilityScore(-1), 1e-12);
        Assert.Equal(2.5, new GaussianPrediction([1.5f, 1e-20f]).RankedProbabilityScore(4), 1e-12);
        Assert.Equal((0, 1.0), (new QuantilePrediction([1.5f], [0.5f]).TailProbability(4),
            new QuantilePrediction([1.5f], [0.5f]).TailProbability(1.5)));
    }

    [Fact]
    public void Quantiles_stand_for_a_distribution_with_a_mean_and_samples()
    {
        var prediction = new QuantilePrediction([3, -1, 0.5f], [0.1f, 0.5f, 0.8f]);
        const int steps = 1_000_000, samples = 200_000;
        double mean = 0, squares = 0, sampled = 0;
        for (int i = 0; i < steps; i++)
        {
            double q = prediction.Quantile((i + 0.5) / steps);
            mean += q / steps;
            squares += q * q / steps;
        }
        // The midpoint rule misses about a step of the logarithm's end.
        Assert.Equal(mean, prediction.Mean(), 1e-5);
        var random = new Random(7);
        for (int i = 0; i < samples; i++)
        {
            sampled += prediction.Sample(random) / samples;
        }
        Assert.Equal(mean, sampled, 5 * Math.Sqrt((squares - mean * mean) / samples));
        foreach (double p in (double[])[1e-6, 0.05, 0.1, 0.3, 0.5, 0.79, 0.8, 0.93, 1 - 1e-6])
        {
            Assert.Equal(p, prediction.CumulativeProbability(prediction.Quantile(p)), 1e-9);
        }
    }

    [Fact]
    public void What_is_not_a_number_scores_nothing()
    {
        Assert.Equal(double.NaN, new GaussianPrediction([0, 1]).RankedProbabilityScore(double.NaN));
        Assert.Equal(double.NaN, new StudentTPrediction([0, 1, 4]).RankedProbabilityScore(double.NaN));
        Assert.Equal(double.NaN, new QuantilePrediction([float.NaN], [0.5f]).CumulativeProbability(1));
        Assert.Equal(double.NaN, new QuantilePrediction([1, float.NaN, 2], [0.1f, 0.5f, 0.9f]).RankedProbabilityScore(1));
        Assert.Equal(double.NaN, new QuantilePrediction([1, 2], [0.1f, 0.9f]).TailProbability(double.NaN));
        Assert.Equal(double.NaN, new QuantilePrediction([1, float.NaN, 2], [0.1f, 0.5f, 0.9f]).Quantile(0.7));
        Assert.Equal(double.NaN, new QuantilePrediction([1, float.NaN, 2], [0.1f, 0.5f, 0.9f]).Sample(new Random(1)));
    }

    private static float[] Levels { get; } = [0.1f, 0.25f, 0.5f, 0.75f, 0.95f];

    private static double Below(string kind, float[] output, double z) => kind switch
    {
        "gaussian" => new GaussianPrediction(output).CumulativeProbability(z),
        "student" => new StudentTPrediction(output).CumulativeProbability(z),
        "mixture" => new LogNormalMixturePrediction(output).CumulativeProbability(z),
        _ => new QuantilePrediction(output, Levels).CumulativeProbability(z),
    };

    private static double Tail(string kind, float[] output, double z) => kind switch
    {
        "gaussian" => new GaussianPrediction(output).TailProbability(z),
        "student" => new StudentTPrediction(output).TailProbability(z),
        "mixture" => new LogNormalMixturePrediction(output).TailProbability(z),
        _ => new QuantilePrediction(output, Levels).TailProbability(z),
    };

    private static double Score(string kind, float[] output, double z) => kind switch
    {
        "gaussian" => new GaussianPrediction(output).RankedProbabilityScore(z),
        "student" => new StudentTPrediction(output).RankedProbabilityScore(z),
        "mixture" => new LogNormalMixturePrediction(output).RankedProbabilityScore(z),
        _ => new QuantilePrediction(output, Levels).RankedProbabilityScore(z),
    };
}
