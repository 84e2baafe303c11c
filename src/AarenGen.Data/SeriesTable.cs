using System.Globalization;

namespace AarenGen.Data;

/// <summary>
/// Parallel series: columns of numbers whose rows are moments in the order of time. Tables in all formats of <see cref="TableFile"/> are
/// read whole into memory. Which columns are times, indices or series is recognised, and told in <paramref name="Notices"/>.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Names">The columns' names, at least one, each once.</param>
/// <param name="Columns">
/// The numbers of each column, finite, or NaN where they are missing and may be; all columns are equally long, at least one row.
/// </param>
/// <param name="Lines">The file's line of each row; in a file without lines, its row there.</param>
/// <param name="Time">The moments of the rows; null: unknown.</param>
/// <param name="Notices">Sentences about changes that the user has to know.</param>
public sealed record SeriesTable(
    string Path, string[] Names, double[][] Columns, int[] Lines, TimeColumn? Time, IReadOnlyList<string> Notices)
{
    /// <summary>Scaled values beyond this are mistakes, and their squares would soon overflow.</summary>
    private const double LargestScaled = 1e12;

    /// <summary>The series' key in a long table; empty where there is none.</summary>
    public string Key { get; init; } = "";

    /// <summary>Whether <see cref="Lines"/> are lines of a text; otherwise they are rows.</summary>
    internal bool HasLines { get; init; } = true;

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

    /// <summary>Reads a table whose columns are series.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read; null: everything is recognised, and missing values are refused.</param>
    /// <exception cref="TableException">
    /// The file is missing, empty or damaged; a row is ragged; a cell is missing, no finite number, or ambiguous; the time column is
    /// missing or cannot be read; many rows share a time.
    /// </exception>
    /// <exception cref="ArgumentException">The options name a key; <see cref="ReadAll"/> reads such tables.</exception>
    public static SeriesTable Read(string path, SeriesOptions? options = null) => options?.SeriesKey is null
        ? new SeriesReader(path, options ?? new()).Run()[0]
        : throw new ArgumentException("The table has a series for each key; read it by ReadAll.", nameof(options));

    /// <summary>Reads a long table: the rows of each key are a series of their own, of any length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read; <see cref="TableOptions.SeriesKey"/> names the column of the keys.</param>
    /// <returns>A table for each key, in the order of their first rows; one table where the options name no key.</returns>
    /// <exception cref="TableException">As of <see cref="Read"/>, or there is no such column of keys.</exception>
    public static IReadOnlyList<SeriesTable> ReadAll(string path, SeriesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SeriesReader(path, options).Run();
    }

    /// <summary>Brings the rows to a regular grid of time.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="aggregation">What the values of one interval become, in all columns.</param>
    /// <param name="duplicates">What happens to rows that have the same time.</param>
    /// <returns>The series; NaN where an interval has no value.</returns>
    /// <exception cref="TableException">There is no time column, or times repeat and are refused.</exception>
    public RegularSeries Resample(
        TimeGrid grid, Aggregation aggregation = Aggregation.Mean, DuplicateTimes duplicates = DuplicateTimes.Refuse) =>
        Resample(grid, [.. Names.Select(_ => aggregation)], duplicates);

    /// <summary>Brings the rows to a regular grid of time, each column in its way.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="aggregations">What the values of one interval become, one for each column.</param>
    /// <param name="duplicates">What happens to rows that have the same time.</param>
    /// <returns>The series; NaN where an interval has no value.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="aggregations"/> is null.</exception>
    /// <exception cref="ArgumentException">Their number is not that of the columns.</exception>
    /// <exception cref="TableException">There is no time column, or times repeat and are refused.</exception>
    public RegularSeries Resample(
        TimeGrid grid, IReadOnlyList<Aggregation> aggregations, DuplicateTimes duplicates = DuplicateTimes.Refuse)
    {
        ArgumentNullException.ThrowIfNull(aggregations);
        if (Time is not { IsAbsolute: true })
        {
            throw new TableException(Path, null, null, "there is no column of times with their days, so that there is no grid; add one.");
        }
        if (aggregations.Count != Names.Length)
        {
            throw new ArgumentException($"There are {aggregations.Count} aggregations, but {Names.Length} columns.", nameof(aggregations));
        }
        var resampler = new Resampler(grid, [.. Names.Zip(aggregations, static (name, how) => new ResampledColumn(name, how))], duplicates);
        var row = new double[Names.Length];
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = Columns[c][r];
            }
            try
            {
                resampler.Add(Key, new(Time.Instants[r].Ticks, TimeSpan.Zero), row);
            }
            catch (ArgumentException e)
            {
                throw ErrorAt(r, Time.Name, e.Message, e);
            }
        }
        return resampler.Finish()[0];
    }

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
                throw ErrorAt(i / width, Names[i % width], string.Create(
                    CultureInfo.InvariantCulture,
                    $"{values[i]} lies {scaled:G3} standard deviations from the mean of the training rows; correct it, or leave out the "
                    + $"row."));
            }
        }
        var result = new float[values.Length];
        scaler.Transform(values, result);
        return (result, scaler);
    }

    private TableException ErrorAt(int row, string column, string problem, Exception? cause = null) =>
        HasLines ? new(Path, Lines[row], column, problem, cause) : TableException.AtRow(Path, Lines[row], column, problem, cause);
}
