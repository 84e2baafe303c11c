namespace AarenGen.Benchmarks;

/// <summary>Sizes of a benchmark's model, and what its kernels have to do at least.</summary>
internal sealed record ModelSizes(int Width, int Hidden, int Heads)
{
    /// <summary>Bytes that the scan reads and writes of a token: forward scores, values, shares and results; back shares, values, results, their gradients, and the gradients of values and scores.</summary>
    public IReadOnlyList<(string Kernel, double BytesPerToken)> Scans =>
    [
        ("Aaren1_attended_forward", sizeof(float) * (2.0 * Width + 2 * Heads)),
        ("Aaren1_attended_backward", sizeof(float) * (4.0 * Width + 2 * Heads)),
    ];

    /// <summary>
    /// Operations of the products of a token, two a weight; on the way back as many for the gradient of the rows and as many for the weights'.
    /// Chained: where layers are narrow, rows pass through the products from the mixer's output on in one kernel.
    /// </summary>
    public IReadOnlyList<(string Kernel, double OperationsPerToken)> Products(bool areChained)
    {
        double values = 2.0 * Width * (Width + Heads), output = 2.0 * Width * Width, hidden = 2.0 * Width * Hidden;
        (string, double)[] forward = areChained ? [("values_scores", values), ("output", output + 2 * hidden)] : [("values_scores", values), ("output", output), ("hiddenSums", hidden), ("sum", hidden)];
        (string, double)[] backward = [("values_scores", 2 * values), ("output", 2 * output), ("hiddenSums", 2 * hidden), ("sum", 2 * hidden)];
        return [.. forward.Select(static p => ($"Aaren1_{p.Item1}_forward", p.Item2)), .. backward.Select(static p => ($"Aaren1_{p.Item1}_backward", p.Item2))];
    }

    public static ModelSizes Of<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ParameterDescription hidden = SequenceModel<TModel>.Description.Parameters.First(static p => p.Name.EndsWith("ffn1.weight", StringComparison.Ordinal));
        return new(hidden.Columns, hidden.Rows, model.Heads);
    }
}
