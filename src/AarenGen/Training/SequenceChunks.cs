namespace AarenGen.Training;

/// <summary>How sequences are cut along time.</summary>
/// <param name="Tokens">
/// Tokens of a chunk, at least <see cref="MinTokens"/>, so that every chunk has an output; null: a sequence is one chunk. Tokens after the
/// last output of a sequence belong to none.
/// </param>
internal readonly record struct SequenceChunks(int? Tokens)
{
    /// <summary>The smallest number of tokens that a chunk of a model may have.</summary>
    public static int MinTokens(TokenShape shape) => Math.Max(shape.PatchLength, shape.PatchStride);

    /// <summary>
    /// The chunks of an evaluation, whose result does not depend on them: those of training, but never so small that a sequence of several
    /// chunks would share a pass.
    /// </summary>
    public SequenceChunks ForEvaluation(TokenShape shape) =>
        Tokens is { } tokens ? new(Math.Max(tokens, shape.PatchLength + BatchPlan.RowsPerPass * shape.PatchStride)) : this;

    /// <summary>Chunks of a sequence.</summary>
    /// <param name="shape">How tokens become rows.</param>
    /// <param name="length">Tokens of the sequence, at least a patch.</param>
    public int Count(TokenShape shape, int length) =>
        Tokens is { } tokens ? shape.GetSampleIndex(shape.GetOutputCount(length) - 1) / tokens + 1 : 1;

    /// <summary>The tokens of a chunk.</summary>
    public (int First, int Count) Samples(int length, int chunk)
    {
        int first = chunk * (Tokens ?? 0);
        return (first, Math.Min(Tokens ?? length, length - first));
    }

    /// <summary>The outputs of a chunk.</summary>
    public (int First, int Count) Outputs(TokenShape shape, int length, int chunk)
    {
        (int first, int count) = Samples(length, chunk);
        int before = shape.GetOutputCount(first);
        return (before, shape.GetOutputCount(first + count) - before);
    }

    /// <summary>The most outputs and tokens of any chunk of a sequence.</summary>
    public (int Outputs, int Samples) Largest(TokenShape shape, int length) => Tokens is { } tokens && Count(shape, length) > 1
        ? (1 + (tokens - 1) / shape.PatchStride, tokens)
        : (shape.GetOutputCount(length), length);
}
