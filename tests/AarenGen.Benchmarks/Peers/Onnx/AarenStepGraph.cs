namespace AarenGen.Benchmarks;

/// <summary>How a step is written as a graph.</summary>
/// <param name="FoldsQuery">Whether scores come from the folded query, as our compiler has them, or from keys, as a framework exports
/// them.</param>
/// <param name="UsesGemm">Whether linear layers are Gemm with PyTorch's layout, or MatMul and Add with transposed weights.</param>
internal sealed record StepGraphOptions(bool FoldsQuery, bool UsesGemm);

/// <summary>
/// One token through an Aaren model as an ONNX graph: its state goes in and comes out, a maximum, a weight and numerators a block.
/// </summary>
internal static class AarenStepGraph
{
    /// <summary>What a maximum is before the first token: any score is above it, and no difference to it is NaN.</summary>
    public const float NothingSeen = -1e30f;

    /// <summary>
    /// The state's tensors with their shapes: m0, w0, u0, m1 and so on. A step's results have the same names and an r before them.
    /// </summary>
    public static IEnumerable<(string Name, long[] Shape)> State(ModelWeights weights)
    {
        for (int block = 0; block < weights.Blocks; block++)
        {
            yield return ($"m{block}", [weights.Heads, 1]);
            yield return ($"w{block}", [weights.Heads, 1]);
            yield return ($"u{block}", [weights.Heads, weights.Channels]);
        }
    }

    public static byte[] Write(ModelWeights weights, StepGraphOptions options)
    {
        var g = new OnnxGraph();
        int inputs = (int)weights["embed.weight"].Shape[1], outputs = (int)weights["head.weight"].Shape[0];
        string perHead = g.Constant(weights.Heads, weights.Channels), perRow = g.Constant(1, weights.Width);
        string x = Linear("embed", g.Input("token", 1, inputs));
        foreach ((string name, long[] shape) in State(weights))
        {
            g.Input(name, shape);
            g.Output("r" + name, shape);
        }
        for (int block = 0; block < weights.Blocks; block++)
        {
            string prefix = $"blocks.{block}.";
            string normal = Normalize(prefix + "norm1", x);
            string values = g.Node("Reshape", [Linear(prefix + "mixer.v_proj", normal), perHead]);
            string scores = Scores(block, normal);
            string before = $"m{block}", maximum = $"rm{block}", weight = $"rw{block}", numerator = $"ru{block}";
            g.Node("Max", [before, scores], maximum);
            string keep = g.Node("Exp", [g.Node("Sub", [before, maximum])]), add = g.Node("Exp", [g.Node("Sub", [scores, maximum])]);
            g.Node("Add", [g.Node("Mul", [$"w{block}", keep]), add], weight);
            g.Node("Add", [g.Node("Mul", [$"u{block}", keep]), g.Node("Mul", [values, add])], numerator);
            string attended = g.Node("Reshape", [g.Node("Div", [numerator, weight]), perRow]);
            x = g.Node("Add", [x, Linear(prefix + "mixer.o_proj", attended)]);
            string hidden = g.Node("Gelu", [Linear(prefix + "ffn1", Normalize(prefix + "norm2", x))]);
            x = g.Node("Add", [x, Linear(prefix + "ffn2", hidden)]);
        }
        g.Node("Identity", [Linear("head", x)], "output");
        g.Output("output", 1, outputs);
        return g.ToModel();

        string Linear(string name, string input) => Product(weights[name + ".weight"], weights[name + ".bias"], input);

        string Product(Tensor weight, Tensor bias, string input) => options.UsesGemm
            ? g.Node("Gemm", [input, g.Constant(weight), g.Constant(bias)], ("transB", 1))
            : g.Node("Add", [g.Node("MatMul", [input, g.Constant(weight.Transposed())]), g.Constant(bias)]);

        string Normalize(string name, string input) =>
            g.Node(
                "LayerNormalization",
                [input, g.Constant(weights[name + ".weight"]), g.Constant(weights[name + ".bias"])], ("epsilon", 1e-5f));

        string Scores(int block, string input)
        {
            if (options.FoldsQuery)
            {
                (Tensor weight, Tensor bias) = weights.FoldedQuery(block);
                return g.Node("Reshape", [Product(weight, bias, input), g.Constant(weights.Heads, 1)]);
            }
            string keys = g.Node("Reshape", [Linear($"blocks.{block}.mixer.k_proj", input), perHead]);
            return g.Node("ReduceSum", [g.Node("Mul", [keys, g.Constant(weights.Query(block))]), g.Constant(1)], ("keepdims", 1));
        }
    }
}
