using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Experiments;

/// <summary>A numeric table, a row a moment in time.</summary>
/// <param name="Names">The columns' names as the header has them, at least one.</param>
/// <param name="Values">[rows, columns], all finite, at least one row.</param>
internal sealed record CsvSeries(string[] Names, float[] Values)
{
    /// <summary>Numbers in a row.</summary>
    public int Columns => Names.Length;

    /// <summary>Moments in time.</summary>
    public int Rows => Values.Length / Columns;

    /// <summary>
    /// Reads a .csv or .csv.gz file with a header. The first column is left out where its first cell is a date or a time of day
    /// with '-', '/' or ':' in it (a year alone is a number); every other cell must be a finite number.
    /// </summary>
    /// <exception cref="TableException">The file is missing, empty, damaged or has no rows; a row is ragged; a cell is missing or no finite number.</exception>
    public static CsvSeries Read(string path) => TextFile.Read(path, reader => Read(path, reader));

    private static CsvSeries Read(string path, StreamReader reader)
    {
        // A blank line is a missing cell where there is one column, so blank lines are looked at here. A stray quote is text, and text is refused below.
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture) { IgnoreBlankLines = false, BadDataFound = null };
        using var parser = new CsvParser(reader, configuration);
        if (!parser.Read() || IsBlank(parser))
        {
            throw new TableException(path, null, null, "the file is empty or begins with a blank line; a header and rows of numbers are needed.");
        }
        string[] header = [.. parser.Record!.Select(static name => name.Trim())];
        int first = 0;
        int? blank = null;
        var values = new List<float>();
        bool anyRow = false;
        while (parser.Read())
        {
            int line = parser.RawRow;
            if (IsBlank(parser))
            {
                blank ??= line;
                continue;
            }
            if (blank is not null)
            {
                throw new TableException(path, blank, null, "the line is blank, but rows follow it; fill or remove it.");
            }
            if (parser.Count != header.Length)
            {
                throw new TableException(path, line, null, string.Create(CultureInfo.InvariantCulture, $"cells: {parser.Count}, but the header has {header.Length}; make them as many."));
            }
            if (!anyRow)
            {
                first = IsTime(parser[0]) ? 1 : 0;
                anyRow = true;
                if (first == header.Length)
                {
                    throw new TableException(path, null, null, "there is no column of numbers beside the dates; add one.");
                }
            }
            for (int c = first; c < header.Length; c++)
            {
                string cell = parser[c];
                if (!TextFile.TryParse(cell, out float value))
                {
                    throw new TableException(
                        path, line, header[c], $"{(string.IsNullOrWhiteSpace(cell) ? "the cell is empty" : $"'{cell}' is no finite number")}; fill or remove it.");
                }
                values.Add(value);
            }
        }
        if (!anyRow)
        {
            throw new TableException(path, null, null, "there are no rows below the header; add rows of numbers.");
        }
        return new(header[first..], [.. values]);
    }

    private static bool IsBlank(CsvParser parser) => parser.Count == 0 || (parser.Count == 1 && string.IsNullOrWhiteSpace(parser[0]));

    /// <summary>The separators are asked for because "1,5" alone parses as January 5th.</summary>
    private static bool IsTime(string cell) =>
        !cell.Contains(',') && cell.AsSpan().ContainsAny("-/:") && !TextFile.TryParse(cell, out double _) && DateTime.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime _);
}
