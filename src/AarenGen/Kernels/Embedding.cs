using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>Rows of a table chosen by a category or by a position, and their gradients.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Embedding
{
    /// <summary>y[r] = table[category of r].</summary>
    /// <param name="tokens">[rows, tokenStride]; the category, a whole number, stands in <paramref name="column"/>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="column">The categories' column.</param>
    /// <param name="tokenStride">Floats from token to token.</param>
    /// <param name="table">[categories, stride].</param>
    /// <param name="stride">Floats from row to row of table and y.</param>
    /// <param name="y">[rows, stride], overwritten, padding included.</param>
    public static void Lookup(
        ReadOnlySpan<float> tokens, int rows, int column, int tokenStride, ReadOnlySpan<float> table, int stride, Span<float> y)
    {
        for (int row = 0; row < rows; row++)
        {
            table.Slice((int)tokens[row * tokenStride + column] * stride, stride).CopyTo(y.Slice(row * stride, stride));
        }
    }

    /// <summary>The backward pass of <see cref="Lookup"/>: adds each row's gradient to that of its category.</summary>
    /// <param name="dy">[rows, stride].</param>
    /// <param name="tokens">[rows, tokenStride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="column">The categories' column.</param>
    /// <param name="tokenStride">Floats from token to token.</param>
    /// <param name="stride">Floats from row to row of dy and the table's gradient.</param>
    /// <param name="dTable">[categories, stride], added to.</param>
    public static void Backward(
        ReadOnlySpan<float> dy, ReadOnlySpan<float> tokens, int rows, int column, int tokenStride, int stride, Span<float> dTable)
    {
        for (int row = 0; row < rows; row++)
        {
            Elementwise.Accumulate(dy.Slice(row * stride, stride), dTable.Slice((int)tokens[row * tokenStride + column] * stride, stride));
        }
    }

    /// <summary>y[r] = x[r] + table[min(first + r, length − 1)]: tokens past the table's end use its last row.</summary>
    /// <param name="x">[rows, stride].</param>
    /// <param name="rows">Rows, tokens of one sequence in order.</param>
    /// <param name="first">Position of the first row.</param>
    /// <param name="stride">Floats from row to row of x, table and y.</param>
    /// <param name="table">[length, stride].</param>
    /// <param name="length">Rows of the table.</param>
    /// <param name="y">[rows, stride], overwritten.</param>
    public static void AddPositions(
        ReadOnlySpan<float> x, int rows, long first, int stride, ReadOnlySpan<float> table, int length, Span<float> y)
    {
        for (int row = 0; row < rows; row++)
        {
            // Clamped on both sides, so that no number that a saved state may hold leads out of the table.
            int position = (int)Math.Clamp(first + row, 0, length - 1);
            Elementwise.Add(x.Slice(row * stride, stride), table.Slice(position * stride, stride), y.Slice(row * stride, stride));
        }
    }

    /// <summary>The backward pass of <see cref="AddPositions"/> to the table.</summary>
    /// <param name="dy">[rows, stride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="first">Position of the first row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="length">Rows of the table.</param>
    /// <param name="dTable">[length, stride], added to.</param>
    public static void AccumulatePositions(ReadOnlySpan<float> dy, int rows, long first, int stride, int length, Span<float> dTable)
    {
        for (int row = 0; row < rows; row++)
        {
            int position = (int)Math.Clamp(first + row, 0, length - 1);
            Elementwise.Accumulate(dy.Slice(row * stride, stride), dTable.Slice(position * stride, stride));
        }
    }
}
