using System.Globalization;

namespace Tables;

/// <summary>A data file is missing or bad. The message is one line with the place, the mistake and the fix.</summary>
internal sealed class TableException : UserException
{
    private const int LongestQuotation = 60;

    /// <summary>A mistake in a file.</summary>
    /// <param name="path">The file as the caller named it.</param>
    /// <param name="line">The line, counted from 1; null: the file as a whole.</param>
    /// <param name="column">The column of the mistake; null: none.</param>
    /// <param name="problem">What is wrong and how to fix it: one sentence.</param>
    /// <param name="cause">The failure of the layer below, if any.</param>
    public TableException(string path, int? line, string? column, string problem, Exception? cause = null)
        : base(Describe(path, line, column, problem), cause) => (Path, Line, Column) = (path, line, column);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The line, counted from 1; null: the file as a whole.</summary>
    public int? Line { get; }

    /// <summary>The name of the column; null: the line as a whole.</summary>
    public string? Column { get; }

    /// <summary>Quotes text of a file in a message: shortened, and without characters that would break the line.</summary>
    public static string Quote(ReadOnlySpan<char> text)
    {
        string shown = text.Length <= LongestQuotation ? text.ToString() : $"{text[..LongestQuotation]}…";
        return $"'{string.Concat(shown.Select(static c => char.IsControl(c) ? '\uFFFD' : c))}'";
    }

    private static string Describe(string path, int? line, string? column, string problem) => string.Create(
        CultureInfo.InvariantCulture,
        $"{path}{(line is null ? "" : $", line {line}")}{(column is null ? "" : $", column {Quote(column)}")}: {problem}");
}
