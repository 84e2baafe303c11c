using System.Globalization;

namespace Experiments;

/// <summary>Protocols for splitting the rows of a series.</summary>
internal enum ForecastingProtocol
{
    /// <summary>ETTh1 and ETTh2: 12, 4 and 4 months of 30 days of hourly rows.</summary>
    EttHourly,

    /// <summary>ETTm1 and ETTm2: the same months, four rows an hour.</summary>
    EttQuarterHourly,

    /// <summary>70, 10 and 20 % of the rows.</summary>
    Shares,
}

/// <summary>Neighbouring rows.</summary>
/// <param name="Start">The first row.</param>
/// <param name="End">The row after the last.</param>
internal readonly record struct RowRange(int Start, int End)
{
    /// <summary>Number of rows.</summary>
    public int Count => End - Start;
}

/// <summary>
/// The parts of a series in the order of time, as the data loaders of Informer (Zhou et al., arXiv 2012.07436, data_loader.py) and
/// PatchTST (Nie et al., arXiv 2211.14730) cut them. Rows after the test part are unused.
/// </summary>
/// <param name="Train">Rows weights and scaler are fitted to; begins at row 0.</param>
/// <param name="Validation">Rows the best epoch is chosen by.</param>
/// <param name="Test">Rows that are scored once.</param>
internal sealed record ForecastingSplit(RowRange Train, RowRange Validation, RowRange Test)
{
    private const int HoursInMonth = 30 * 24;

    /// <summary>The protocol a file's name stands for: ETTh* hourly, ETTm* quarter-hourly, all others by fractions.</summary>
    public static ForecastingProtocol ProtocolOf(string path)
    {
        string name = Path.GetFileName(path);
        return name.StartsWith("ETTh", StringComparison.OrdinalIgnoreCase) ? ForecastingProtocol.EttHourly
            : name.StartsWith("ETTm", StringComparison.OrdinalIgnoreCase) ? ForecastingProtocol.EttQuarterHourly
            : ForecastingProtocol.Shares;
    }

    /// <summary>Divides the rows of a file.</summary>
    /// <param name="path">The file; its name chooses the protocol.</param>
    /// <param name="rows">Rows in the file.</param>
    /// <param name="protocol">Overrides the protocol of the name; null: the protocol of the name.</param>
    /// <exception cref="TableException">There are too few rows for the protocol.</exception>
    public static ForecastingSplit Create(string path, int rows, ForecastingProtocol? protocol = null)
    {
        ForecastingProtocol chosen = protocol ?? ProtocolOf(path);
        (int train, int validation, int test) = chosen switch
        {
            ForecastingProtocol.EttHourly => (12 * HoursInMonth, 4 * HoursInMonth, 4 * HoursInMonth),
            ForecastingProtocol.EttQuarterHourly => (48 * HoursInMonth, 16 * HoursInMonth, 16 * HoursInMonth),
            // Like Informer's loader: train and test are rounded down, validation takes the remaining rows.
            ForecastingProtocol.Shares => ((int)(rows * 7L / 10), rows - (int)(rows * 7L / 10) - rows / 5, rows / 5),
            _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
        };
        int used = train + validation + test;
        return used <= rows && train > 0 && validation > 0 && test > 0
            ? new(new(0, train), new(train, train + validation), new(train + validation, used))
            : throw new TableException(path, null, null, string.Create(
                CultureInfo.InvariantCulture,
                $"{rows} rows are too few, {(chosen == ForecastingProtocol.Shares ? 5 : used)} are needed; use a longer "
                + $"file{(chosen == ForecastingProtocol.Shares ? "" : ", or another name than ETT, which stands for fixed parts")}."));
    }

    /// <summary>
    /// Every window of a part: the rows at which its forecast begins. The rows forecast lie within the part; the rows before them,
    /// which are input, may reach back into the part before, as in the loaders cited. Validation and test have rows - horizon + 1
    /// windows; training, with nothing before it, has lookback fewer.
    /// </summary>
    /// <param name="part">One of the three parts.</param>
    /// <param name="lookback">Rows of input a window needs before its forecast, at least 1.</param>
    /// <param name="horizon">Rows a window forecasts, at least 1.</param>
    /// <exception cref="ArgumentException">Not even one window fits, or the rows before the part are fewer than the input
    /// needs.</exception>
    public static RowRange Windows(RowRange part, int lookback, int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lookback, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        if (part.Start > 0 && lookback > part.Start)
        {
            // A later beginning would silently omit windows of the part.
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"A window looks back {lookback} rows, but only {part.Start} lie before the part; use a longer file."));
        }
        // As long, because a horizon may be as large as int allows.
        long start = Math.Max(part.Start, lookback), end = part.End - (long)horizon + 1;
        return end > start
            ? new((int)start, (int)end)
            : throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"No window of {lookback} rows and a horizon of {horizon} fits in rows {part.Start} to {part.End - 1}; shorten the "
                + $"horizon or use a longer file."));
    }
}
