using System.Numerics;
using static System.FormattableString;

namespace AarenGen;

/// <summary>
/// Scales each column to mean 0 and standard deviation 1, as measured on the rows it was fitted to. Immutable, so safe from any number
/// of threads. Columns with a large offset, such as a meter reading or a time in seconds, need the overloads that take
/// <see cref="double"/>: a number narrowed to <see cref="float"/> before its mean is subtracted has lost the digits that differ.
/// </summary>
public sealed class StandardScaler
{
    private readonly double[] means, deviations;

    /// <summary>How far from the mean a value of a constant column counts as the mean; -1 for a column that is not constant.</summary>
    private readonly double[] tolerances;

    private StandardScaler(ColumnMoments[] columns)
    {
        means = [.. columns.Select(static c => c.Mean)];
        deviations = [.. columns.Select(static c => c.Deviation)];
        tolerances = [.. columns.Select(static c => c.IsConstant ? c.Noise : -1)];
    }

    /// <summary>Mean of each column.</summary>
    public IReadOnlyList<double> Means => means;

    /// <summary>
    /// Standard deviation of each column (of the population), above 0. 1 for a constant column, whose values then scale to 0; a column is
    /// constant where its values differ by no more than rounding, 2^-46 of the largest.
    /// </summary>
    public IReadOnlyList<double> StandardDeviations => deviations;

    /// <summary>Computes the scale of columns. Use only training rows; other rows leak the future.</summary>
    /// <param name="values">[rows, columns] finite numbers, at least one row.</param>
    /// <param name="columns">Columns, at least 1.</param>
    /// <exception cref="ArgumentException">The numbers are no whole rows, none, or not finite.</exception>
    public static StandardScaler Fit(ReadOnlySpan<float> values, int columns) => Measure(values, columns);

    /// <inheritdoc cref="Fit(ReadOnlySpan{float}, int)"/>
    public static StandardScaler Fit(ReadOnlySpan<double> values, int columns) => Measure(values, columns);

    /// <summary>Scales rows in place.</summary>
    /// <param name="values">[rows, columns] finite numbers, or NaN where one is missing, which stays NaN.</param>
    /// <exception cref="ArgumentException">
    /// The numbers are no whole rows, or one is infinite or its scaled value overflows a <see cref="float"/>. Nothing is written then.
    /// </exception>
    public void Transform(Span<float> values)
    {
        CheckScalable<float>(values, nameof(values));
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Scale(values[i], c);
            c = Next(c);
        }
    }

    /// <summary>Scales rows, and narrows the result rather than the values.</summary>
    /// <param name="values">[rows, columns] finite numbers, or NaN where one is missing, which stays NaN.</param>
    /// <param name="scaled">[rows, columns]: filled.</param>
    /// <exception cref="ArgumentException">
    /// The numbers are no whole rows, the lengths differ, or a number is infinite or its scaled value overflows a <see cref="float"/>.
    /// Nothing is written then.
    /// </exception>
    public void Transform(ReadOnlySpan<double> values, Span<float> scaled)
    {
        Arguments.CheckLength(scaled, values.Length);
        CheckScalable(values, nameof(values));
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            scaled[i] = (float)Scale(values[i], c);
            c = Next(c);
        }
    }

    /// <summary>Converts scaled rows back to the columns' units, in place.</summary>
    /// <param name="values">[rows, columns] finite numbers, or NaN, which stays NaN.</param>
    /// <exception cref="ArgumentException">
    /// The numbers are no whole rows, or one is infinite or leads to none that a <see cref="float"/> holds. Nothing is written then.
    /// </exception>
    public void InverseTransform(Span<float> values)
    {
        CheckInvertible(values, float.MaxValue, nameof(values));
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Unscale(values[i], c);
            c = Next(c);
        }
    }

    /// <summary>Takes scaled rows back to the columns' units, without narrowing them.</summary>
    /// <param name="scaled">[rows, columns] finite numbers, or NaN, which stays NaN.</param>
    /// <param name="values">[rows, columns]: filled.</param>
    /// <exception cref="ArgumentException">
    /// The numbers are no whole rows, the lengths differ, or a number is infinite or leads to none that a <see cref="double"/> holds.
    /// Nothing is written then.
    /// </exception>
    public void InverseTransform(ReadOnlySpan<float> scaled, Span<double> values)
    {
        Arguments.CheckLength(scaled, values.Length);
        CheckInvertible(scaled, double.MaxValue, nameof(scaled));
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Unscale(scaled[i], c);
            c = Next(c);
        }
    }

    /// <summary>Reads the rows in order, three times, with the statistics of all columns side by side.</summary>
    private static StandardScaler Measure<T>(ReadOnlySpan<T> values, int columns) where T : struct, IBinaryFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        int rows = Arguments.CountRows(values, columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1, nameof(values));
        var all = new ColumnMoments[columns];
        for (int i = 0; i < values.Length; i++)
        {
            double value = double.CreateTruncating(values[i]);
            if (!double.IsFinite(value))
            {
                throw new ArgumentException(
                    Invariant($"'{nameof(values)}' holds {value} in row {i / columns}, column {i % columns}; ")
                    + "a scaler is fitted to finite numbers: fill or leave out that row.", nameof(values));
            }
            all[i % columns].Widen(value);
        }
        foreach (ref ColumnMoments column in all.AsSpan())
        {
            column.ChooseScale();
        }
        for (int i = 0; i < values.Length; i++)
        {
            all[i % columns].AddToMean(double.CreateTruncating(values[i]));
        }
        foreach (ref ColumnMoments column in all.AsSpan())
        {
            column.EndMean();
        }
        for (int i = 0; i < values.Length; i++)
        {
            all[i % columns].AddToSquares(double.CreateTruncating(values[i]));
        }
        foreach (ref ColumnMoments column in all.AsSpan())
        {
            column.EndDeviation();
        }
        return new(all);
    }

    private int Next(int column) => column + 1 == means.Length ? 0 : column + 1;

    private double Scale(double value, int column)
    {
        double difference = value - means[column];
        return Math.Abs(difference) <= tolerances[column] ? 0 : difference / deviations[column];
    }

    private double Unscale(double scaled, int column) => scaled * deviations[column] + means[column];

    private void CheckScalable<T>(ReadOnlySpan<T> values, string name) where T : struct, IBinaryFloatingPointIeee754<T>
    {
        Arguments.CountRows(values, means.Length, name);
        int c = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double value = double.CreateTruncating(values[i]);
            if (float.IsInfinity((float)Scale(value, c)))
            {
                throw new ArgumentException(
                    Invariant($"'{name}' holds {value} in row {i / means.Length}, column {c}") + (double.IsFinite(value)
                        ? Invariant($", which lies too many standard deviations from the mean {means[c]} to be scaled; ")
                            + "correct it or leave out that row."
                        : "; a scaler takes finite numbers, and NaN for one that is missing: correct it or leave out that row."), name);
            }
            c = Next(c);
        }
    }

    private void CheckInvertible(ReadOnlySpan<float> scaled, double largest, string name)
    {
        Arguments.CountRows(scaled, means.Length, name);
        int c = 0;
        for (int i = 0; i < scaled.Length; i++)
        {
            if (Math.Abs(Unscale(scaled[i], c)) > largest)
            {
                throw new ArgumentException(
                    Invariant($"'{name}' holds {scaled[i]} in row {i / means.Length}, column {c}") + (float.IsFinite(scaled[i])
                        ? Invariant($", which is beyond {largest} in the units of its column, of standard deviation {deviations[c]}; ")
                            + "correct it or leave out that row."
                        : "; a scaler takes finite numbers, and NaN for one that is missing: correct it or leave out that row."), name);
            }
            c = Next(c);
        }
    }
}
