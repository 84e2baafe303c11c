namespace AarenGen.Data;

/// <summary>How a table of series is read. Immutable.</summary>
public sealed record SeriesOptions : TableOptions
{
    /// <summary>The name that stands for no time column.</summary>
    public const string NoTime = "none";

    /// <summary>
    /// The time column's name; <see cref="NoTime"/>: rows are in the file's order, and no column orders them; null: it is recognised.
    /// </summary>
    public string? TimeColumn { get; init; }

    /// <summary>The columns that are series; null: all that are neither times, indices nor the key.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Whether values may be missing, and are NaN then; otherwise they are errors.</summary>
    public bool AllowMissing { get; init; }

    /// <summary>
    /// Whether rows of a series may have the same time. Refused, a clock set back may still repeat some hours; otherwise all rows are kept,
    /// and resampling merges them.
    /// </summary>
    public DuplicateTimes Duplicates { get; init; } = DuplicateTimes.Refuse;
}
