namespace AarenGen;

/// <summary>
/// A set of sequences to train on: each has a length, tokens, targets, and a weight a token. Derive from it to read your own
/// data as they lie; <see cref="SequenceList"/> and <see cref="SequenceWindows"/> cover what is in memory.
/// </summary>
/// <remarks>Several threads read at the same time, each its own sequences; an implementation must allow that.</remarks>
public abstract class SequenceData
{
    /// <summary>Number of sequences.</summary>
    public abstract int Count { get; }

    /// <summary>Numbers in one token.</summary>
    public abstract int TokenWidth { get; }

    /// <summary>Numbers in one token's target.</summary>
    public abstract int TargetWidth { get; }

    /// <summary>Tokens of a sequence, at least 1.</summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    public abstract int LengthOf(int index);

    /// <summary>Copies out a sequence.</summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    /// <param name="tokens">[length, TokenWidth], to be written.</param>
    /// <param name="targets">[length, TargetWidth], to be written.</param>
    /// <param name="weights">
    /// [length], all 1 when called: the weight of each token in the loss. 0 leaves a token out; its target then does not matter,
    /// NaN included.
    /// </param>
    public abstract void Read(int index, Span<float> tokens, Span<float> targets, Span<float> weights);
}
