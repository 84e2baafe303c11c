using System.Globalization;
using System.Text;

namespace AarenGen.Data;

/// <summary>A table in a text file. Formats are found from the first rows and held to afterwards.</summary>
internal sealed class DelimitedTable : TableFile
{
    // Beyond this many characters fewer rows than asked for decide.
    private const int LongestSample = 1 << 20;

    private readonly FileSource source;
    private readonly StreamReader reader;
    private readonly DelimitedRows rows;
    private readonly TableOptions options;
    private readonly MissingWords missing;
    private readonly bool hasMissingWords;
    private readonly NumberFormat[] numbers;
    private readonly TimeFormat?[] times;
    private readonly List<string>[] samples;
    private long line;
    private bool isRow;

    public DelimitedTable(string path, TableOptions options, FileSource source)
        : base(path, options)
    {
        (this.source, this.options) = (source, options);
        (missing, hasMissingWords) = (new(options.MissingWords), options.MissingWords.Count > 0);
        (TextLayout layout, samples, bool mayBeDecimals) = Sample(path, options, source);
        reader = TextFile.Open(source, options.Encoding);
        rows = new(path, reader, layout, options);
        if (mayBeDecimals)
        {
            throw new TableException(path, rows.Line, null,
                $"'{rows[0]},{rows[1]}' may be two whole numbers or one with a decimal comma; add a header, and write decimal "
                + "points or quote the numbers.");
        }
        int width = rows.Names.Length;
        // A sample that ends within its first row has no cells.
        samples = samples.Length == width ? samples : [.. Enumerable.Range(0, width).Select(static _ => new List<string>())];
        numbers = [.. samples.Select(Observe)];
        DecimalMark[] shown = [.. numbers.Where(static n => n is { AreNumbers: true, Mark: not null }).Select(static n => n.Mark!.Value)
            .Distinct()];
        foreach (NumberFormat format in numbers)
        {
            format.Complete(shown.Length == 1 ? shown[0] : null, shown.Length > 1);
        }
        times = new TimeFormat?[width];
        AddNotices(rows.Notices);
        SetColumns([.. rows.Names.Select((name, c) => new ColumnDescription(name, TypeOf(c)))]);
    }

    public override string Format => rows.Separator == '\t' ? "CSV separated by tabs" : $"CSV separated by '{rows.Separator}'";

    public override long Line => line;

    public override bool Read()
    {
        isRow = rows.Read();
        line = rows.Line;
        return isRow;
    }

    public override bool IsMissing(int column) => missing.Contains(Cell(column));

    public override double GetDouble(int column)
    {
        ReadOnlySpan<char> cell = Cell(column);
        if (hasMissingWords && missing.Contains(cell))
        {
            // Before it is read as a number: -9999.0 says nothing about the column's decimal mark.
            return double.NaN;
        }
        return numbers[column].Parse(cell, out double value) is not { } problem ? Wanted(cell, value)
            : missing.Contains(cell) ? double.NaN : throw ErrorAt(column, problem);
    }

    public override long GetInt64(int column)
    {
        ReadOnlySpan<char> cell = Cell(column);
        if (long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) && !missing.Contains(cell))
        {
            return whole;
        }
        double value = GetDouble(column);
        const double Exact = 1L << 53;
        return double.IsNaN(value) ? throw Missing(column)
            : value == Math.Floor(value) && Math.Abs(value) <= Exact ? (long)value : throw NotWhole(column, cell);
    }

    public override bool GetBoolean(int column)
    {
        ReadOnlySpan<char> cell = Cell(column);
        return Is(cell, "true") || Is(cell, "yes") || cell is "1" ? true
            : Is(cell, "false") || Is(cell, "no") || cell is "0" ? false
            : throw (cell.IsEmpty ? Missing(column)
                : ErrorAt(column, $"{TableException.Quote(cell)} is neither true nor false; write true or false, or 1 or 0."));
    }

    public override ReadOnlySpan<char> GetText(int column) => Cell(column);

    public override TableException ErrorAt(int? column, string problem, Exception? cause = null) =>
        new(Path, line, column is { } c ? Columns[c].Name : null, problem, cause);

    private protected override (DateTime Moment, bool IsUtc) GetMoment(int column)
    {
        ReadOnlySpan<char> cell = Cell(column);
        if (missing.Contains(cell))
        {
            throw ErrorAt(column, "the time is empty; fill it or remove the row.");
        }
        times[column] ??= TimeFormat.Find(Columns[column].Name, samples[column], options.DateOrder, numbers[column]);
        return times[column]!.Parse(cell, out DateTime moment, out bool isUtc) is { } problem ? throw ErrorAt(column, problem)
            : (moment, isUtc);
    }

    private protected override void Close()
    {
        reader.Dispose();
        source.Dispose();
    }

    /// <summary>The first rows' cells, column by column, from the beginning of the bytes; the file is not read for them again.</summary>
    private static (TextLayout Layout, List<string>[] Cells, bool MayBeDecimals) Sample(
        string path, TableOptions options, FileSource source)
    {
        // Whole lines are needed, and some of them.
        while (!source.IsWhole && source.Head.Length < LongestSample)
        {
            source.Extend();
        }
        string text = Decode(path, options, source);
        TextLayout layout = Separator.Find(new StringReader(text), options.Separator);
        List<string>[] cells = [];
        var missing = new MissingWords(options.MissingWords);
        (bool mayBeDecimals, bool hasZero, int width) = (layout.Separator == ',', false, -1);
        try
        {
            var rows = new DelimitedRows(path, new StringReader(text), layout, options with { MaxRowLength = int.MaxValue });
            cells = [.. rows.Names.Select(static _ => new List<string>())];
            mayBeDecimals &= !rows.HasHeader && rows.Names.Length == 2 && options.HasHeader is null;
            for (int row = 0; row < options.SampleRows && rows.Read(); row++)
            {
                for (int c = 0; c < cells.Length; c++)
                {
                    if (!missing.Contains(rows[c]))
                    {
                        cells[c].Add(rows[c].ToString());
                    }
                }
                mayBeDecimals = mayBeDecimals && DecimalsRule.Allows(rows[0], rows[1], ref width);
                hasZero |= mayBeDecimals && rows[1] is ['0', ..];
            }
        }
        catch (TableException)
        {
            // Reading the rows themselves says it, unless only the end of the sample is wrong because it was cut there.
        }
        return (layout, cells, mayBeDecimals && hasZero && width > 1);
    }

    private static string Decode(string path, TableOptions options, FileSource source)
    {
        Encoding encoding = options.Encoding ?? TextFile.FindEncoding(path, source.Head.Span, source.IsWhole);
        var lenient = (Encoding)encoding.Clone();
        lenient.DecoderFallback = DecoderFallback.ReplacementFallback;
        using var reader = new StreamReader(new MemoryStream(source.Head.ToArray()), lenient);
        string text = reader.ReadToEnd();
        int last = source.IsWhole ? text.Length : text.LastIndexOf('\n') + 1;
        return last == 0 ? text : text[..last];
    }

    private static bool Is(ReadOnlySpan<char> cell, string word) => cell.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>A number that the options call missing, such as -9999.</summary>
    private double Wanted(ReadOnlySpan<char> cell, double value) =>
        hasMissingWords && missing.Contains(cell) ? double.NaN : value;

    private ReadOnlySpan<char> Cell(int column) =>
        isRow ? rows[column] : throw new InvalidOperationException("There is no current row: call Read.");

    private NumberFormat Observe(List<string> cells)
    {
        var format = new NumberFormat(options.DecimalMark);
        foreach (string cell in cells)
        {
            format.Observe(cell);
        }
        return format;
    }

    private ColumnType TypeOf(int column)
    {
        List<string> cells = samples[column];
        bool isDigits = cells.TrueForAll(static cell => cell.All(char.IsAsciiDigit));
        return cells.Count == 0 ? ColumnType.Text
            : TimeRecognition.LooksLikeTimes(cells) && (!isDigits || TimeNames.SpeakOfTime(rows.Names[column])) ? ColumnType.Time
            : numbers[column].AreNumbers ? numbers[column].AreWhole ? ColumnType.WholeNumber : ColumnType.Number
            : cells.TrueForAll(static cell => Is(cell, "true") || Is(cell, "false")) ? ColumnType.Boolean : ColumnType.Text;
    }
}
