using System.Buffers;
using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>
/// A query that does not depend on the token folds into the keys: with q = W_q query + b_q, the score q·(W_k x + b_k)/√P of a head
/// is f·x + c with f = W_kᵀq/√P and c = q·b_k/√P. Matrices are [width, Pad(width)]. Sums in double: a fold is once a step.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class QueryFold
{
    /// <summary>Folds.</summary>
    /// <param name="query">Width.</param>
    /// <param name="queryWeight">W_q.</param>
    /// <param name="queryBias">b_q.</param>
    /// <param name="keyWeight">W_k.</param>
    /// <param name="keyBias">b_k.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="folded">[heads, Pad(width)]: f, overwritten; the padding becomes zero.</param>
    /// <param name="foldedBias">Pad(heads): c, overwritten; the padding becomes zero.</param>
    public static void Fold(
        ReadOnlySpan<float> query, ReadOnlySpan<float> queryWeight, ReadOnlySpan<float> queryBias, ReadOnlySpan<float> keyWeight,
        ReadOnlySpan<float> keyBias, int width, int heads, Span<float> folded, Span<float> foldedBias)
    {
        int stride = Layout.Pad(width), channels = width / heads;
        Layout.Check(folded.Length, heads * stride);
        Layout.Check(foldedBias.Length, Layout.Pad(heads));
        folded.Clear();
        foldedBias.Clear();
        double scale = 1 / Math.Sqrt(channels);
        double[] rented = ArrayPool<double>.Shared.Rent(width);
        Span<double> sums = rented.AsSpan(0, width);
        for (int head = 0; head < heads; head++)
        {
            sums.Clear();
            double bias = 0;
            for (int row = head * channels; row < (head + 1) * channels; row++)
            {
                double q = Projected(query, queryWeight, queryBias, row, width) * scale;
                bias += q * keyBias[row];
                ReadOnlySpan<float> key = keyWeight.Slice(row * stride, width);
                for (int column = 0; column < key.Length; column++)
                {
                    sums[column] += q * key[column];
                }
            }
            foldedBias[head] = (float)bias;
            for (int column = 0; column < width; column++)
            {
                folded[head * stride + column] = (float)sums[column];
            }
        }
        ArrayPool<double>.Shared.Return(rented);
    }

    /// <summary>Sends gradients of f and c back, adding to those of what they were folded from.</summary>
    /// <param name="query">Width.</param>
    /// <param name="queryWeight">W_q.</param>
    /// <param name="queryBias">b_q.</param>
    /// <param name="keyWeight">W_k.</param>
    /// <param name="keyBias">b_k.</param>
    /// <param name="dFolded">[heads, Pad(width)].</param>
    /// <param name="dFoldedBias">Pad(heads).</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="dQuery">Added to.</param>
    /// <param name="dQueryWeight">Added to.</param>
    /// <param name="dQueryBias">Added to.</param>
    /// <param name="dKeyWeight">Added to.</param>
    /// <param name="dKeyBias">Added to.</param>
    public static void Backward(
        ReadOnlySpan<float> query, ReadOnlySpan<float> queryWeight, ReadOnlySpan<float> queryBias, ReadOnlySpan<float> keyWeight,
        ReadOnlySpan<float> keyBias, ReadOnlySpan<float> dFolded, ReadOnlySpan<float> dFoldedBias, int width, int heads,
        Span<float> dQuery, Span<float> dQueryWeight, Span<float> dQueryBias, Span<float> dKeyWeight, Span<float> dKeyBias)
    {
        int stride = Layout.Pad(width), channels = width / heads;
        double scale = 1 / Math.Sqrt(channels);
        for (int row = 0; row < width; row++)
        {
            int head = row / channels;
            double q = Projected(query, queryWeight, queryBias, row, width) * scale;
            double dq = keyBias[row] * (double)dFoldedBias[head];
            for (int column = 0; column < width; column++)
            {
                double d = dFolded[head * stride + column];
                dq += keyWeight[row * stride + column] * d;
                dKeyWeight[row * stride + column] += (float)(q * d);
            }
            dKeyBias[row] += (float)(q * dFoldedBias[head]);
            dq *= scale;
            dQueryBias[row] += (float)dq;
            for (int column = 0; column < width; column++)
            {
                dQueryWeight[row * stride + column] += (float)(dq * query[column]);
                dQuery[column] += (float)(dq * queryWeight[row * stride + column]);
            }
        }
    }

    private static double Projected(ReadOnlySpan<float> query, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int row, int width)
    {
        ReadOnlySpan<float> line = weight.Slice(row * Layout.Pad(width), width);
        double sum = bias[row];
        for (int column = 0; column < line.Length; column++)
        {
            sum += line[column] * (double)query[column];
        }
        return sum;
    }
}
