using AarenGen;

namespace Experiments;

/// <summary>
/// Windows whose tokens are rows of all columns: first the rows that are known, then an empty one for each that is forecast, at which the
/// model gives the forecast. Each column of a window is normalised by the mean and standard deviation of its known rows.
/// </summary>
/// <remarks>
/// Sources: the decoder's input of Informer (Zhou et al., arXiv 2012.07436: known rows, then zeros), and the normalisation of
/// Non-stationary Transformers (Liu et al., arXiv 2205.14415, section 3.1).
/// </remarks>
/// <param name="values">[rows, columns].</param>
/// <param name="columns">Numbers in a row.</param>
/// <param name="forecasts">The rows at which windows' forecasts begin.</param>
/// <param name="stride">Rows from one window to the next.</param>
/// <param name="lookback">Known rows of a window.</param>
/// <param name="horizon">Rows that are forecast.</param>
internal sealed class RowWindows(float[] values, int columns, RowRange forecasts, int stride, int lookback, int horizon) : SequenceData
{
    /// <summary>Added to variances.</summary>
    private const double Epsilon = 1e-5;

    /// <summary>For each window and column the mean and standard deviation of the known rows.</summary>
    private readonly (double Mean, double Deviation)[] scales = Scales(values, columns, forecasts, stride, lookback);

    /// <inheritdoc/>
    public override int Count => scales.Length / columns;

    /// <inheritdoc/>
    public override int TokenWidth => columns;

    /// <inheritdoc/>
    public override int TargetWidth => columns;

    /// <inheritdoc/>
    public override int GetLength(int index) => lookback + horizon;

    /// <inheritdoc/>
    public override void ReadTokens(int index, Span<float> tokens)
    {
        int first = FirstRow(index);
        for (int column = 0; column < columns; column++)
        {
            (double mean, double deviation) = Scale(index, column);
            for (int row = 0; row < lookback; row++)
            {
                tokens[row * columns + column] = (float)((values[(first + row) * columns + column] - mean) / deviation);
            }
        }
        tokens[(lookback * columns)..].Clear();
    }

    /// <inheritdoc/>
    public override float ReadTarget(int index, int token, Span<float> target)
    {
        if (token < lookback)
        {
            return 0;
        }
        int row = FirstRow(index) + token;
        for (int column = 0; column < columns; column++)
        {
            (double mean, double deviation) = Scale(index, column);
            target[column] = (float)((values[row * columns + column] - mean) / deviation);
        }
        return 1;
    }

    /// <summary>The mean and standard deviation of a window's known rows.</summary>
    public (double Mean, double Deviation) Scale(int index, int column) => scales[index * columns + column];

    private static (double Mean, double Deviation)[] Scales(float[] values, int columns, RowRange forecasts, int stride, int lookback)
    {
        int windows = (forecasts.Count - 1) / stride + 1;
        var scales = new (double, double)[windows * columns];
        for (int place = 0; place < scales.Length; place++)
        {
            int first = forecasts.Start + place / columns * stride - lookback, column = place % columns;
            double sum = 0, squares = 0;
            for (int row = 0; row < lookback; row++)
            {
                sum += values[(first + row) * columns + column];
            }
            double mean = sum / lookback;
            for (int row = 0; row < lookback; row++)
            {
                double difference = values[(first + row) * columns + column] - mean;
                squares += difference * difference;
            }
            scales[place] = (mean, Math.Sqrt(squares / lookback + Epsilon));
        }
        return scales;
    }

    private int FirstRow(int index) => forecasts.Start + index * stride - lookback;
}

/// <summary>Scores a model of rows on every test window; errors are those of the values, not of the normalised ones.</summary>
internal sealed class RowScore(float[] values, int columns, RowRange windows, int lookback, int horizon) : IScore
{
    /// <inheritdoc/>
    public RunOutcome Of<TModel>(TModel model, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var data = new RowWindows(values, columns, windows, 1, lookback, horizon);
        StreamState<TModel> state = model.CreateState();
        var tokens = new float[(lookback + horizon) * columns];
        var outputs = new float[(lookback + horizon) * columns];
        float[] forecast = new float[columns], truth = new float[columns];
        var error = new PointError();
        for (int window = 0; window < data.Count; window++)
        {
            cancellation.ThrowIfCancellationRequested();
            data.ReadTokens(window, tokens);
            state.Reset();
            model.Forward(state, tokens, outputs);
            for (int step = 0; step < horizon; step++)
            {
                for (int column = 0; column < columns; column++)
                {
                    (double mean, double deviation) = data.Scale(window, column);
                    forecast[column] = (float)(outputs[(lookback + step) * columns + column] * deviation + mean);
                    truth[column] = values[(windows.Start + window + step) * columns + column];
                }
                error.Add(forecast, truth);
            }
        }
        return new([new("MSE", error.MeanSquared), new("MAE", error.MeanAbsolute)]);
    }
}
