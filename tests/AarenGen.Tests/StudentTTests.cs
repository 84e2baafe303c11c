using AarenGen.Kernels;

namespace AarenGen.Tests;

/// <summary>
/// Student's t for any degrees of freedom, from far below 1 to infinity. Expected values were computed by mpmath with 80 to 160 digits, for
/// the degrees of freedom as float32: densities from loggamma, their derivatives from psi, tails from betainc or, from 1e6 degrees on, by
/// integrating the density (at 30 by Fisher's expansion about the normal tail, to the third power of 1/ν), quantiles by solving for these.
/// </summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class StudentTTests
{
    [Theory]
    [InlineData(1e-30f, 0, -35.231923573885092, 4.9999999841446158e+29)]
    [InlineData(1e-30f, 0.3, -68.566727162884303, 9.9999999682892316e+29)]
    [InlineData(1e-30f, 5, -71.380137879644339, 9.9999999682892316e+29)]
    [InlineData(1e-30f, 1e10, -92.796550897150696, 9.9999999682892316e+29)]
    [InlineData(1e-3f, 0, -4.1477175325824933, 499.30765063719132)]
    [InlineData(1e-3f, 0.3, -6.4054026921900661, 992.05219716130587)]
    [InlineData(1e-3f, 5, -9.2161163961281707, 994.72427216145645)]
    [InlineData(1e-3f, 1e10, -30.653925808068696, 973.32789834278399)]
    [InlineData(0.5f, 0, -1.3105329259115095, 0.57079632679489662)]
    [InlineData(0.5f, 0.3, -1.4346687547696896, 0.71685266687814382)]
    [InlineData(0.5f, 5, -4.2594021504547538, 0.07547174572685138)]
    [InlineData(0.5f, 1e10, -36.369169706242154, -21.301628193425533)]
    [InlineData(2.5f, 0, -1.01663959346045, 0.037462993461563286)]
    [InlineData(2.5f, 0.3, -1.0785320951757098, 0.044103745867241952)]
    [InlineData(2.5f, 5, -5.2129563208575985, -0.52512100657398562)]
    [InlineData(2.5f, 1e10, -80.003609067472278, -21.830242570541816)]
    [InlineData(30f, 0, -0.92727032537884565, 0.00027762379811919876)]
    [InlineData(30f, 0.3, -0.97370071456572207, 0.00032523321649513383)]
    [InlineData(30f, 5, -10.322375280718737, -0.067941793138553724)]
    [InlineData(30f, 1e10, -662.0100897377696, -20.808307948644593)]
    [InlineData(1e5f, 0, -0.9189410332046727, 2.499999999875e-11)]
    [InlineData(1e5f, 0.3, -0.96394146295448235, 2.9297496191753399e-11)]
    [InlineData(1e5f, 5, -13.417503777950125, -1.434510555301567e-8)]
    [InlineData(1e5f, 1e10, -1726957.008074765, -16.769383197430344)]
    [InlineData(1e9f, 0, -0.91893853345467274, 2.5e-19)]
    [InlineData(1e9f, 0.3, -0.96393853349764774, 2.92974999996193e-19)]
    [InlineData(1e9f, 5, -13.418938389704675, -1.4349999510416681e-16)]
    [InlineData(1e9f, 1e10, -12664218025.055408, -12.164218010977251)]
    [InlineData(1e13f, 0, -0.91893853320469774, 2.5000000860160022e-27)]
    [InlineData(1e13f, 0.3, -0.96393853320470204, 2.9297501008021492e-27)]
    [InlineData(1e13f, 5, -13.418938533190323, -1.4350000493682894e-24)]
    [InlineData(1e13f, 1e10, -80590477454402.418, -7.5590479340807007)]
    [InlineData(1e17f, 0, -0.91893853320467274, 2.5000000784662546e-35)]
    [InlineData(1e17f, 0.3, -0.96393853320467274, 2.9297500919546038e-35)]
    [InlineData(1e17f, 5, -13.418938533204671, -1.4350000450396297e-32)]
    [InlineData(1e17f, 1e10, -3.4543773432859869e+17, -2.9548768979880664)]
    [InlineData(1e30f, 0, -0.91893853320467274, 2.4999999247626706e-61)]
    [InlineData(1e30f, 0.3, -0.96393853320467274, 2.9297499118293737e-61)]
    [InlineData(1e30f, 5, -13.418938533204673, -1.4349999568137729e-58)]
    [InlineData(1e30f, 1e10, -4.99999999975e+19, -2.4999999244293373e-21)]
    [InlineData(3e38f, 0, -0.91893853320467274, 2.7777777675967486e-78)]
    [InlineData(3e38f, 0.3, -0.96393853320467274, 3.2552777658466297e-78)]
    [InlineData(3e38f, 5, -13.418938533204673, -1.5944444386005337e-75)]
    [InlineData(3e38f, 1e10, -5.0e+19, -2.7777777675967486e-38)]
    [InlineData(float.PositiveInfinity, 0, -0.91893853320467274, 0)]
    [InlineData(float.PositiveInfinity, 0.3, -0.96393853320467274, 0)]
    [InlineData(float.PositiveInfinity, 5, -13.418938533204673, 0)]
    [InlineData(float.PositiveInfinity, 1e10, -5.0e+19, 0)]
    public void Densities_and_losses(float degrees, double t, double logDensity, double byDegrees)
    {
        Near(logDensity, SpecialFunctions.StudentTLogDensity(t, degrees), 1e-13, 1);
        Near(byDegrees, SpecialFunctions.StudentTDerivatives(t, degrees).ByDegrees, 1e-12, 0);
        // At a location of 1 and a scale of 2, both of which are exact.
        Near(logDensity - Math.Log(2), new StudentTPrediction([1, 2, degrees]).LogDensity(1 + 2 * t), 1e-12, 1);
        var gradient = new float[Layout.Lane];
        float target = (float)t;
        double value = StudentTLoss.NegativeLogLikelihood([0, 1, degrees], 1, 3, Layout.Lane, [target], 0, 1, [1], 1, gradient);
        Near(-logDensity, value, 1e-6, 1);
        double pull = double.IsPositiveInfinity(degrees) ? 1 : (degrees + 1.0) / (degrees + t * t);
        Near(-pull * t, gradient[0], 1e-6, 1e-30);
        Near(1 - pull * t * t, gradient[1], 1e-6, 1);
        Near(-byDegrees, gradient[2], 1e-6, 1e-30);
    }

    [Theory]
    [InlineData(1e-3f, 0.3, 0.49852946230402219)]
    [InlineData(1e-3f, 2, 0.4975859346382986)]
    [InlineData(1e-3f, 8, 0.4968966410693624)]
    [InlineData(1e-3f, 30, 0.49624030066009928)]
    [InlineData(1e-3f, 1e10, 0.48659669209917005)]
    [InlineData(0.5f, 0.3, 0.42242957606524541)]
    [InlineData(0.5f, 2, 0.22275744509156562)]
    [InlineData(0.5f, 8, 0.1132525464037893)]
    [InlineData(0.5f, 30, 0.058546841490053445)]
    [InlineData(0.5f, 1e10, 3.207009754142229e-6)]
    [InlineData(2.5f, 0.3, 0.3936711857475986)]
    [InlineData(2.5f, 2, 0.078695747878982993)]
    [InlineData(2.5f, 8, 0.0038283220655217233)]
    [InlineData(2.5f, 30, 0.00014553235457869771)]
    [InlineData(2.5f, 1e10, 7.1933971908317224e-26)]
    [InlineData(30f, 0.3, 0.3831230526421764)]
    [InlineData(30f, 2, 0.027312522481491552)]
    [InlineData(30f, 8, 3.1329112378503795e-9)]
    [InlineData(30f, 30, 3.125895815304444e-24)]
    [InlineData(30f, 1e10, 1.0364534652562067e-279)]
    [InlineData(49f, 0.3, 0.38272309489201438)]
    [InlineData(49f, 2, 0.025529574128709047)]
    [InlineData(49f, 8, 9.5527197764777272e-11)]
    [InlineData(49f, 30, 1.7038350532491625e-33)]
    [InlineData(60f, 0.3, 0.38260703760672977)]
    [InlineData(60f, 2, 0.025016521825728724)]
    [InlineData(60f, 8, 2.4501325739751017e-11)]
    [InlineData(60f, 30, 3.9808339742848819e-38)]
    [InlineData(1000f, 0.3, 0.38211975208362202)]
    [InlineData(1000f, 2, 0.02288517324662582)]
    [InlineData(1000f, 8, 1.7133307411957372e-15)]
    [InlineData(1000f, 30, 7.6873437220217411e-142)]
    [InlineData(1e5f, 0.3, 0.38208888959516882)]
    [InlineData(1e5f, 2, 0.022751481728753232)]
    [InlineData(1e5f, 8, 6.2869599381281868e-16)]
    [InlineData(1e5f, 30, 3.6892684361111168e-197)]
    [InlineData(1e9f, 0.3, 0.38208857784222582)]
    [InlineData(1e9f, 2, 0.022750132083156624)]
    [InlineData(1e9f, 8, 6.2209671422273817e-16)]
    [InlineData(1e9f, 30, 4.9077098439837305e-198)]
    [InlineData(1e13f, 0.3, 0.38208857781105048)]
    [InlineData(1e13f, 2, 0.022750131948192705)]
    [InlineData(1e13f, 8, 6.2209605749285794e-16)]
    [InlineData(1e13f, 30, 4.9067140267298273e-198)]
    [InlineData(1e17f, 0.3, 0.38208857781104736)]
    [InlineData(1e17f, 2, 0.022750131948179209)]
    [InlineData(1e17f, 8, 6.2209605742718498e-16)]
    [InlineData(1e17f, 30, 4.9067139271581452e-198)]
    [InlineData(float.PositiveInfinity, 0.3, 0.38208857781104736)]
    [InlineData(float.PositiveInfinity, 2, 0.022750131948179207)]
    [InlineData(float.PositiveInfinity, 8, 6.2209605742717841e-16)]
    [InlineData(float.PositiveInfinity, 30, 4.9067139271481871e-198)]
    public void Tails(float degrees, double t, double expected)
    {
        // The exponent's rounding: t²/2 units in the last place, where degrees are many.
        Near(expected, SpecialFunctions.StudentT(-t, degrees), 1e-12, 0);
        Near(1 - expected, SpecialFunctions.StudentT(t, degrees), 1e-15, 1);
        Near(expected, new StudentTPrediction([1, 2, degrees]).CumulativeProbability(1 - 2 * t), 1e-11, 0);
    }

    [Theory]
    [InlineData(0.5f, 0.975, 164.55767348048824)]
    [InlineData(0.5f, 1e-12, -1.0284911563163401e+23)]
    [InlineData(2.5f, 1e-12, -55306.174076515816)]
    [InlineData(1e5f, 0.975, 1.9599877075346093)]
    [InlineData(1e5f, 1e-12, -7.0353717423935763)]
    [InlineData(1e13f, 0.975, 1.9599639845402911)]
    [InlineData(1e13f, 1e-12, -7.0344838253100101)]
    [InlineData(1e17f, 0.975, 1.9599639845400539)]
    [InlineData(1e17f, 1e-12, -7.0344838253011328)]
    [InlineData(float.PositiveInfinity, 0.975, 1.9599639845400539)]
    public void Quantiles(float degrees, double p, double expected) =>
        Near(expected, new StudentTPrediction([0, 1, degrees]).Quantile(p), 1e-12, 0);

    [Theory]
    [InlineData(0)]
    [InlineData(1e-45f)]
    [InlineData(1e-30f)]
    [InlineData(1e-3f)]
    [InlineData(1)]
    [InlineData(49.9f)]
    [InlineData(50)]
    [InlineData(1e6f)]
    [InlineData(1e13f)]
    [InlineData(float.MaxValue)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-1)]
    [InlineData(float.MinValue)]
    [InlineData(float.NaN)]
    public void Every_number_of_degrees_gives_an_answer(float degrees)
    {
        bool isValid = degrees > 0;
        var prediction = new StudentTPrediction([3, 0.5f, degrees]);
        var random = new Random(1);
        double before = double.NegativeInfinity;
        foreach (double p in (double[])[double.Epsilon, 1e-300, 1e-9, 0.3, 0.5, 0.7, 1 - 1e-9, 1 - 1.1e-16])
        {
            double x = prediction.Quantile(p);
            Assert.True(p == 0.5 ? x == 3 : isValid ? x >= before : double.IsNaN(x), $"{p}: {x} after {before}");
            before = x;
        }
        foreach (double x in (double[])[double.NegativeInfinity, double.MinValue, -1e200, -1e20, 0, 3, 3.1, 1e20, 1e200, double.MaxValue,
            double.PositiveInfinity])
        {
            double cumulative = prediction.CumulativeProbability(x);
            Assert.True(isValid ? cumulative is >= 0 and <= 1 : double.IsNaN(cumulative), $"{x}: {cumulative}");
            Assert.Equal(isValid, !double.IsNaN(prediction.LogDensity(x)));
        }
        for (int i = 0; i < 1000 && isValid; i++)
        {
            Assert.False(double.IsNaN(prediction.Sample(random)));
        }
    }

    [Fact]
    public void The_two_formulas_of_a_tail_agree_at_their_boundary()
    {
        // Neighbouring degrees of freedom differ by 1e-12 in the tail; so must the series from 50 on and the fraction before.
        foreach (double t in (double[])[0.01, 0.5, 1, 2, 3, 4])
        {
            Near(SpecialFunctions.StudentT(-t, 50 * (1 - 1e-14)), SpecialFunctions.StudentT(-t, 50), 1e-12, 0);
        }
        // And where t²/ν passes e^0.3 − 1.
        foreach (double degrees in (double[])[50, 60, 100, 500])
        {
            double t = Math.Sqrt(degrees * (Math.Exp(0.3) - 1));
            Near(SpecialFunctions.StudentT(-t * (1 + 1e-14), degrees), SpecialFunctions.StudentT(-t * (1 - 1e-14), degrees), 1e-11, 0);
        }
    }

    [Fact]
    public void Many_degrees_sample_as_the_normal_distribution()
    {
        // With the same random numbers, t differs from its limit by a part of t²/ν.
        foreach (float degrees in (float[])[1e13f, 1e17f, 1e30f])
        {
            Random random = new(5), same = new(5);
            double squares = 0;
            for (int i = 0; i < 20_000; i++)
            {
                double t = new StudentTPrediction([0, 1, degrees]).Sample(random),
                    limit = new StudentTPrediction([0, 1, float.PositiveInfinity]).Sample(same);
                Near(limit, t, 1e-11, 0);
                squares += t * t;
            }
            // The fourth moment is 3, so the mean square's deviation is √(2/n).
            Assert.Equal(1, squares / 20_000, 5 * Math.Sqrt(2.0 / 20_000));
        }
    }

    [Theory]
    [InlineData(1e-20, 1e-20, 1e-20)]
    [InlineData(-1e-12, -1.0000000000005e-12, -9.999999999995e-13)]
    [InlineData(1e-9, 9.999999995e-10, 1.0000000005000000002e-9)]
    [InlineData(3, 1.3862943611198906, 19.085536923187668)]
    [InlineData(1e300, 690.77552789821371, double.PositiveInfinity)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(0, 0, 0)]
    public void Logarithms_and_exponentials_near_0(double x, double logOnePlus, double expMinusOne)
    {
        Near(logOnePlus, SpecialFunctions.LogOnePlus(x), 1e-15, 0);
        Near(expMinusOne, SpecialFunctions.ExpMinusOne(x), 1e-15, 0);
    }

    [Fact]
    public void Logarithms_and_exponentials_at_the_other_end()
    {
        Assert.Equal(double.NegativeInfinity, SpecialFunctions.LogOnePlus(-1));
        Assert.Equal(-1, SpecialFunctions.ExpMinusOne(double.NegativeInfinity));
        // ln(1 + e^x) keeps its digits below the rounding of 1.
        Near(5.1482002224120138e-131, SpecialFunctions.Softplus(-300), 1e-14, 0);
        Near(4.248354255291589e-18, SpecialFunctions.Softplus(-40), 1e-14, 0);
        float[] scale = [-40];
        OutputScale.Positive(1, 1, 0, 1, 0, scale);
        Assert.Equal(4.248354e-18f, scale[0], 1e-24f);
    }

    private static void Near(double expected, double actual, double relative, double atLeast) => Assert.True(
        expected == actual || Math.Abs(expected - actual) <= relative * Math.Max(Math.Abs(expected), atLeast),
        $"{actual:R} should be {expected:R}");
}
