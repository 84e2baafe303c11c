using System.Globalization;
using AarenGen;

namespace Tables;

/// <summary>Parallel series: columns of numbers whose rows are moments in the order of time.</summary>
/// <param name="Path">The file.</param>
/// <param name="Names">The columns' names, at least one, each once.</param>
/// <param name="Columns">The numbers of each column, all finite; all columns are equally long, at least one row.</param>
/// <param name="Lines">The file's line of each row.</param>
/// <param name="Time">The moments of the rows; null: unknown.</param>
/// <param name="Notices">Sentences about changes that the user has to know.</param>
internal sealed record SeriesTable(
    string Path, string[] Names, double[][] Columns, int[] Lines, TimeColumn? Time, IReadOnlyList<string> Notices)
{
    /// <summary>Scaled values beyond this are mistakes, and their squares would soon overflow.</summary>
    private const double LargestScaled = 1e12;

    /// <summary>Moments in time.</summary>
    public int Rows => Columns[0].Length;

    /// <summary>A summary of the recognised table, in one line.</summary>
    public string Summary
    {
        get
        {
            const int Shown = 8;
            string names = string.Join(", ", Names.Take(Shown)) + (Names.Length > Shown ? ", …" : "");
            string time = Time is null ? "no time column"
                : string.Create(CultureInfo.InvariantCulture,
                    $"time {TableException.Quote(Time.Name)} ({Time.Form}), "
                        + $"{(Time.Step is { } step ? $"rows {step} apart" : "rows at irregular distances")}");
            int gaps = Time is { Step: { } found } ? found.CountGaps(Time.Instants) : 0;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{System.IO.Path.GetFileName(Path)}: {Rows:N0} rows, {Names.Length} series ({names}); "
                    + $"{time}{(gaps == 0 ? "" : $", gaps: {gaps}")}");
        }
    }

    /// <summary>Messages about this file: the summary, then the notices, one line each.</summary>
    public IEnumerable<string> Report => [Summary, .. Notices.Select(static notice => $"note: {notice}")];

    /// <summary>The first rows, row by row, each column scaled to mean 0 and standard deviation 1 over the training rows only.</summary>
    /// <param name="trainRows">The rows that the scaler is fitted to.</param>
    /// <param name="rows">The rows to scale.</param>
    /// <returns>[rows, columns] scaled values, and the scaler, to take forecasts back to the columns' units.</returns>
    /// <exception cref="TableException">A number lies too far from the training rows to be scaled.</exception>
    public (float[] Values, StandardScaler Scaler) Scale(int trainRows, int rows)
    {
        int width = Columns.Length;
        var values = new double[rows * width];
        for (int c = 0; c < width; c++)
        {
            for (int r = 0; r < rows; r++)
            {
                values[r * width + c] = Columns[c][r];
            }
        }
        var scaler = StandardScaler.Fit(values.AsSpan(0, trainRows * width), width);
        for (int i = 0; i < values.Length; i++)
        {
            double scaled = (values[i] - scaler.Means[i % width]) / scaler.StandardDeviations[i % width];
            if (!(Math.Abs(scaled) <= LargestScaled))
            {
                throw new TableException(Path, Lines[i / width], Names[i % width], string.Create(
                    CultureInfo.InvariantCulture,
                    $"{values[i]} lies {scaled:G3} standard deviations from the mean of the training rows; correct it, or leave out the "
                    + $"row."));
            }
        }
        var result = new float[values.Length];
        scaler.Transform(values, result);
        return (result, scaler);
    }
}
