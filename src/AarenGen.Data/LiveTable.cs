using System.Globalization;
using System.Text.Json;

namespace AarenGen.Data;

/// <summary>
/// Rows of a live source, such as standard input, each as soon as its line has come: CSV below a header, or JSON lines, an object a row.
/// The first line shows which; it may be one such as "sep=;" above the header. Not thread-safe.
/// </summary>
/// <remarks>
/// <para>A file's first rows show how its numbers and times are written; a live source has no first rows to wait for. So numbers have
/// decimal points, times are those of ISO 8601, such as 2026-01-31T13:00:00Z, and nothing is guessed.</para>
/// <para>A row of CSV is a line. Objects have the properties of the first one, in any order, null where a value is missing; other
/// properties are ignored. Blank lines are skipped.</para>
/// <para>After a <see cref="TableException"/> of a row the next <see cref="Read"/> goes on with the next line.</para>
/// </remarks>
public sealed class LiveTable : ITableReader
{
    private const string HalfName = "a name has half of a character; correct it.";

    private readonly TextReader reader;
    private readonly LocalClock? clock;
    private readonly MissingWords missing;
    private readonly bool isJson;
    private readonly char separator;
    private readonly string?[] cells;
    private string? first;

    private LiveTable(TextReader reader, string name, TimeZoneInfo? timeZone, IReadOnlyList<string> missingWords)
    {
        (this.reader, Path, missing) = (reader, name, new(missingWords));
        // A clock that is set back shows an hour twice. Which passage is meant depends on the rows before, which a restart forgets.
        clock = timeZone is null ? null : new(timeZone, AmbiguousTimes.Refuse, SkippedTimes.Refuse);
        string line = ReadLine()?.TrimStart('\uFEFF')
            ?? throw new TableException(name, null, null, "there is no line; the first one is a header, or an object of JSON lines.");
        isJson = line.TrimStart().StartsWith('{');
        string[] names;
        if (isJson)
        {
            using JsonDocument document = Parse(line);
            try
            {
                names = [.. document.RootElement.EnumerateObject().Select(static p => p.Name)];
            }
            catch (InvalidOperationException e)
            {
                throw new TableException(name, Line, null, HalfName, e);
            }
            first = line;
        }
        else
        {
            char? declared = Separator.Declared(line.TrimEnd());
            line = declared is null ? line : ReadLine() ?? throw new TableException(
                name, null, null, "there is no header below the line that tells the separator.");
            separator = declared ?? Separator.MostFrequent(line) ?? ';';
            names = [.. Split(line).Select(static n => n.Trim())];
        }
        if (names.Length == 0 || names.Distinct(StringComparer.Ordinal).Count() < names.Length || names.Contains(""))
        {
            throw new TableException(name, Line, null, "columns need names, each once; correct the first line.");
        }
        Columns = [.. names.Select(static n => new ColumnDescription(n, ColumnType.Text))];
        cells = new string?[names.Length];
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ColumnDescription> Columns { get; }

    /// <summary>Lines that have been read, the header and blank ones included.</summary>
    public long Line { get; private set; }

    /// <summary>Reads the first line, which names the columns; waits for it.</summary>
    /// <param name="reader">The source; it is disposed with the table.</param>
    /// <param name="timeZone">The zone of times that name none; null: UTC. Times that its clock shows twice, or never, are errors.</param>
    /// <param name="missingWords">Texts that mean a missing value, besides the usual ones; null: none.</param>
    /// <param name="name">The source's name in messages.</param>
    /// <returns>The table before its first row.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> or <paramref name="name"/> is null.</exception>
    /// <exception cref="TableException">There is no line, or the first one names no columns.</exception>
    public static LiveTable Open(
        TextReader reader, TimeZoneInfo? timeZone = null, IReadOnlyList<string>? missingWords = null, string name = "standard input")
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(name);
        return new(reader, name, timeZone, missingWords ?? []);
    }

    /// <summary>Goes to the next row; waits for its line.</summary>
    /// <returns>False at the end of the source.</returns>
    /// <exception cref="TableException">The line is no row of this table.</exception>
    public bool Read()
    {
        string? line = first ?? ReadLine();
        first = null;
        Array.Clear(cells);
        if (line is null)
        {
            return false;
        }
        if (isJson)
        {
            try
            {
                ReadObject(line);
            }
            catch (InvalidOperationException e)
            {
                throw ErrorAt(null, HalfName, e);
            }
            return true;
        }
        List<string> read = Split(line);
        if (read.Count != cells.Length)
        {
            throw ErrorAt(null, string.Create(
                CultureInfo.InvariantCulture, $"cells: {read.Count}, but the header has {cells.Length}; make them as many."));
        }
        for (int c = 0; c < cells.Length; c++)
        {
            cells[c] = read[c].Trim();
        }
        return true;
    }

    /// <inheritdoc/>
    public bool IsMissing(int column) => cells[column] is not { } cell || missing.Contains(cell);

    /// <inheritdoc/>
    public double GetDouble(int column) => IsMissing(column) ? double.NaN
        : double.TryParse(cells[column], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value : throw NotA(column, "finite number; write it with a decimal point");

    /// <inheritdoc/>
    public long GetInt64(int column) =>
        long.TryParse(cells[column], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
            : GetDouble(column) is var number && number == Math.Floor(number) && Math.Abs(number) < 1L << 53 ? (long)number
            : throw NotA(column, "whole number");

    /// <inheritdoc/>
    public bool GetBoolean(int column) => cells[column]?.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "1" => true,
        "FALSE" or "NO" or "0" => false,
        _ => throw NotA(column, "truth value; write true or false"),
    };

    /// <inheritdoc/>
    public ReadOnlySpan<char> GetText(int column) => cells[column];

    /// <inheritdoc/>
    public DateTimeOffset GetTime(int column)
    {
        if (!TimeText.TryParseIso(cells[column], out DateTime local, out TimeSpan? offset))
        {
            throw NotA(column, "time of ISO 8601; write it as 2026-01-31T13:00:00Z");
        }
        if (offset is { } known || clock is null)
        {
            // Years are those from 1000 to 2999, so that no offset leads beyond the calendar.
            return new(local.Ticks - (offset?.Ticks ?? 0), TimeSpan.Zero);
        }
        return clock.TryToUtc(local, out DateTimeOffset utc, out _) ? utc : throw ErrorAt(
            column, $"the clock of the time zone shows {TableException.Quote(cells[column])} twice or never; write the time with its "
                + "offset, such as +01:00.");
    }

    /// <inheritdoc/>
    public TableException ErrorAt(int? column, string problem, Exception? cause = null) =>
        new(Path, Line, column is { } c ? Columns[c].Name : null, problem, cause);

    /// <summary>Disposes the source.</summary>
    public void Dispose() => reader.Dispose();

    private string? ReadLine()
    {
        string? line;
        do
        {
            line = reader.ReadLine();
            Line++;
        }
        while (line is not null && string.IsNullOrWhiteSpace(line));
        return line;
    }

    private void ReadObject(string line)
    {
        using JsonDocument document = Parse(line);
        for (int c = 0; c < cells.Length; c++)
        {
            if (!document.RootElement.TryGetProperty(Columns[c].Name, out JsonElement value))
            {
                throw ErrorAt(c, "the object has no such property; write null where the value is missing.");
            }
            cells[c] = value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => TextOf(value, c).Trim(),
                JsonValueKind.Object or JsonValueKind.Array => throw ErrorAt(c, "the value is a list or an object; write one value."),
                _ => value.GetRawText(),
            };
        }
    }

    private string TextOf(JsonElement value, int column)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw ErrorAt(column, "the text has half of a character; correct it.", e);
        }
    }

    private JsonDocument Parse(string line)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document
                : throw new TableException(Path, Line, null, "the line is no object of JSON; write one for each row.");
        }
        catch (JsonException e)
        {
            throw new TableException(Path, Line, null, "the line is no object of JSON; write one for each row.", e);
        }
    }

    /// <summary>The cells of a line; within quotation marks separators do not separate, and two of them are one.</summary>
    private List<string> Split(string line)
    {
        var found = new List<string>();
        int at = 0;
        while (at <= line.Length)
        {
            if (at < line.Length && line[at] == '"')
            {
                int end = at;
                do
                {
                    end = line.IndexOf('"', end + 1);
                    if (end < 0)
                    {
                        throw new TableException(Path, Line, null, "a quotation has no end; a row is one line.");
                    }
                }
                while (end + 1 < line.Length && line[end + 1] == '"' && ++end > 0);
                if (end + 1 < line.Length && line[end + 1] != separator)
                {
                    throw new TableException(Path, Line, null, "something follows a quotation; put a separator between them.");
                }
                found.Add(line[(at + 1)..end].Replace("\"\"", "\"", StringComparison.Ordinal));
                at = end + 2;
                continue;
            }
            int next = line.IndexOf(separator, at);
            next = next < 0 ? line.Length : next;
            found.Add(line[at..next]);
            at = next + 1;
        }
        return found;
    }

    private TableException NotA(int column, string what) => ErrorAt(
        column, cells[column] is not { Length: > 0 } cell ? "the value is missing." : $"{TableException.Quote(cell)} is no {what}.");
}
