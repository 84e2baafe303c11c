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
    /// <param name="initial">The state before the first row, as of <see cref="Step"/>; empty: nothing was seen.</param>
    /// <param name="final">Overwritten with the state after the last row; empty where nobody needs it.</param>
    public static void Forward(
        ReadOnlySpan<float> x, int rows, int width, int stride, Span<float> y, ReadOnlySpan<double> initial = default,
        Span<double> final = default)
    {
        Layout.Check(Math.Min(x.Length, y.Length), (rows - 1) * stride + width);
        Layout.CheckState(initial, final, 1 + width);
        double seen = initial.IsEmpty ? 0 : initial[0];
        for (int column = 0; column < width; column++)
        {
            double sum = initial.IsEmpty ? 0 : initial[1 + column];
            for (int row = 0; row < rows; row++)
            {
                sum += x[row * stride + column];
                y[row * stride + column] = (float)(sum / (seen + (row + 1)));
            }
            if (!final.IsEmpty)
            {
                final[1 + column] = sum;
            }
        }
        if (!final.IsEmpty)
        {
            final[0] = seen + rows;
        }
    }

    /// <summary>The backward pass: dx_t = Σ_{s≥t} dy_s / s, s the number of rows up to it.</summary>
    /// <param name="dy">[rows, stride].</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row of dy and dx.</param>
    /// <param name="dx">[rows, stride]; padding is left untouched.</param>
    /// <param name="accumulate">Whether dx is added to, rather than overwritten.</param>
    /// <param name="initial">The state before the first row; empty: nothing was seen.</param>
    public static void Backward(
        ReadOnlySpan<float> dy, int rows, int width, int stride, Span<float> dx, bool accumulate, ReadOnlySpan<double> initial = default)
    {
        Layout.Check(Math.Min(dy.Length, dx.Length), (rows - 1) * stride + width);
        Layout.CheckState(initial, default, 1);
        double seen = initial.IsEmpty ? 0 : initial[0];
        for (int column = 0; column < width; column++)
        {
            double sum = 0;
            for (int row = rows - 1; row >= 0; row--)
            {
                sum += dy[row * stride + column] / (seen + (row + 1));
                ref float target = ref dx[row * stride + column];
                target = (float)(accumulate ? target + sum : sum);
            }
        }
    }
}
