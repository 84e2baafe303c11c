using AarenGen;

namespace Reporting;

/// <summary>
/// Sequences whose reading is stopped: training checks its token between steps, but reads all its data before and to validate.
/// </summary>
/// <remarks>Do not use it with checkpoints: training would end in the middle of a step, and the checkpoint would not be written.</remarks>
/// <param name="data">The sequences.</param>
/// <param name="cancellation">Stops.</param>
internal sealed class StoppableData(SequenceData data, CancellationToken cancellation) : SequenceData
{
    /// <inheritdoc/>
    public override int Count => data.Count;

    /// <inheritdoc/>
    public override int TokenWidth => data.TokenWidth;

    /// <inheritdoc/>
    public override int TargetWidth => data.TargetWidth;

    /// <inheritdoc/>
    public override int GetLength(int index) => data.GetLength(index);

    /// <inheritdoc/>
    public override string? GetSeries(int index) => data.GetSeries(index);

    /// <inheritdoc/>
    public override void ReadTokens(int index, Span<float> tokens)
    {
        cancellation.ThrowIfCancellationRequested();
        data.ReadTokens(index, tokens);
    }

    /// <inheritdoc/>
    public override void ReadTokens(int index, int first, Span<float> tokens)
    {
        cancellation.ThrowIfCancellationRequested();
        data.ReadTokens(index, first, tokens);
    }

    /// <inheritdoc/>
    public override float ReadTarget(int index, int token, Span<float> target) => data.ReadTarget(index, token, target);
}
