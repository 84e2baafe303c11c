using System.ComponentModel;

namespace AarenGen;

/// <summary>What generated code works on while it infers: rows, each a token of a stream. The library creates it.</summary>
/// <typeparam name="TModel">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly ref struct InferencePass<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Rows in this pass, 1 to <see cref="ModelLayout.RowsPerPass"/>.</summary>
    public required int Rows { get; init; }

    /// <summary>Parameters and what is derived from them.</summary>
    public required ReadOnlySpan<float> Weights { get; init; }

    /// <summary>Packed matrices.</summary>
    public required ReadOnlySpan<float> Packed { get; init; }

    /// <summary>How large matrices were packed.</summary>
    public required WeightPrecision Precision { get; init; }

    /// <summary>Working memory, <see cref="ModelLayout.ScratchFloats"/> long or longer, contents unspecified.</summary>
    public required Span<float> Scratch { get; init; }

    /// <summary>[Rows, numbers in a row], no padding.</summary>
    public required ReadOnlySpan<float> Tokens { get; init; }

    /// <summary>[Rows, outputs of all heads], no padding.</summary>
    public required Span<float> Outputs { get; init; }

    /// <summary>[Rows, 2 × features]: means and standard deviations that instance normalisation took; else empty.</summary>
    public ReadOnlySpan<float> Statistics { get; init; }

    /// <summary>One state for each token, or a single one for all, which then come in order. A token has a row a channel.</summary>
    public required ReadOnlySpan<StreamState<TModel>> States { get; init; }

    /// <summary>
    /// The number of the block's recurrence behind which a prefix scan ends the pass, since it needs only the state; null: the pass runs to
    /// the block's end.
    /// </summary>
    public int? LastRecurrence { get; init; }

    /// <summary>The state of the layers for a row's stream.</summary>
    public Span<double> State(int row)
    {
        int channels = SequenceModel<TModel>.Description.Tokens.Channels;
        return States[States.Length == 1 ? 0 : row / channels].LayerMemory(row % channels);
    }
}
