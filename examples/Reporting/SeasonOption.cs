using System.Globalization;
using AarenGen.Data;

namespace Reporting;

/// <summary>The option --season of the examples that forecast.</summary>
internal static class SeasonOption
{
    /// <summary>The given season; otherwise what the table shows.</summary>
    /// <param name="given">The season that the user requests; null: none.</param>
    /// <param name="table">The table.</param>
    /// <param name="trainRows">Number of training rows, at the beginning.</param>
    /// <exception cref="ArgumentException">The season given is below 1 or beyond the training rows.</exception>
    public static Season Choose(int? given, SeriesTable table, int trainRows) => given is not { } rows ? Season.Find(table, trainRows)
        : rows >= 1 && rows <= trainRows ? new(rows, "as given")
        : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
            $"--season is {rows}, but must be from 1 to the {trainRows} rows of training."));
}
