namespace AarenGen;

/// <summary>Predicted values: a view of a model's output, valid as long as the output is.</summary>
public readonly ref struct PointPrediction
{
    /// <summary>Called by generated code.</summary>
    /// <param name="output">The values.</param>
    public PointPrediction(ReadOnlySpan<float> output) => Values = output;

    /// <summary>The predicted values.</summary>
    public ReadOnlySpan<float> Values { get; }
}
