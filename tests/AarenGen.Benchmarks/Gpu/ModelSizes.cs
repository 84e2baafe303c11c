namespace AarenGen.Benchmarks;

/// <summary>Sizes of a benchmark's model, and what its kernels have to do at least.</summary>
internal sealed record ModelSizes(int Width, int Hidden, int Heads)
{
    /// <summary>
    /// Bytes that the scan reads and writes of a token: forward scores, values, gates and results; backward gates, values, results, their
    /// gradients, and the gradients of values and scores. Chained: where layers are narrow, the forward pass of a layer is one kernel, its
    /// scan among the rest.
    /// </summary>
    public IReadOnlyList<(string Kernel, double BytesPerToken)> Scans(bool areChained)
    {
        (string, double) back = ("Aaren1_attended_backward", sizeof(float) * (4.0 * Width + 2 * Heads));
        return areChained ? [back] : [("Aaren1_attended_forward", sizeof(float) * (2.0 * Width + 2 * Heads)), back];
    }

    /// <summary>
    /// Operations of the matrix multiplications per token, two per weight. The backward pass has the same number for the gradient of the
    /// rows and for that of the weights. Chained: in the backward pass, rows go from the layer's output to the scan in one kernel; the
    /// gradients of all weights are computed in the next.
    /// </summary>
    public IReadOnlyList<(string Kernel, double OperationsPerToken)> Products(bool areChained)
    {
        double values = 2.0 * Width * (Width + Heads), output = 2.0 * Width * Width, hidden = 2.0 * Width * Hidden,
            all = values + output + 2 * hidden;
        return areChained
            ? [("Aaren1_output_forward", all), ("Aaren1_output_backward", output + 2 * hidden),
                ("Aaren1_values_scores_backward", values + all)]
            : [
                ("Aaren1_values_scores_forward", values), ("Aaren1_output_forward", output), ("Aaren1_hiddenSums_forward", hidden),
                ("Aaren1_sum_forward", hidden),
                ("Aaren1_values_scores_backward", 2 * values), ("Aaren1_output_backward", 2 * output),
                ("Aaren1_hiddenSums_backward", 2 * hidden), ("Aaren1_sum_backward", 2 * hidden),
            ];
    }

    public static ModelSizes Of<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ParameterDescription hidden = SequenceModel<TModel>.Description.Parameters.First(
            static p => p.Name.EndsWith("ffn1.weight", StringComparison.Ordinal));
        return new(hidden.Columns, hidden.Rows, model.Heads);
    }
}
