using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>A forecaster without gradient training.</summary>
internal interface IForecastBaseline
{
    /// <summary>Its name in reports.</summary>
    string Name { get; }

    /// <summary>Forecasts the rows that follow.</summary>
    /// <param name="history">[rows, columns]: all rows before the forecast and no later ones.</param>
    /// <param name="columns">Numbers in a row.</param>
    /// <param name="forecast">[horizon, columns]: filled.</param>
    /// <exception cref="ArgumentException">The history is too short.</exception>
    void Forecast(ReadOnlySpan<float> history, int columns, Span<float> forecast);
}

/// <summary>Repeats the last row.</summary>
internal sealed class LastValue : IForecastBaseline
{
    /// <inheritdoc/>
    public string Name => "last value";

    /// <inheritdoc/>
    public void Forecast(ReadOnlySpan<float> history, int columns, Span<float> forecast) =>
        SeasonalNaive.Repeat(history, columns, 1, forecast);
}

/// <summary>Repeats the last season.</summary>
/// <param name="period">Rows in a season, at least 1.</param>
internal sealed class SeasonalNaive(int period) : IForecastBaseline
{
    private readonly int period = period >= 1 ? period
        : throw new ArgumentOutOfRangeException(nameof(period), period, "A season has at least one row.");

    /// <inheritdoc/>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"seasonal naive ({period})");

    /// <inheritdoc/>
    public void Forecast(ReadOnlySpan<float> history, int columns, Span<float> forecast) => Repeat(history, columns, period, forecast);

    /// <summary>Repeats the last <paramref name="period"/> rows.</summary>
    internal static void Repeat(ReadOnlySpan<float> history, int columns, int period, Span<float> forecast)
    {
        int length = period * columns;
        if (history.Length < length)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The history has {history.Length / columns} rows, but {period} are repeated; give a longer history or a shorter season."),
                nameof(history));
        }
        ReadOnlySpan<float> last = history[^length..];
        for (; forecast.Length > length; forecast = forecast[length..])
        {
            last.CopyTo(forecast);
        }
        last[..forecast.Length].CopyTo(forecast);
    }
}

/// <summary>The mean of each column over the training rows.</summary>
internal sealed class TrainMean : IForecastBaseline
{
    private readonly float[] means;

    /// <summary>Computes the means.</summary>
    /// <param name="train">[rows, columns]: the training rows, at least one.</param>
    /// <param name="columns">Numbers in a row, at least 1.</param>
    /// <exception cref="ArgumentException">There are no rows, or they are not whole.</exception>
    public TrainMean(ReadOnlySpan<float> train, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (train.IsEmpty || train.Length % columns != 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                $"{train.Length} numbers are not whole rows of {columns} columns, or none; give the training rows."), nameof(train));
        }
        var sums = new double[columns];
        for (int i = 0; i < train.Length; i++)
        {
            sums[i % columns] += train[i];
        }
        int rows = train.Length / columns;
        means = [.. sums.Select(sum => (float)(sum / rows))];
    }

    /// <inheritdoc/>
    public string Name => "train mean";

    /// <inheritdoc/>
    public void Forecast(ReadOnlySpan<float> history, int columns, Span<float> forecast)
    {
        if (columns != means.Length)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                $"A row has {columns} columns, but those of training had {means.Length}; give rows of one series."), nameof(columns));
        }
        SeasonalNaive.Repeat(means, columns, 1, forecast);
    }
}

/// <summary>Scores a baseline over every window of a part of the data.</summary>
internal static class ForecastEvaluation
{
    /// <summary>Forecasts from each row of <paramref name="windows"/> and compares with the true values.</summary>
    /// <param name="baseline">The forecaster.</param>
    /// <param name="values">[rows, columns], scaled as the models' are.</param>
    /// <param name="columns">Numbers in a row, at least 1.</param>
    /// <param name="windows">The rows at which forecasts begin (<see cref="ForecastingSplit.Windows"/>).</param>
    /// <param name="horizon">Rows of a forecast, at least 1.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="ArgumentException">A window reaches past the last row, or the history is too short for the baseline.</exception>
    public static PointError Run(
        IForecastBaseline baseline, ReadOnlySpan<float> values, int columns, RowRange windows, int horizon,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        if (windows.Start < 0 || (windows.End - 1 + (long)horizon) * columns > values.Length)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Windows {windows.Start} to {windows.End - 1} of {horizon} rows do not lie in {values.Length / columns} rows; take "
                + $"them from ForecastingSplit.Windows."), nameof(windows));
        }
        var error = new PointError();
        var forecast = new float[horizon * columns];
        for (int row = windows.Start; row < windows.End; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            baseline.Forecast(values[..(row * columns)], columns, forecast);
            error.Add(forecast, values.Slice(row * columns, forecast.Length));
        }
        return error;
    }
}
