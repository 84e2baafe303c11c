using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Forecasting;

/// <summary>The numeric columns of a CSV file. A first column of dates is left out.</summary>
internal sealed record CsvTable(string[] Names, float[][] Columns)
{
    public int Rows => Columns[0].Length;

    /// <summary>Reads a file with a header.</summary>
    /// <exception cref="UserException">The file is missing or bad: says in which line and column.</exception>
    public static CsvTable Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new UserException($"{path}: there is no such file.");
        }
        using var reader = new StreamReader(path);
        using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { BadDataFound = null, MissingFieldFound = null });
        if (!csv.Read() || !csv.ReadHeader())
        {
            throw new UserException($"{path}: the file is empty; a header and rows of numbers are needed.");
        }
        string[] header = csv.HeaderRecord!;
        List<int>? numeric = null;
        var columns = new List<float>[header.Length];
        while (csv.Read())
        {
            int line = csv.Context.Parser!.RawRow;
            if (csv.Parser.Count != header.Length)
            {
                throw new UserException($"{path}, line {line}: {csv.Parser.Count} cells, but the header has {header.Length}.");
            }
            // The first row of data tells which columns are numbers; a date is one that is not.
            numeric ??= [.. Enumerable.Range(0, header.Length).Where(c => TryParse(csv.GetField(c), out _) || !DateTime.TryParse(csv.GetField(c), CultureInfo.InvariantCulture, out _))];
            foreach (int c in numeric)
            {
                string? cell = csv.GetField(c);
                if (!TryParse(cell, out float value))
                {
                    throw new UserException($"{path}, line {line}, column '{header[c]}': {(string.IsNullOrWhiteSpace(cell) ? "the cell is empty" : $"'{cell}' is no finite number")}; fill or remove it.");
                }
                (columns[c] ??= []).Add(value);
            }
        }
        if (numeric is null or { Count: 0 })
        {
            throw new UserException($"{path}: there is no column of numbers below the header.");
        }
        return new([.. numeric.Select(c => header[c])], [.. numeric.Select(c => columns[c].ToArray())]);
    }

    private static bool TryParse(string? cell, out float value) =>
        float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
}

/// <summary>A mistake of the user's, told in one line.</summary>
internal sealed class UserException(string message) : Exception(message);
