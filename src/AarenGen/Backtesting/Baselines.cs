namespace AarenGen;

/// <summary>
/// The simple forecasts of one target that a model is compared with, from its past alone: the last value, the value a season ago for each
/// season, and the straight line through the first and the last value. Missing values are skipped: what counts is the last known value, and
/// the last known one at the same place of a season.
/// </summary>
/// <param name="seasons">Rows of each season.</param>
internal sealed class Baselines(IReadOnlyList<int> seasons)
{
    private readonly double[][] places = [.. seasons.Select(static s => NaNs(s))];
    private double first = double.NaN, last = double.NaN;
    private int firstRow, lastRow, row = -1;

    public static IReadOnlyList<string> Names(IReadOnlyList<int> seasons) =>
        ["last value", .. seasons.Select(static s => FormattableString.Invariant($"seasonal naive ({s})")), "drift"];

    /// <summary>Whether any value is known, so that there are forecasts.</summary>
    public bool HasForecast => !double.IsNaN(last);

    /// <summary>Takes the next row.</summary>
    public void Add(double value)
    {
        row++;
        if (double.IsNaN(value))
        {
            return;
        }
        if (!HasForecast)
        {
            (first, firstRow) = (value, row);
        }
        (last, lastRow) = (value, row);
        for (int i = 0; i < places.Length; i++)
        {
            places[i][row % seasons[i]] = value;
        }
    }

    /// <summary>Writes the forecasts of a row to come.</summary>
    /// <param name="step">Rows after the next one.</param>
    /// <param name="forecasts">[2 + seasons], in the order of the names.</param>
    public void Forecast(int step, Span<double> forecasts)
    {
        int at = row + 1 + step;
        forecasts[0] = last;
        for (int i = 0; i < places.Length; i++)
        {
            double value = places[i][at % seasons[i]];
            forecasts[1 + i] = double.IsNaN(value) ? last : value;
        }
        double slope = lastRow > firstRow ? (last - first) / (lastRow - firstRow) : 0;
        forecasts[^1] = last + (at - lastRow) * slope;
    }

    private static double[] NaNs(int count)
    {
        var values = new double[count];
        values.AsSpan().Fill(double.NaN);
        return values;
    }
}
