using AarenGen;

namespace Experiments;

/// <summary>
/// Windows of a series and the rows that follow each of their rows. A token is a row; its target is the rows after it, column by column:
/// [columns, horizon].
/// </summary>
/// <param name="values">[rows, columns].</param>
/// <param name="columns">Numbers in a row.</param>
/// <param name="forecasts">The rows at which windows' forecasts begin.</param>
/// <param name="stride">Rows from one window to the next.</param>
/// <param name="lookback">Rows in a window.</param>
/// <param name="horizon">Rows after a token that are its target.</param>
/// <param name="lastOnly">Whether only the last token counts; otherwise all tokens count.</param>
internal sealed class ForecastWindows(
    float[] values, int columns, RowRange forecasts, int stride, int lookback, int horizon, bool lastOnly) : SequenceData
{
    public override int Count => (forecasts.Count - 1) / stride + 1;

    public override int TokenWidth => columns;

    public override int TargetWidth => columns * horizon;

    /// <summary>The row at which a window's forecast begins.</summary>
    public int ForecastRow(int index) => forecasts.Start + index * stride;

    public override int GetLength(int index) => lookback;

    public override void ReadTokens(int index, Span<float> tokens) =>
        values.AsSpan((ForecastRow(index) - lookback) * columns, lookback * columns).CopyTo(tokens);

    public override float ReadTarget(int index, int token, Span<float> target)
    {
        if (lastOnly && token < lookback - 1)
        {
            return 0;
        }
        int first = (ForecastRow(index) - lookback + token + 1) * columns;
        for (int column = 0; column < columns; column++)
        {
            for (int step = 0; step < horizon; step++)
            {
                target[column * horizon + step] = values[first + step * columns + column];
            }
        }
        return 1;
    }
}
