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

    /// <summary>Copies out the tokens of a sequence.</summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    /// <param name="tokens">[length, TokenWidth], to be written.</param>
    public abstract void ReadTokens(int index, Span<float> tokens);

    /// <summary>
    /// Copies out the target of one token. Asked only where the model has an output: with <c>[Patch]</c> where a patch ends, and
    /// of a whole sequence's heads at its last output alone.
    /// </summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    /// <param name="token">The token, 0 to length − 1.</param>
    /// <param name="target">[TargetWidth], to be written.</param>
    /// <returns>
    /// The weight of the token in the loss, 0 or more. 0 leaves it out; its target then does not matter, NaN included.
    /// </returns>
    public abstract float ReadTarget(int index, int token, Span<float> target);
}
