namespace AarenGen;

/// <summary>Sliding windows over one long table of tokens and targets, which is not copied.</summary>
public sealed class SequenceWindows : SequenceData
{
    private readonly float[] tokens, targets;
    private readonly float[]? weights;
    private readonly string? series;
    private readonly int length, stride;

    /// <summary>Windows of <paramref name="length"/> rows, beginning every <paramref name="stride"/> rows.</summary>
    /// <param name="tokens">[rows, tokenWidth]; stored, not copied.</param>
    /// <param name="tokenWidth">Numbers in one token.</param>
    /// <param name="targets">
    /// [rows, targetWidth]; stored, not copied. NaN is a value that is missing, and left out of the loss.
    /// </param>
    /// <param name="targetWidth">Numbers in one token's target.</param>
    /// <param name="length">Tokens of a window, at least 1.</param>
    /// <param name="stride">Rows from one window's start to the next, at least 1.</param>
    /// <param name="weights">[rows]: the weight of each row in the loss; null: all 1.</param>
    /// <param name="series">The series that the table is of, as <see cref="SequenceData.GetSeries"/> tells it; null: none.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other, or not even one window fits.</exception>
    public SequenceWindows(
        float[] tokens, int tokenWidth, float[] targets, int targetWidth, int length, int stride, float[]? weights = null,
        string? series = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(targetWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        int rows = Arguments.CountRows(tokens, tokenWidth);
        Arguments.CheckLength(targets, (long)rows * targetWidth);
        if (weights is not null)
        {
            Arguments.CheckLength(weights, rows);
        }
        if (rows < length)
        {
            throw new ArgumentException($"A window takes {length} rows, but there are only {rows}.", nameof(tokens));
        }
        (this.tokens, this.targets, this.weights, this.length, this.stride, this.series) =
            (tokens, targets, weights, length, stride, series);
        TokenWidth = tokenWidth;
        TargetWidth = targetWidth;
        Count = (rows - length) / stride + 1;
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override int TokenWidth { get; }

    /// <inheritdoc/>
    public override int TargetWidth { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public override int GetLength(int index)
    {
        Arguments.CheckIndex(index, Count);
        return length;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public override string? GetSeries(int index)
    {
        Arguments.CheckIndex(index, Count);
        return series;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public override void ReadTokens(int index, Span<float> tokens)
    {
        Arguments.CheckIndex(index, Count);
        this.tokens.AsSpan(index * stride * TokenWidth, length * TokenWidth).CopyTo(tokens);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range, or a token is.</exception>
    public override void ReadTokens(int index, int first, Span<float> tokens)
    {
        Arguments.CheckIndex(index, Count);
        this.tokens.AsSpan(index * stride * TokenWidth, length * TokenWidth).Slice(first * TokenWidth, tokens.Length).CopyTo(tokens);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index or the token is out of range.</exception>
    public override float ReadTarget(int index, int token, Span<float> target)
    {
        Arguments.CheckIndex(index, Count);
        Arguments.CheckIndex(token, length);
        int row = index * stride + token;
        targets.AsSpan(row * TargetWidth, TargetWidth).CopyTo(target);
        return weights is null ? 1 : weights[row];
    }
}
