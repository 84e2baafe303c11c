using System.Globalization;

namespace AarenGen.Data;

/// <summary>A table in a binary file of blocks of columns. A column of a block is read when a row of it is asked for.</summary>
internal abstract class BlockTable(string path, TableOptions options) : TableFile(path, options)
{
    private readonly MissingWords missing = new(options.MissingWords);
    private readonly bool hasMissingWords = options.MissingWords.Count > 0;
    private readonly Dictionary<int, TimeFormat> textTimes = [];
    private readonly Dictionary<int, NumberFormat> textNumbers = [];
    private readonly TableOptions options = options;
    private BlockColumn[] columns = [];
    private long[] loaded = [];
    private long before, block;
    private int row = -1, rows;

    public override long Line => before + row + 1;

    public override bool Read()
    {
        while (++row >= rows)
        {
            before += rows;
            row = -1;
            rows = 0;
            if (Guarded(NextBlock) is not { } next)
            {
                return false;
            }
            rows = next;
            block++;
        }
        return true;
    }

    public override bool IsMissing(int column)
    {
        BlockColumn values = Column(column);
        return values.IsMissing(row) || (values.Values == BlockValues.Texts ? missing.Contains(values.Texts[row])
            : hasMissingWords && values.Values is (BlockValues.Numbers or BlockValues.Integers) && missing.Contains(GetText(column)));
    }

    public override double GetDouble(int column)
    {
        BlockColumn values = Column(column);
        if (values.IsMissing(row) || (hasMissingWords && IsMissing(column)))
        {
            return double.NaN;
        }
        double value = values.Values switch
        {
            BlockValues.Numbers => values.Numbers[row],
            BlockValues.Integers or BlockValues.Booleans => values.Integers[row],
            BlockValues.Unsigned => (ulong)values.Integers[row],
            BlockValues.Texts => ParseText(column, values.Texts[row]),
            _ => throw ErrorAt(column, $"the column holds {Describe(values.Values)}, not numbers; read it as such."),
        };
        return double.IsFinite(value) || double.IsNaN(value) ? value
            : throw ErrorAt(column, "the value is infinite; correct it, or write it as missing.");
    }

    public override long GetInt64(int column)
    {
        BlockColumn values = Column(column);
        if (values.IsMissing(row) || (hasMissingWords && IsMissing(column)))
        {
            throw Missing(column);
        }
        switch (values.Values)
        {
            case BlockValues.Integers or BlockValues.Booleans: return values.Integers[row];
            case BlockValues.Unsigned when values.Integers[row] >= 0: return values.Integers[row];
            case BlockValues.Unsigned: throw NotWhole(column, GetText(column));
        }
        double value = GetDouble(column);
        const double Exact = 1L << 53;
        return double.IsNaN(value) ? throw Missing(column)
            : value == Math.Floor(value) && Math.Abs(value) <= Exact ? (long)value : throw NotWhole(column, GetText(column));
    }

    public override bool GetBoolean(int column)
    {
        BlockColumn values = Column(column);
        if (values.IsMissing(row))
        {
            throw Missing(column);
        }
        ReadOnlySpan<char> text = GetText(column);
        return values.Values == BlockValues.Booleans ? values.Integers[row] != 0
            : Is(text, "true") || Is(text, "yes") || text is "1" ? true
            : Is(text, "false") || Is(text, "no") || text is "0" ? false
            : throw ErrorAt(column, $"{TableException.Quote(text)} is neither true nor false; write true or false, or 1 or 0.");
    }

    public override ReadOnlySpan<char> GetText(int column)
    {
        BlockColumn values = Column(column);
        if (values.IsMissing(row))
        {
            return default;
        }
        // Texts of several columns are valid at the same time, so that each column formats into a buffer of its own.
        Span<char> scratch = values.Scratch;
        int written = 0;
        bool isWritten = values.Values switch
        {
            BlockValues.Numbers => values.Numbers[row].TryFormat(scratch, out written, default, CultureInfo.InvariantCulture),
            BlockValues.Integers => values.Integers[row].TryFormat(scratch, out written, default, CultureInfo.InvariantCulture),
            BlockValues.Unsigned => ((ulong)values.Integers[row]).TryFormat(scratch, out written, default, CultureInfo.InvariantCulture),
            BlockValues.Times => MomentAt(column, values).TryFormat(
                scratch, out written, "yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
            _ => false,
        };
        return isWritten ? scratch[..written] : values.Values switch
        {
            BlockValues.Texts => values.Texts[row].AsSpan().Trim(),
            BlockValues.Booleans => values.Integers[row] != 0 ? "true" : "false",
            _ => throw ErrorAt(column, "the column holds values that are no text; convert or remove it."),
        };
    }

    public override TableException ErrorAt(int? column, string problem, Exception? cause = null) => TableException.AtRow(
        Path, Line, column is { } c ? Columns[c].Name : null, problem, cause);

    private protected override (DateTime Moment, bool IsUtc) GetMoment(int column)
    {
        BlockColumn values = Column(column);
        if (IsMissing(column))
        {
            throw ErrorAt(column, "the time is empty; fill it or remove the row.");
        }
        if (values.Values == BlockValues.Times)
        {
            return (MomentAt(column, values), values.IsUtc);
        }
        if (values.Values is not (BlockValues.Texts or BlockValues.Integers or BlockValues.Numbers))
        {
            throw ErrorAt(column, $"the column holds {Describe(values.Values)}, not times; write it as timestamps.");
        }
        if (!textTimes.TryGetValue(column, out TimeFormat? format))
        {
            textTimes[column] = format = TimeFormat.Find(Columns[column].Name, Sample(column), options.DateOrder,
                values.Values == BlockValues.Texts ? NumbersOf(column) : new(DecimalMark.Point));
        }
        return format.Parse(GetText(column), out DateTime moment, out bool isUtc) is { } problem ? throw ErrorAt(column, problem)
            : (moment, isUtc);
    }

    /// <summary>Goes to the next block.</summary>
    /// <returns>Its rows; null: there is none.</returns>
    private protected abstract int? NextBlock();

    /// <summary>Reads a column of the current block.</summary>
    private protected abstract void Load(int column, BlockColumn values);

    /// <summary>Carries out what the format's library does; whatever it throws because of a damaged file becomes one line.</summary>
    private protected T Guarded<T>(Func<T> action, int? column = null)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is not (TableException or OutOfMemoryException))
        {
            throw new TableException(Path, null, column is { } c ? Columns[c].Name : null,
                $"the {Format} file is damaged, or has a feature that is not read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); "
                + "write it again.", e);
        }
    }

    private protected void SetBlockColumns(IReadOnlyList<ColumnDescription> found)
    {
        SetColumns(found);
        columns = [.. found.Select(static _ => new BlockColumn())];
        loaded = new long[found.Count];
    }

    private DateTime MomentAt(int column, BlockColumn values) => values.Integers[row] is >= 0 and var ticks
        && ticks <= DateTime.MaxValue.Ticks ? new(ticks)
            : throw ErrorAt(column, "the time lies beyond the years 1 to 9999; correct it, or write it as missing.");

    private BlockColumn Column(int column)
    {
        if (row < 0)
        {
            throw new InvalidOperationException("There is no current row: call Read.");
        }
        if (loaded[column] != block)
        {
            Guarded(() =>
            {
                Load(column, columns[column]);
                return 0;
            }, column);
            loaded[column] = block;
        }
        return columns[column];
    }

    private double ParseText(int column, string? text)
    {
        ReadOnlySpan<char> cell = text.AsSpan().Trim();
        return missing.Contains(cell) ? double.NaN
            : NumbersOf(column).Parse(cell, out double value) is { } problem ? throw ErrorAt(column, problem) : value;
    }

    /// <summary>How the numbers of a column of texts are written.</summary>
    private NumberFormat NumbersOf(int column)
    {
        if (!textNumbers.TryGetValue(column, out NumberFormat? format))
        {
            textNumbers[column] = format = new(options.DecimalMark);
            foreach (string cell in Sample(column))
            {
                format.Observe(cell);
            }
        }
        return format;
    }

    /// <summary>The rows of this block, from this one on, which show how a column is written.</summary>
    private List<string> Sample(int column)
    {
        int sampled = Math.Min(rows - row, options.SampleRows), from = row;
        var cells = new List<string>();
        for (row = from; row < from + sampled; row++)
        {
            if (!IsMissing(column))
            {
                cells.Add(GetText(column).ToString());
            }
        }
        row = from;
        return cells;
    }

    private static bool Is(ReadOnlySpan<char> cell, string word) => cell.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static string Describe(BlockValues values) => values switch
    {
        BlockValues.Times => "times",
        BlockValues.Booleans => "truth values",
        BlockValues.Texts => "texts",
        BlockValues.Unsigned => "whole numbers",
        _ => "values of another type",
    };
}
