namespace AarenGen.Benchmarks;

/// <summary>A step as one writes it first: loops over arrays of floats, the paper's formulas, nothing clever.</summary>
internal sealed class PlainStep : IStepPeer
{
    private readonly ModelWeights weights;
    private readonly Tensor[] queries;
    private readonly float[][] maxima, sums, numerators;

    public PlainStep(ModelWeights weights)
    {
        this.weights = weights;
        queries = [.. Enumerable.Range(0, weights.Blocks).Select(weights.Query)];
        maxima = [.. queries.Select(_ => Enumerable.Repeat(float.NegativeInfinity, weights.Heads).ToArray())];
        sums = [.. queries.Select(_ => new float[weights.Heads])];
        numerators = [.. queries.Select(_ => new float[weights.Width])];
    }

    public string Name => "plain C# loop";

    public ReadOnlySpan<float> Step(ReadOnlySpan<float> token)
    {
        float[] x = Linear("embed", token);
        for (int block = 0; block < queries.Length; block++)
        {
            string prefix = $"blocks.{block}.";
            float[] normal = Normalize(prefix + "norm1", x);
            float[] attended = Attend(block, Linear(prefix + "mixer.k_proj", normal), Linear(prefix + "mixer.v_proj", normal));
            Add(x, Linear(prefix + "mixer.o_proj", attended));
            float[] hidden = Linear(prefix + "ffn1", Normalize(prefix + "norm2", x));
            for (int i = 0; i < hidden.Length; i++)
            {
                hidden[i] *= (float)Distribution(hidden[i]);
            }
            Add(x, Linear(prefix + "ffn2", hidden));
        }
        return Linear("head", x);
    }

    public void Dispose()
    {
    }

    private float[] Attend(int block, float[] keys, float[] values)
    {
        var output = new float[values.Length];
        for (int head = 0; head < weights.Heads; head++)
        {
            int first = head * weights.Channels;
            float score = 0;
            for (int c = first; c < first + weights.Channels; c++)
            {
                score += queries[block].Values[c] * keys[c];
            }
            float maximum = Math.Max(maxima[block][head], score);
            float keep = MathF.Exp(maxima[block][head] - maximum), add = MathF.Exp(score - maximum);
            maxima[block][head] = maximum;
            sums[block][head] = sums[block][head] * keep + add;
            for (int c = first; c < first + weights.Channels; c++)
            {
                numerators[block][c] = numerators[block][c] * keep + values[c] * add;
                output[c] = numerators[block][c] / sums[block][head];
            }
        }
        return output;
    }

    private float[] Linear(string name, ReadOnlySpan<float> input)
    {
        Tensor weight = weights[name + ".weight"];
        float[] output = [.. weights[name + ".bias"].Values];
        for (int row = 0; row < output.Length; row++)
        {
            for (int column = 0; column < input.Length; column++)
            {
                output[row] += weight.Values[row * input.Length + column] * input[column];
            }
        }
        return output;
    }

    private float[] Normalize(string name, float[] x)
    {
        float mean = x.Average(), variance = x.Select(v => (v - mean) * (v - mean)).Average(), inverse = 1 / MathF.Sqrt(variance + 1e-5f);
        return [.. x.Select((v, i) => (v - mean) * inverse * weights[name + ".weight"].Values[i] + weights[name + ".bias"].Values[i])];
    }

    private static void Add(float[] sum, float[] other)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += other[i];
        }
    }

    /// <summary>
    /// Φ(x), by erfc's rational approximation with relative error 1.2e-7. Source: Press et al., Numerical Recipes, erfcc.
    /// </summary>
    private static double Distribution(double x)
    {
        double z = Math.Abs(x) / Math.Sqrt(2), t = 1 / (1 + 0.5 * z);
        double tail = t * Math.Exp(
            -z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418
                + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))))) / 2;
        return x > 0 ? 1 - tail : tail;
    }
}
