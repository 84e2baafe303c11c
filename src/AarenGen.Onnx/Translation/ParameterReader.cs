using AarenGen.Kernels;

namespace AarenGen.Onnx.Translation;

/// <summary>A parameter's values, row by row without padding.</summary>
internal sealed record ParameterValues(int Rows, int Columns, float[] Values)
{
    /// <summary>The matrix with rows and columns exchanged.</summary>
    public float[] Transposed()
    {
        var result = new float[Values.Length];
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                result[column * Rows + row] = Values[row * Columns + column];
            }
        }
        return result;
    }
}

/// <summary>Reads parameters out of a model's memory by their names in files.</summary>
internal sealed class ParameterReader(ModelDescription description, float[] weights)
{
    private readonly Dictionary<string, ParameterDescription> parameters =
        description.Parameters.ToDictionary(static p => p.Name, StringComparer.Ordinal);

    public ParameterValues Read(string name)
    {
        ParameterDescription p = parameters[name];
        var values = new float[p.Rows * p.Columns];
        for (int row = 0; row < p.Rows; row++)
        {
            weights.AsSpan(p.Offset + row * p.RowStride, p.Columns).CopyTo(values.AsSpan(row * p.Columns));
        }
        return new(p.Rows, p.Columns, values);
    }

    /// <summary>The query of all heads, over the root of a head's channels.</summary>
    /// <param name="names">The query; weight and bias of its projection.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads.</param>
    public float[] Query(IReadOnlyList<string> names, int width, int heads)
    {
        float[] query = Read(names[0]).Values, weight = Read(names[1]).Values, bias = Read(names[2]).Values;
        double scale = 1 / Math.Sqrt(width / heads);
        return [.. bias.Select((b, row) => (float)(scale * (b + query.Index().Sum(q => (double)q.Item * weight[row * width + q.Index]))))];
    }

    /// <summary>The learned query folded into the keys, as inference has it: a vector and a number for each head.</summary>
    /// <param name="names">The query; weight and bias of its projection; weight and bias of the keys'.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads.</param>
    public (ParameterValues Weight, ParameterValues Bias) FoldQuery(IReadOnlyList<string> names, int width, int heads)
    {
        int stride = Layout.Pad(width);
        float[] folded = new float[heads * stride], bias = new float[Layout.Pad(heads)];
        QueryFold.Fold(Padded(0), Padded(1), Padded(2), Padded(3), Padded(4), width, heads, folded, bias);
        var values = new float[heads * width];
        for (int head = 0; head < heads; head++)
        {
            folded.AsSpan(head * stride, width).CopyTo(values.AsSpan(head * width));
        }
        return (new(heads, width, values), new(1, heads, bias[..heads]));

        ReadOnlySpan<float> Padded(int index)
        {
            ParameterDescription p = parameters[names[index]];
            return weights.AsSpan(p.Offset, p.Rows * p.RowStride);
        }
    }
}
