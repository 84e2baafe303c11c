using System.Globalization;

namespace AarenGen.Tests;

/// <summary>Scaling to mean 0 and deviation 1, for columns of any size.</summary>
public sealed class StandardScalerTests
{
    /// <summary>Half the distance from 1 to the next double.</summary>
    private static readonly double Unit = Math.Pow(2, -53);

    [Theory]
    [InlineData(14.62, 1000)]
    [InlineData(0.1, 700)]
    [InlineData(-1e9 / 3, 12345)]
    [InlineData(1e300, 10)]
    [InlineData(1e-300, 10)]
    [InlineData(0, 5)]
    [InlineData(7, 1)]
    public void A_constant_column_has_standard_deviation_1_and_scales_to_0(double value, int rows)
    {
        double[] column = [.. Enumerable.Repeat(value, rows)];
        var scaler = StandardScaler.Fit(column, 1);
        Assert.Equal((value, 1.0), (scaler.Means[0], scaler.StandardDeviations[0]));
        var scaled = new float[rows];
        scaler.Transform(column, scaled);
        Assert.All(scaled, static v => Assert.Equal(0, v));
        if (Math.Abs(value) < float.MaxValue)
        {
            float[] narrow = [.. column.Select(static v => (float)v)];
            var same = StandardScaler.Fit(narrow, 1);
            Assert.Equal(((double)(float)value, 1.0), (same.Means[0], same.StandardDeviations[0]));
            float[] later = [(float)value + 1];
            same.Transform(later);
            // Later numbers keep their size. The sum was rounded to float.
            Assert.Equal(1, later[0], 2 * (Math.Abs(value) + 1) * Math.Pow(2, -24));
        }
    }

    [Fact]
    public void A_mean_keeps_small_differences_and_a_standard_deviation_does_not_overflow()
    {
        // A plain sum of the first column is 0: 1 vanishes beside 1e100, and the two large numbers cancel.
        Assert.Equal(0.5, StandardScaler.Fit([1.0, 1e100, 1, -1e100], 1).Means[0]);
        // The largest number is negative, and its square overflows a double.
        var scaler = StandardScaler.Fit([-1e300, 1e299, 0.0], 1);
        double mean = -3e299, deviation = Math.Sqrt((0.7 * 0.7 + 0.4 * 0.4 + 0.3 * 0.3) / 3) * 1e300;
        Assert.Equal(1, scaler.Means[0] / mean, 1e-15);
        Assert.Equal(1, scaler.StandardDeviations[0] / deviation, 1e-15);
    }

    [Fact]
    public void A_value_that_cannot_be_scaled_is_named_by_row_and_column()
    {
        var scaler = StandardScaler.Fit([1f, 2, 3, 5], 2);
        float[] values = [1, 2, 3, float.PositiveInfinity, 5, 6];
        foreach (Action act in (Action[])[() => scaler.Transform(values), () => scaler.InverseTransform(values)])
        {
            ArgumentException e = Assert.Throws<ArgumentException>(act);
            Assert.Equal("values", e.ParamName);
            Assert.Contains("in row 1, column 1", e.Message, StringComparison.Ordinal);
        }
        foreach (Action act in (Action[])[() => scaler.Transform(new float[3]), () => scaler.InverseTransform(new float[3])])
        {
            Assert.Equal("values", Assert.Throws<ArgumentException>(act).ParamName);
        }
    }

    [Fact]
    public void Rounding_noise_is_constant_and_small_changes_are_not()
    {
        // One and two units in the last place beside 14.62, as sums in another order leave them.
        double[] noisy = [.. Enumerable.Range(0, 1000).Select(static i => 14.62 * (1 + i % 3 * Math.Pow(2, -52)))];
        Assert.Equal(1, StandardScaler.Fit(noisy, 1).StandardDeviations[0]);
        // A column is constant as a whole: each of its values scales to 0, even those far from the mean, with any size of the noise.
        double[][] columns =
        [
            noisy, [1.7e18, 1.7e18 + 512], [-1.7e18, -1.7e18 - 512], [1e300, 1e300 * (1 + Math.Pow(2, -47))],
            [1.7e18 + 20480, .. Enumerable.Repeat(1.7e18, 9999)],
        ];
        foreach (double[] column in columns)
        {
            var scaler = StandardScaler.Fit(column, 1);
            var scaled = new float[column.Length];
            scaler.Transform(column, scaled);
            Assert.Equal(1, scaler.StandardDeviations[0]);
            Assert.All(scaled, static v => Assert.Equal(0, v));
            Assert.InRange(scaler.Means[0], column.Min(), column.Max());
        }
        // Beyond the noise, in the same column, a value keeps its size.
        var later = new float[1];
        StandardScaler.Fit([1.7e18, 1.7e18 + 512], 1).Transform([1.7e18 + 1048576], later);
        Assert.Equal(1048576 - 256, later[0]);
        // One value of many that differs by more than noise is data, although the deviation is small.
        double[] spike = [1.7e18 + 1048576, .. Enumerable.Repeat(1.7e18, 1_048_575)];
        var spiked = StandardScaler.Fit(spike, 1);
        Assert.Equal(1024 * Math.Sqrt(1 - 1 / 1048576.0), spiked.StandardDeviations[0], 1);
        // 1e12 ± 1: twelve digits are equal and the thirteenth is data.
        Assert.Equal(1, StandardScaler.Fit([1e12 - 1, 1e12 + 1], 1).StandardDeviations[0], 1e-6);
        Assert.Equal(1e-200, StandardScaler.Fit([-1e-200, 1e-200], 1).StandardDeviations[0], 1e-214);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1e9, 10)]
    [InlineData(-2e7, 0.5)]
    [InlineData(1.6e9, 1800)]
    public void A_large_offset_costs_no_digits(double offset, double amplitude)
    {
        const int Rows = 2400;
        double[] values = [.. Enumerable.Range(0, Rows).Select(t => offset + amplitude * Math.Sin(2 * Math.PI * t / 24))];
        var scaler = StandardScaler.Fit(values, 1);
        var scaled = new float[Rows];
        scaler.Transform(values, scaled);
        // The offset rounds each value to half a unit in its last place, which the division by the deviation magnifies; then float rounds.
        double lost = 4 * Unit * (Math.Abs(offset) + amplitude) / (amplitude / Math.Sqrt(2));
        for (int t = 0; t < Rows; t++)
        {
            Assert.Equal(Math.Sqrt(2) * Math.Sin(2 * Math.PI * t / 24), scaled[t], lost + 2 * Math.Pow(2, -24));
        }
        var back = new double[Rows];
        scaler.InverseTransform(scaled, back);
        Assert.All(back.Zip(values), p => Assert.Equal(p.Second, p.First, 2 * amplitude * Math.Pow(2, -24) + 4 * Unit * Math.Abs(offset)));
    }

    [Theory]
    [InlineData(1e300)]
    [InlineData(1e-300)]
    [InlineData(1.7e308)]
    [InlineData(5e-324)]
    public void Huge_and_tiny_numbers_neither_overflow_nor_vanish(double size)
    {
        var scaler = StandardScaler.Fit([-size, size, -size, size], 1);
        Assert.Equal((0.0, size), (scaler.Means[0], scaler.StandardDeviations[0]));
        var scaled = new float[4];
        scaler.Transform([-size, size, 0, size], scaled);
        Assert.Equal([-1f, 1, 0, 1], scaled);
    }

    [Fact]
    public void The_mean_does_not_drift_with_the_rows()
    {
        // A large number first: a plain sum loses the last bits of everything added to it.
        double[] values = [1e16, .. Enumerable.Repeat(1.0, 1_000_000), -1e16];
        double exact = 1_000_000.0 / values.Length;
        Assert.Equal(exact, StandardScaler.Fit(values, 1).Means[0], 4 * Unit);
    }

    [Fact]
    public void Columns_are_scaled_separately()
    {
        double[] rows = [1, 1e9, 7, 3, 1e9 + 2, 7, 5, 1e9 + 4, 7];
        var scaler = StandardScaler.Fit(rows, 3);
        Assert.Equal([3, 1e9 + 2, 7.0], scaler.Means);
        Assert.All(
            scaler.StandardDeviations.Zip((double[])[Math.Sqrt(8 / 3.0), Math.Sqrt(8 / 3.0), 1]), static p =>
                Assert.Equal(p.Second, p.First, 1e-12));
    }

    /// <summary>A target that is missing is NaN; scaling a column of them must not fail.</summary>
    [Fact]
    public void A_missing_number_stays_missing()
    {
        var scaler = StandardScaler.Fit([1.0, 7, 3, 7], 2);
        float[] values = [3, float.NaN, float.NaN, 7];
        scaler.Transform(values);
        Assert.Equal([1, float.NaN, float.NaN, 0], values);
        scaler.InverseTransform(values);
        Assert.Equal([3, float.NaN, float.NaN, 7], values);
        var scaled = new float[4];
        scaler.Transform([double.NaN, 7, 1, double.NaN], scaled);
        Assert.Equal([float.NaN, 0, -1, float.NaN], scaled);
        var back = new double[4];
        scaler.InverseTransform(scaled, back);
        Assert.Equal([double.NaN, 7, 1, double.NaN], back);
    }

    [Fact]
    public void Messages_do_not_depend_on_the_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new("") { NumberFormat = { NumberDecimalSeparator = "," } };
            string message = Assert.Throws<ArgumentException>(
                () => StandardScaler.Fit([0.0, 1], 1).Transform([1.5e300], new float[1])).Message;
            Assert.Contains("holds 1.5E+300", message, StringComparison.Ordinal);
            Assert.Contains("mean 0.5", message, StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Non_finite_numbers_are_rejected_with_their_position()
    {
        Assert.Contains(
            "holds NaN in row 1, column 0; a scaler is fitted to finite numbers",
            Message(() => StandardScaler.Fit([1f, 2, float.NaN, 4], 2)), StringComparison.Ordinal);
        Assert.Contains(
            "in row 0, column 1", Message(() => StandardScaler.Fit([1.0, double.PositiveInfinity], 2)), StringComparison.Ordinal);
        var scaler = StandardScaler.Fit([0.0, 1], 1);
        float[] values = [1, float.NegativeInfinity];
        Assert.Contains("holds -Infinity in row 1, column 0; a scaler takes finite", Message(() => scaler.Transform(values)),
            StringComparison.Ordinal);
        Assert.Contains("holds -Infinity in row 1, column 0; a scaler takes finite", Message(() => scaler.InverseTransform(values)),
            StringComparison.Ordinal);
        Assert.Contains("holds Infinity in row 0", Message(() => scaler.InverseTransform([float.PositiveInfinity], new double[1])),
            StringComparison.Ordinal);
        Assert.Equal(1, values[0]);
        Assert.Contains(
            "holds 1E+300 in row 0, column 0, which lies too many standard deviations",
            Message(() => scaler.Transform([1e300], new float[1])),
            StringComparison.Ordinal);
        // The inverse overflows float, and with larger deviations double.
        var large = StandardScaler.Fit([-1e30, 1e30], 1);
        Assert.Contains("holds 1E+20 in row 1, column 0, which is beyond 3.4", Message(() => large.InverseTransform([1, 1e20f])),
            StringComparison.Ordinal);
        Assert.Contains(
            "which is beyond 1.79", Message(() => StandardScaler.Fit([-1e300, 1e300], 1).InverseTransform([1e10f], new double[1])),
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => scaler.Transform([1.0], new float[2]));
        Assert.Throws<ArgumentException>(() => scaler.InverseTransform([1f], new double[2]));
        Assert.Throws<ArgumentException>(() => StandardScaler.Fit([1.0, 2, 3], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => StandardScaler.Fit(ReadOnlySpan<double>.Empty, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => StandardScaler.Fit([1.0], 0));

        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
