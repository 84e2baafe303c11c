using System.ComponentModel;

namespace AarenGen.Training;

/// <summary>
/// What generated code works on while it trains: the tokens of one or more sequences, whole or the same-numbered chunk of each, one after
/// the other, in a forward and a backward pass. Buffers are padded: a row of width n takes n rounded up to 16 floats, and the rest is zero.
/// The library creates it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly ref struct TrainingPass
{
    /// <summary>Tokens in this pass.</summary>
    public required int Rows { get; init; }

    /// <summary>Row after the last one of each sequence, ascending, the last being <see cref="Rows"/>.</summary>
    public required ReadOnlySpan<int> SequenceEnds { get; init; }

    /// <summary>Parameters and what is derived from them.</summary>
    public required ReadOnlySpan<float> Weights { get; init; }

    /// <summary>Packed matrices, those of training included.</summary>
    public required ReadOnlySpan<float> Packed { get; init; }

    /// <summary>[Rows, numbers in a row padded].</summary>
    public required ReadOnlySpan<float> Tokens { get; init; }

    /// <summary>[Rows, 2 × features]: means and standard deviations that instance normalisation took; else empty.</summary>
    public ReadOnlySpan<float> Statistics { get; init; }

    /// <summary>[Rows, targets of all heads], no padding.</summary>
    public required ReadOnlySpan<float> Targets { get; init; }

    /// <summary>[Rows]: the weight of each token in the loss; 0 leaves it out, or says that it lacks all targets.</summary>
    public required ReadOnlySpan<float> TokenWeights { get; init; }

    /// <summary>[Rows]: the weight of each token in the loss of heads for whole sequences; 0 at all but a sequence's last.</summary>
    public required ReadOnlySpan<float> SequenceWeights { get; init; }

    /// <summary>Rows for which there is memory.</summary>
    public required int Capacity { get; init; }

    /// <summary>Capacity × <see cref="ModelLayout.TrainingFloatsPerToken"/>; zeroed once when allocated, kept between passes.</summary>
    public required Span<float> Memory { get; init; }

    /// <summary>Like <see cref="Weights"/>; the pass adds to it. Empty: forward and loss only, no dropout.</summary>
    public required Span<float> Gradients { get; init; }

    /// <summary>[Rows, padded row width], overwritten with the gradients of the tokens; empty where they are not needed.</summary>
    public Span<float> TokenGradients { get; init; }

    /// <summary>[Rows, outputs of all heads], overwritten with the outputs; empty where they are not needed.</summary>
    public Span<float> Outputs { get; init; }

    /// <summary>
    /// [sequences, doubles of a state]: the states of the layers before the first row of each sequence, as a stream has them. Empty: all
    /// sequences begin here.
    /// </summary>
    public ReadOnlySpan<double> InitialStates { get; init; }

    /// <summary>
    /// Like <see cref="InitialStates"/>, overwritten with the states after the last row of each sequence; empty where no sequence goes on.
    /// Not empty where <see cref="InitialStates"/> is not.
    /// </summary>
    public Span<double> FinalStates { get; init; }

    /// <summary>Seed of this pass's dropout; the same seed drops the same values.</summary>
    public ulong DropoutSeed { get; init; }

    /// <summary>The memory of one value for all rows of the pass.</summary>
    /// <param name="offset">Floats a token that come before it.</param>
    /// <param name="width">Its floats a token.</param>
    public Span<float> Values(int offset, int width) => Memory.Slice(offset * Capacity, Rows * width);

    /// <summary>What the state before a sequence's first row holds of a layer; empty where the sequence begins here.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="offset">Doubles of the state that come before it.</param>
    /// <param name="length">Its doubles.</param>
    public ReadOnlySpan<double> InitialState(int sequence, int offset, int length) =>
        InitialStates.IsEmpty ? default : InitialStates.Slice(InitialStates.Length / SequenceEnds.Length * sequence + offset, length);

    /// <summary>What the state after a sequence's last row holds of a layer; empty where nobody needs it.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="offset">Doubles of the state that come before it.</param>
    /// <param name="length">Its doubles.</param>
    public Span<double> FinalState(int sequence, int offset, int length) =>
        FinalStates.IsEmpty ? default : FinalStates.Slice(FinalStates.Length / SequenceEnds.Length * sequence + offset, length);

    /// <summary>The position of a sequence's first row, of a layer whose state is the number of tokens seen.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="offset">Doubles of the state that come before the number.</param>
    public long FirstPosition(int sequence, int offset) => InitialStates.IsEmpty ? 0 : (long)InitialState(sequence, offset, 1)[0];

    /// <summary>Sets the number of tokens seen in the state after a sequence's last row; does nothing where nobody needs it.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="offset">Doubles of the state that come before the number.</param>
    /// <param name="rows">Rows of the sequence in this pass.</param>
    public void CountPositions(int sequence, int offset, int rows)
    {
        if (!FinalStates.IsEmpty)
        {
            FinalState(sequence, offset, 1)[0] = FirstPosition(sequence, offset) + rows;
        }
    }

    /// <summary>Whether the pass is one of a training, in which values are dropped.</summary>
    public bool IsTraining => !Gradients.IsEmpty;

    /// <summary>Whether all that is needed are the states after the last rows, since no token has a weight.</summary>
    public bool MovesStatesAlone { get; init; }

    /// <summary>Whether there is a backward pass as well.</summary>
    public bool HasBackward => IsTraining && !MovesStatesAlone;
}
