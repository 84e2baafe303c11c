using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>
/// Sines and cosines of a position or time t: column 2i is sin(t / P^(2i/width)), column 2i + 1 the cosine, P being 10,000 for
/// positions. Sources: Vaswani et al. 2017, section 3.5; for times, Zuo et al., Transformer Hawkes Process, 2020.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Sinusoids
{
    private const double PositionPeriod = 10_000;

    /// <summary>y[r] = the sinusoids of the time in a column of token r.</summary>
    /// <param name="tokens">[rows, tokenStride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="column">The times' column.</param>
    /// <param name="tokenStride">Floats from token to token.</param>
    /// <param name="width">Sines and cosines together.</param>
    /// <param name="stride">Floats from row to row of y.</param>
    /// <param name="longestPeriod">P.</param>
    /// <param name="y">[rows, stride], overwritten, padding with zero.</param>
    public static void OfTimes(
        ReadOnlySpan<float> tokens, int rows, int column, int tokenStride, int width, int stride, double longestPeriod, Span<float> y)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<float> result = y.Slice(row * stride, stride);
            result.Clear();
            Add(tokens[row * tokenStride + column], longestPeriod, result[..width]);
        }
    }

    /// <summary>y[r] = x[r] + the sinusoids of position first + r.</summary>
    /// <param name="x">[rows, stride].</param>
    /// <param name="rows">Rows, tokens of one sequence in order.</param>
    /// <param name="first">Position of the first row.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="y">[rows, stride], overwritten.</param>
    public static void AddPositions(ReadOnlySpan<float> x, int rows, long first, int width, int stride, Span<float> y)
    {
        x[..(rows * stride)].CopyTo(y);
        for (int row = 0; row < rows; row++)
        {
            Add(first + row, PositionPeriod, y.Slice(row * stride, width));
        }
    }

    private static void Add(double t, double longestPeriod, Span<float> y)
    {
        double step = Math.Pow(longestPeriod, -2.0 / y.Length), frequency = 1;
        for (int column = 0; column < y.Length; column += 2)
        {
            (double sine, double cosine) = Math.SinCos(t * frequency);
            y[column] += (float)sine;
            if (column + 1 < y.Length)
            {
                y[column + 1] += (float)cosine;
            }
            frequency *= step;
        }
    }
}
