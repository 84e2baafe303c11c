namespace AarenGen;

/// <summary>Scales each column to mean 0 and deviation 1, as measured on the rows it was fitted to. Immutable.</summary>
public sealed class StandardScaler
{
    private readonly double[] means, deviations;

    private StandardScaler(double[] means, double[] deviations) => (this.means, this.deviations) = (means, deviations);

    /// <summary>Mean of each column.</summary>
    public IReadOnlyList<double> Means => means;

    /// <summary>Standard deviation of each column (of the population); 1 for a constant column, which then scales to 0.</summary>
    public IReadOnlyList<double> Deviations => deviations;

    /// <summary>Measures columns. Fit on training rows alone: anything else leaks the future.</summary>
    /// <param name="values">[rows, columns] finite numbers, at least one row.</param>
    /// <param name="columns">Columns, at least 1.</param>
    /// <exception cref="ArgumentException">The numbers are no whole rows, none, or not finite.</exception>
    public static StandardScaler Fit(ReadOnlySpan<float> values, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        int rows = Arguments.CountRows(values, columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1, nameof(values));
        Arguments.CheckFinite(values, columns);
        var means = new double[columns];
        var deviations = new double[columns];
        for (int i = 0; i < values.Length; i++)
        {
            means[i % columns] += (double)values[i] / rows;
        }
        for (int i = 0; i < values.Length; i++)
        {
            double difference = values[i] - means[i % columns];
            deviations[i % columns] += difference * difference / rows;
        }
        for (int c = 0; c < columns; c++)
        {
            deviations[c] = deviations[c] > 0 ? Math.Sqrt(deviations[c]) : 1;
        }
        return new(means, deviations);
    }

    /// <summary>Scales rows in place.</summary>
    /// <param name="values">[rows, columns].</param>
    /// <exception cref="ArgumentException">The numbers are no whole rows.</exception>
    public void Transform(Span<float> values)
    {
        Arguments.CountRows(values, means.Length, nameof(values));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((values[i] - means[i % means.Length]) / deviations[i % means.Length]);
        }
    }

    /// <summary>Takes scaled rows back, in place.</summary>
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
}
