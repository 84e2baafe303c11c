using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The mean of all rows so far: y_t = (x_1 + … + x_t) / t.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PrefixMean
{
    /// <summary>One token of a stream.</summary>
    /// <param name="x">Width values.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="state">The number of tokens seen, then the sums of their values.</param>
    /// <param name="y">Width values, overwritten; padding is left untouched.</param>
    public static void Step(ReadOnlySpan<float> x, int width, Span<double> state, Span<float> y)
    {
        Layout.Check(state.Length, 1 + width);
        double count = ++state[0];
        Span<double> sums = state.Slice(1, width);
        for (int column = 0; column < width; column++)
        {
            sums[column] += x[column];
            y[column] = (float)(sums[column] / count);
        }
    }

    /// <summary>A whole sequence.</summary>
    /// <param name="x">[rows, stride].</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row of x and y.</param>
    /// <param name="y">[rows, stride], overwritten; padding is left untouched.</param>
    public static void Forward(ReadOnlySpan<float> x, int rows, int width, int stride, Span<float> y)
    {
        Layout.Check(Math.Min(x.Length, y.Length), (rows - 1) * stride + width);
        for (int column = 0; column < width; column++)
        {
            double sum = 0;
            for (int row = 0; row < rows; row++)
            {
                sum += x[row * stride + column];
                y[row * stride + column] = (float)(sum / (row + 1));
            }
        }
    }

    /// <summary>The backward pass: dx_t = Σ_{s≥t} dy_s / s.</summary>
    /// <param name="dy">[rows, stride].</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row of dy and dx.</param>
    /// <param name="dx">[rows, stride]; padding is left untouched.</param>
    /// <param name="accumulate">Whether dx is added to, rather than overwritten.</param>
    public static void Backward(ReadOnlySpan<float> dy, int rows, int width, int stride, Span<float> dx, bool accumulate)
    {
        Layout.Check(Math.Min(dy.Length, dx.Length), (rows - 1) * stride + width);
        for (int column = 0; column < width; column++)
        {
            double sum = 0;
            for (int row = rows - 1; row >= 0; row--)
            {
                sum += (double)dy[row * stride + column] / (row + 1);
                ref float target = ref dx[row * stride + column];
                target = (float)(accumulate ? target + sum : sum);
            }
        }
    }
}
