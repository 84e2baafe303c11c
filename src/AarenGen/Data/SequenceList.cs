namespace AarenGen;

/// <summary>Sequences in memory, of any lengths. Reading is safe from any number of threads; adding is not.</summary>
/// <param name="tokenWidth">Numbers in one token, at least 1.</param>
/// <param name="targetWidth">Numbers in one token's target, at least 1.</param>
public sealed class SequenceList(int tokenWidth, int targetWidth) : SequenceData
{
    private readonly List<(float[] Tokens, float[] Targets, float[]? Weights, string? Series)> sequences = [];

    /// <inheritdoc/>
    public override int Count => sequences.Count;

    /// <inheritdoc/>
    public override int TokenWidth { get; } = tokenWidth >= 1 ? tokenWidth : throw new ArgumentOutOfRangeException(nameof(tokenWidth));

    /// <inheritdoc/>
    public override int TargetWidth { get; } = targetWidth >= 1 ? targetWidth : throw new ArgumentOutOfRangeException(nameof(targetWidth));

    /// <summary>Adds a sequence; the arrays are stored, not copied.</summary>
    /// <param name="tokens">[length, TokenWidth].</param>
    /// <param name="targets">
    /// [length, TargetWidth]; or [TargetWidth], one target for the whole sequence, which holds at every token. NaN is a value that is
    /// missing, and left out of the loss.
    /// </param>
    /// <param name="weights">[length]: the weight of each token in the loss, 0 leaving it out; null: all 1.</param>
    /// <param name="series">The series that it is part of, as <see cref="SequenceData.GetSeries"/> tells it; null: none.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public void Add(float[] tokens, float[] targets, float[]? weights = null, string? series = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(targets);
        int length = Arguments.CountRows(tokens, TokenWidth);
        if (length == 0)
        {
            throw new ArgumentException("A sequence needs at least one token.", nameof(tokens));
        }
        if (targets.Length != TargetWidth)
        {
            Arguments.CheckLength(targets, (long)length * TargetWidth);
        }
        if (weights is not null)
        {
            Arguments.CheckLength(weights, length);
        }
        sequences.Add((tokens, targets, weights, series));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public override int GetLength(int index) => sequences[index].Tokens.Length / TokenWidth;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public override string? GetSeries(int index) => sequences[index].Series;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public override void ReadTokens(int index, Span<float> tokens) => sequences[index].Tokens.CopyTo(tokens);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range, or a token is.</exception>
    public override void ReadTokens(int index, int first, Span<float> tokens) =>
        sequences[index].Tokens.AsSpan(checked(first * TokenWidth), tokens.Length).CopyTo(tokens);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index or the token is out of range.</exception>
    public override float ReadTarget(int index, int token, Span<float> target)
    {
        (float[] tokens, float[] targets, float[]? weights, _) = sequences[index];
        Arguments.CheckIndex(token, tokens.Length / TokenWidth);
        targets.AsSpan(targets.Length == TargetWidth ? 0 : token * TargetWidth, TargetWidth).CopyTo(target);
        return weights is null ? 1 : weights[token];
    }
}
