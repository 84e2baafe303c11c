using System.Numerics;

namespace AarenGen;

/// <summary>
/// Scales each column to mean 0 and standard deviation 1, as measured on the rows it was fitted to. Immutable, so safe from any number
/// of threads. Columns with a large offset, such as a meter reading or a time in seconds, need the overloads that take
/// <see cref="double"/>: a number narrowed to <see cref="float"/> before its mean is subtracted has lost the digits that differ.
/// </summary>
public sealed class StandardScaler
{
    /// <summary>
    /// A deviation below this fraction of the mean is rounding noise. A double resolves 2^-52, so such a column varies in its last six
    /// bits at most.
    /// </summary>
    private const double NoiseFraction = 1.0 / (1L << 46);

    private readonly double[] means, deviations;

    private StandardScaler(double[] means, double[] deviations) => (this.means, this.deviations) = (means, deviations);

    /// <summary>Mean of each column.</summary>
    public IReadOnlyList<double> Means => means;

    /// <summary>
    /// Standard deviation of each column (of the population), above 0. 1 for a constant column, which then scales to 0; a column is
    /// constant where its values differ by no more than rounding.
    /// </summary>
    public IReadOnlyList<double> Deviations => deviations;

    /// <summary>Measures columns. Fit on training rows alone: anything else leaks the future.</summary>
    /// <param name="values">[rows, columns] finite numbers, at least one row.</param>
    /// <param name="columns">Columns, at least 1.</param>
    /// <exception cref="ArgumentException">The numbers are no whole rows, none, or not finite.</exception>
    public static StandardScaler Fit(ReadOnlySpan<float> values, int columns) => Measure(values, columns);

    /// <inheritdoc cref="Fit(ReadOnlySpan{float}, int)"/>
    public static StandardScaler Fit(ReadOnlySpan<double> values, int columns) => Measure(values, columns);

    /// <summary>Scales rows in place.</summary>
    /// <param name="values">[rows, columns] finite numbers.</param>
    /// <exception cref="ArgumentException">
    /// The numbers are no whole rows, or one is not finite or scales to none that a <see cref="float"/> holds. Nothing is written then.
    /// </exception>
    public void Transform(Span<float> values)
    {
        CheckScalable<float>(values, nameof(values));
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((values[i] - means[c]) / deviations[c]);
            c = c + 1 == means.Length ? 0 : c + 1;
        }
    }

    /// <summary>Scales rows, and narrows the result rather than the values.</summary>
    /// <param name="values">[rows, columns] finite numbers.</param>
    /// <param name="scaled">[rows, columns]: filled.</param>
    /// <exception cref="ArgumentException">
    /// The numbers are no whole rows, the lengths differ, or a number is not finite or scales to none that a <see cref="float"/> holds.
    /// Nothing is written then.
    /// </exception>
    public void Transform(ReadOnlySpan<double> values, Span<float> scaled)
    {
        Arguments.CheckLength(scaled, values.Length);
        CheckScalable(values, nameof(values));
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            scaled[i] = (float)((values[i] - means[c]) / deviations[c]);
            c = c + 1 == means.Length ? 0 : c + 1;
        }
    }

    /// <summary>Takes scaled rows back to the columns' units, in place.</summary>
    /// <param name="values">[rows, columns].</param>
    /// <exception cref="ArgumentException">The numbers are no whole rows.</exception>
    public void Inverse(Span<float> values)
    {
        Arguments.CountRows(values, means.Length, nameof(values));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(values[i] * deviations[i % means.Length] + means[i % means.Length]);
        }
    }

    /// <summary>Takes scaled rows back to the columns' units, without narrowing them.</summary>
    /// <param name="scaled">[rows, columns].</param>
    /// <param name="values">[rows, columns]: filled.</param>
    /// <exception cref="ArgumentException">The numbers are no whole rows, or the lengths differ.</exception>
    public void Inverse(ReadOnlySpan<float> scaled, Span<double> values)
    {
        Arguments.CountRows(scaled, means.Length, nameof(scaled));
        Arguments.CheckLength(scaled, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = scaled[i] * deviations[i % means.Length] + means[i % means.Length];
        }
    }

    private static StandardScaler Measure<T>(ReadOnlySpan<T> values, int columns) where T : struct, IBinaryFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        int rows = CountRows(values, columns, nameof(values));
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1, nameof(values));
        var means = new double[columns];
        var deviations = new double[columns];
        for (int c = 0; c < columns; c++)
        {
            (means[c], deviations[c]) = Measure(values, columns, c, rows);
        }
        return new(means, deviations);
    }

    private static (double Mean, double Deviation) Measure<T>(ReadOnlySpan<T> values, int columns, int column, int rows)
        where T : struct, IBinaryFloatingPointIeee754<T>
    {
        double smallest = double.PositiveInfinity, largest = double.NegativeInfinity;
        for (int i = column; i < values.Length; i += columns)
        {
            double value = double.CreateTruncating(values[i]);
            if (!double.IsFinite(value))
            {
                throw new ArgumentException(
                    $"'{nameof(values)}' holds {value} in row {i / columns}, column {column}; a scaler is fitted to finite numbers: fill or leave out that row.",
                    nameof(values));
            }
            (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
        }
        if (smallest == largest)
        {
            return (smallest, 1);
        }
        // A power of two brings the numbers to at most 1 exactly, so neither sums nor squares overflow or vanish. It is halved
        // because 2^-1074, the inverse of the least exponent, is no double.
        int exponent = Math.ILogB(Math.Max(Math.Abs(smallest), Math.Abs(largest))) + 1;
        double low = Math.ScaleB(1, -exponent / 2), high = Math.ScaleB(1, -exponent - (-exponent / 2));
        // Neumaier's sum: the error of the mean does not grow with the rows.
        double sum = 0, lost = 0;
        for (int i = column; i < values.Length; i += columns)
        {
            double value = double.CreateTruncating(values[i]) * low * high, next = sum + value;
            lost += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }
        double mean = (sum + lost) / rows, squares = 0, differences = 0;
        for (int i = column; i < values.Length; i += columns)
        {
            double difference = double.CreateTruncating(values[i]) * low * high - mean;
            differences += difference;
            squares += difference * difference;
        }
        // What rounding left in the mean is taken out again (Chan, Golub and LeVeque's corrected two-pass algorithm).
        double deviation = Math.Sqrt(Math.Max(0, (squares - differences * differences / rows) / rows));
        double scaled = deviation / low / high;
        return (mean / low / high, deviation > NoiseFraction * Math.Abs(mean) && scaled > 0 ? scaled : 1);
    }

    private void CheckScalable<T>(ReadOnlySpan<T> values, string name) where T : struct, IBinaryFloatingPointIeee754<T>
    {
        CountRows(values, means.Length, name);
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double value = double.CreateTruncating(values[i]);
            if (!float.IsFinite((float)((value - means[c]) / deviations[c])))
            {
                throw new ArgumentException(double.IsFinite(value)
                    ? $"'{name}' holds {value} in row {i / means.Length}, column {c}, which lies too many deviations from the mean {means[c]} to be scaled; correct it or leave out that row."
                    : $"'{name}' holds {value} in row {i / means.Length}, column {c}; a scaler takes finite numbers: fill or leave out that row.", name);
            }
            c = c + 1 == means.Length ? 0 : c + 1;
        }
    }

    private static int CountRows<T>(ReadOnlySpan<T> values, int columns, string name) => values.Length % columns == 0
        ? values.Length / columns
        : throw new ArgumentException($"'{name}' must hold whole rows of {columns} numbers, but holds {values.Length}.", name);
}
