using AarenGen;

namespace AarenGen.Benchmarks;

/// <summary>A tensor of a model, without padding.</summary>
internal sealed record Tensor(long[] Shape, float[] Values);

/// <summary>The sizes and weights of one of the benchmarks' models, for peers.</summary>
internal sealed class ModelWeights
{
    private readonly Dictionary<string, Tensor> tensors = [];

    private ModelWeights(int heads) => Heads = heads;

    public int Heads { get; }

    public int Width => (int)this["embed.weight"].Shape[0];

    public int Blocks => tensors.Keys.Count(static name => name.EndsWith("norm1.weight", StringComparison.Ordinal));

    /// <summary>Channels of a head.</summary>
    public int Channels => Width / Heads;

    public IReadOnlyDictionary<string, Tensor> Tensors => tensors;

    public Tensor this[string name] => tensors[name];

    public static ModelWeights Of<TModel>(TModel model, int heads) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var weights = new ModelWeights(heads);
        foreach (ParameterDescription p in SequenceModel<TModel>.Description.Parameters)
        {
            var values = new float[p.Rows * p.Columns];
            for (int row = 0; row < p.Rows; row++)
            {
                model.Weights.Slice(p.Offset + row * p.RowStride, p.Columns).CopyTo(values.AsSpan(row * p.Columns));
            }
            weights.tensors[p.Name] = new([.. p.Shape.Select(static n => (long)n)], values);
        }
        return weights;
    }

    /// <summary>
    /// The query of a block's heads, [heads, channels], over the root of the channels: scores are its products with keys.
    /// </summary>
    public Tensor Query(int block)
    {
        Tensor weight = this[$"blocks.{block}.mixer.q_proj.weight"], bias = this[$"blocks.{block}.mixer.q_proj.bias"],
            query = this[$"blocks.{block}.mixer.query"];
        var values = new float[Width];
        for (int row = 0; row < Width; row++)
        {
            double sum = bias.Values[row];
            for (int column = 0; column < Width; column++)
            {
                sum += (double)weight.Values[row * Width + column] * query.Values[column];
            }
            values[row] = (float)(sum / Math.Sqrt(Channels));
        }
        return new([Heads, Channels], values);
    }
}
