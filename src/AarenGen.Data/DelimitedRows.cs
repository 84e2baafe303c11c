using System.Globalization;
using System.Text;

namespace AarenGen.Data;

/// <summary>The rows below a text table's header. Comments, Excel's "sep=;" and blank lines are dealt with, ragged rows rejected.</summary>
internal sealed class DelimitedRows
{
    private readonly string path;
    private readonly CsvTokenizer tokenizer;
    private readonly List<string> notices = [];
    private bool isPending;
    private long? blank;

    /// <summary>Reads up to the first row of data.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reader">The text.</param>
    /// <param name="layout">Its separator, and what comes before the table.</param>
    /// <param name="options">Whether there is a header, if known.</param>
    /// <exception cref="TableException">The file is empty, or in another format.</exception>
    public DelimitedRows(string path, TextReader reader, TextLayout layout, TableOptions options)
    {
        this.path = path;
        Separator = layout.Separator;
        if (layout.Comments > 0)
        {
            notices.Add(string.Create(CultureInfo.InvariantCulture,
                $"Comments above the table, beginning with '#', were skipped (lines: {layout.Comments})."));
        }
        string[] commented = SkipComments(path, reader, layout, options.MaxRowLength);
        tokenizer = new(reader, Separator, path, options.MaxRowLength, layout.Comments);
        if (layout.IsDeclared)
        {
            tokenizer.Read();
        }
        do
        {
            if (!tokenizer.Read())
            {
                throw new TableException(path, null, null, "the file is empty; a header and rows of numbers are needed.");
            }
        }
        while (IsBlank());
        Begin(commented, options.HasHeader);
    }

    /// <summary>The character between the cells.</summary>
    public char Separator { get; }

    /// <summary>The columns' names, each once, at least one.</summary>
    public string[] Names { get; private set; } = [];

    /// <summary>Whether the file names the columns.</summary>
    public bool HasHeader { get; private set; } = true;

    /// <summary>Sentences about what the user has to know.</summary>
    public IReadOnlyList<string> Notices => notices;

    /// <summary>The line of the current row.</summary>
    public long Line => tokenizer.Line;

    /// <summary>A cell of the current row.</summary>
    public ReadOnlySpan<char> this[int column] => tokenizer[column];

    /// <summary>Goes to the next row, which has a cell for each column.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="TableException">The row is ragged, or stands below a blank line.</exception>
    public bool Read()
    {
        if (isPending)
        {
            isPending = false;
            return true;
        }
        while (tokenizer.Read())
        {
            if (IsBlank())
            {
                blank ??= Line;
                continue;
            }
            if (blank is not null)
            {
                throw new TableException(path, blank, null, "the line is blank, but rows follow it; fill or remove it.");
            }
            if (tokenizer.Count != Names.Length)
            {
                throw new TableException(path, Line, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"cells: {tokenizer.Count}, but {(HasHeader ? "the header" : "the first row")} has {Names.Length}; make "
                    + $"them as many."));
            }
            return true;
        }
        return false;
    }

    /// <summary>The cells of the last comment above the table.</summary>
    private static string[] SkipComments(string path, TextReader reader, TextLayout layout, int longest)
    {
        string comment = "";
        for (int line = 0; line < layout.Comments; line++)
        {
            try
            {
                comment = ReadLine(reader, longest) ?? throw new TableException(path, line + 1, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"the comment has more than {longest:N0} characters; shorten it, or set TableOptions.MaxRowLength."));
            }
            catch (DecoderFallbackException e)
            {
                throw CsvTokenizer.NotInEncoding(path, line + 1, e);
            }
        }
        return comment.TrimStart('#').Split(layout.Separator, StringSplitOptions.TrimEntries);
    }

    /// <summary>A line, without more of it in memory than it may have; null: it is too long.</summary>
    private static string? ReadLine(TextReader reader, int longest)
    {
        var line = new StringBuilder();
        for (int next = reader.Read(); next >= 0 && next != '\n'; next = reader.Read())
        {
            if (next == '\r')
            {
                _ = reader.Peek() == '\n' ? reader.Read() : 0;
                break;
            }
            if (line.Length == longest)
            {
                return null;
            }
            line.Append((char)next);
        }
        return line.ToString();
    }

    private bool IsBlank()
    {
        for (int c = 0; c < tokenizer.Count; c++)
        {
            if (!tokenizer[c].IsEmpty)
            {
                return false;
            }
        }
        return true;
    }

    private void Begin(string[] commented, bool? hasHeader)
    {
        string[] cells = [.. Enumerable.Range(0, tokenizer.Count).Select(c => tokenizer[c].ToString())];
        RefuseOtherFormats(cells[0]);
        if (hasHeader ?? IsHeader(cells))
        {
            if (cells[0] == "0")
            {
                notices.Add("The first row, 0, 1, 2 …, is taken for the columns' names.");
            }
            Names = UniqueNames.Of(cells, notices);
            return;
        }
        isPending = true;
        if (cells.Length > 1 && commented.Length == cells.Length && IsHeader(commented))
        {
            Names = UniqueNames.Of(commented, notices);
            notices.Add("The last comment names the columns.");
            return;
        }
        HasHeader = false;
        Names = [.. Enumerable.Range(1, cells.Length).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
        notices.Add("The file has no header: its columns are called by their numbers.");
    }

    private void RefuseOtherFormats(string first)
    {
        if (first is ['<', ..] or ['{', ..] or ['[', '{' or '[', ..] or "[")
        {
            throw new TableException(
                path, 1, null, $"this looks like {(first[0] == '<' ? "HTML or XML" : "JSON")}, not a table; export it as CSV.");
        }
    }

    /// <summary>
    /// A first row of only numbers and times is data, even if values are missing in it. 0, 1, 2 … are names, as data frames
    /// without names write them, with an empty cell above their index.
    /// </summary>
    private static bool IsHeader(string[] cells)
    {
        string[] numbered = cells[0].Length == 0 ? cells[1..] : cells;
        if (cells.Length > (cells[0].Length == 0 ? 1 : 2)
            && numbered.Index().All(static pair => pair.Item == pair.Index.ToString(CultureInfo.InvariantCulture)))
        {
            return true;
        }
        string[] given = [.. cells.Where(static cell => !NumberText.IsMissing(cell) && !NumberText.IsInfinite(cell))];
        return given.Length == 0 || !given.All(static cell => TimeText.TryParse(cell, out _) || NumberText.IsNumber(cell));
    }
}
