using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>
/// Transforms columns of the outputs in place for a loss: makes them positive, and reverses instance normalisation.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class OutputScale
{
    /// <summary>y = min + ln(1 + e^y), above min everywhere.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="first">First column.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="min">The bound.</param>
    /// <param name="y">[rows, stride].</param>
    public static void Positive(int rows, int stride, int first, int columns, float min, Span<float> y)
    {
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float value in y.Slice(row * stride + first, columns))
            {
                value = (float)(min + SpecialFunctions.Softplus(value));
            }
        }
    }

    /// <summary>The backward pass of <see cref="Positive"/>: dx = dx σ(x).</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="first">First column.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="x">[rows, stride], the values before.</param>
    /// <param name="dx">[rows, stride], the gradient after, replaced by that before.</param>
    public static void PositiveBackward(int rows, int stride, int first, int columns, ReadOnlySpan<float> x, Span<float> dx)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int at = row * stride + first; at < row * stride + first + columns; at++)
            {
                dx[at] = (float)(dx[at] / (1 + Math.Exp(-(double)x[at])));
            }
        }
    }

    /// <summary>y = y · deviation (+ mean), column j with those of feature j mod features.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="first">First column.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="statistics">[rows, 2 features]: means, then deviations.</param>
    /// <param name="features">Features that were normalised.</param>
    /// <param name="shifts">Whether the mean is added.</param>
    /// <param name="y">[rows, stride].</param>
    public static void Denormalize(
        int rows, int stride, int first, int columns, ReadOnlySpan<float> statistics, int features, bool shifts, Span<float> y)
    {
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> means = statistics.Slice(row * 2 * features, features),
                deviations = statistics.Slice(row * 2 * features + features, features);
            Span<float> values = y.Slice(row * stride + first, columns);
            for (int column = 0; column < columns; column++)
            {
                int feature = column % features;
                values[column] = values[column] * deviations[feature] + (shifts ? means[feature] : 0);
            }
        }
    }

    /// <summary>The backward pass of <see cref="Denormalize"/>: dx = dx · deviation.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="first">First column.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="statistics">[rows, 2 features].</param>
    /// <param name="features">Features that were normalised.</param>
    /// <param name="dx">[rows, stride], replaced.</param>
    public static void DenormalizeBackward(
        int rows, int stride, int first, int columns, ReadOnlySpan<float> statistics, int features, Span<float> dx) =>
        Denormalize(rows, stride, first, columns, statistics, features, shifts: false, dx);
}
