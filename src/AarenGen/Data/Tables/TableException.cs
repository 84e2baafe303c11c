using System.Globalization;

namespace AarenGen;

/// <summary>
/// A table is missing or wrong. The message is one line: the file, the line or row, the column, what is wrong and how to fix it.
/// </summary>
public sealed class TableException : Exception
{
    private const int LongestQuotation = 60;

    /// <summary>A mistake in a text file, or in a file as a whole.</summary>
    /// <param name="path">The file as the caller named it, or another name for the source of the rows.</param>
    /// <param name="line">The line, counted from 1; null: the file as a whole.</param>
    /// <param name="column">The column of the mistake; null: none.</param>
    /// <param name="problem">What is wrong and how to fix it: one sentence.</param>
    /// <param name="cause">The failure of the layer below, if any.</param>
    public TableException(string path, long? line, string? column, string problem, Exception? cause = null)
        : this(path, line, null, column, problem, cause)
    {
    }

    private TableException(string path, long? line, long? row, string? column, string problem, Exception? cause)
        : base(Describe(path, line, row, column, problem), cause) => (Path, Line, Row, Column) = (path, line, row, column);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The line, counted from 1; null: the file as a whole, or a file without lines.</summary>
    public long? Line { get; }

    /// <summary>The row of a file without lines, counted from 1; null: the file as a whole, or a file with lines.</summary>
    public long? Row { get; }

    /// <summary>The name of the column; null: the line as a whole.</summary>
    public string? Column { get; }

    /// <summary>A mistake in a file without lines, such as Parquet.</summary>
    /// <param name="path">The file as the caller named it.</param>
    /// <param name="row">The row, counted from 1.</param>
    /// <param name="column">The column of the mistake; null: none.</param>
    /// <param name="problem">What is wrong and how to fix it: one sentence.</param>
    /// <param name="cause">The failure of the layer below, if any.</param>
    /// <returns>The exception, to be thrown.</returns>
    public static TableException AtRow(string path, long row, string? column, string problem, Exception? cause = null) =>
        new(path, null, row, column, problem, cause);

    /// <summary>Quotes text of a file in a message: shortened, and without characters that would break the line.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text between apostrophes.</returns>
    public static string Quote(ReadOnlySpan<char> text)
    {
        string shown = text.Length <= LongestQuotation ? text.ToString() : $"{text[..LongestQuotation]}…";
        return $"'{string.Concat(shown.Select(static c => char.IsControl(c) ? '\uFFFD' : c))}'";
    }

    private static string Describe(string path, long? line, long? row, string? column, string problem) => string.Create(
        CultureInfo.InvariantCulture,
        $"{path}{(line is null ? "" : $", line {line}")}{(row is null ? "" : $", row {row}")}"
            + $"{(column is null ? "" : $", column {Quote(column)}")}: {problem}");
}
