using System.Buffers;

namespace AarenGen;

/// <summary>
/// A set of sequences to train on: each has a length, tokens, targets, and a weight a token. Derive from it to read your own
/// data as they lie; <see cref="SequenceList"/> and <see cref="SequenceWindows"/> cover what is in memory.
/// </summary>
/// <remarks>
/// <para>Several threads read at the same time, each its own sequences; an implementation must allow that. A training reads each sequence
/// several times: once before the first step, then once an epoch. Numbers and lengths must not change meanwhile; a checkpoint is
/// resumed only when all numbers read are the same again.</para>
/// <para>What an implementation throws passes through <see cref="SequenceModel{TSelf}.Fit"/> and
/// <see cref="SequenceModel{TSelf}.Evaluate"/>.</para>
/// </remarks>
public abstract class SequenceData
{
    /// <summary>Number of sequences.</summary>
    public abstract int Count { get; }

    /// <summary>Numbers in one token.</summary>
    public abstract int TokenWidth { get; }

    /// <summary>Numbers in one token's target: those of each head one after another, and of each channel.</summary>
    public abstract int TargetWidth { get; }

    /// <summary>Tokens of a sequence, at least 1.</summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    public abstract int GetLength(int index);

    /// <summary>
    /// The series that a sequence is part of, which names the statistics of its numbers where a model has <c>[Standardize]</c> with
    /// <see cref="StandardizeAttribute.PerSeries"/>; null, the default: those of all data. Other models do not ask for it.
    /// </summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    /// <returns>
    /// Null, or a text of 1 to 1,024 bytes of UTF-8 without a null character; texts are compared character by character. It is asked for
    /// whenever the sequence is read, and should not allocate.
    /// </returns>
    public virtual string? GetSeries(int index) => null;

    /// <summary>Copies out the tokens of a sequence.</summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    /// <param name="tokens">
    /// [length, TokenWidth], to be written in full: it holds numbers of another sequence. NaN is a value that is missing, in columns whose
    /// <see cref="ContinuousAttribute.Missing"/> allows it.
    /// </param>
    public abstract void ReadTokens(int index, Span<float> tokens);

    /// <summary>
    /// Copies out some tokens of a sequence. Trainings with <see cref="TrainingOptions.CarryState"/> ask for them, chunk by chunk, and
    /// evaluations of very long sequences. By default it reads the whole sequence into memory for each chunk; override it where sequences
    /// are long.
    /// </summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    /// <param name="first">The first token, 0 to length − 1.</param>
    /// <param name="tokens">[number of tokens, TokenWidth], to be written in full; within the sequence.</param>
    public virtual void ReadTokens(int index, int first, Span<float> tokens)
    {
        float[] all = ArrayPool<float>.Shared.Rent(checked(GetLength(index) * TokenWidth));
        try
        {
            Span<float> read = all.AsSpan(0, GetLength(index) * TokenWidth);
            ReadTokens(index, read);
            read.Slice(first * TokenWidth, tokens.Length).CopyTo(tokens);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(all);
        }
    }

    /// <summary>
    /// Copies out the target of one token. Asked only where the model has an output: with <c>[Patch]</c> where a patch ends, and
    /// of a whole sequence's heads only at its last output.
    /// </summary>
    /// <param name="index">The sequence, 0 to <see cref="Count"/> − 1.</param>
    /// <param name="token">The token, 0 to length − 1.</param>
    /// <param name="target">
    /// [TargetWidth], to be written in full where the weight is above 0: finite numbers, and NaN for each value that is missing, classes
    /// included. A missing value has neither loss nor gradient; the others of the token keep theirs.
    /// </param>
    /// <returns>
    /// The weight of the token in the loss, 0 or more and finite; only its ratio to the other weights matters. 0 leaves it out; its target
    /// then does not matter, NaN included.
    /// </returns>
    public abstract float ReadTarget(int index, int token, Span<float> target);

    /// <summary>What the statistics of standardisation are of: the same data, unless sequences share tokens.</summary>
    internal virtual SequenceData ForStatistics => this;

    /// <summary>Where a token is, as messages begin.</summary>
    internal virtual string Locate(int index, int token) => FormattableString.Invariant($"Sequence {index}, token {token}");

    /// <summary>What a message calls a column of a token.</summary>
    internal virtual string ColumnName(int column) => FormattableString.Invariant($"column {column}");
}
