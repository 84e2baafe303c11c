using System.Buffers;
using System.Globalization;

namespace Tables;

/// <summary>The character between a number's whole part and its decimals.</summary>
internal enum DecimalMark
{
    /// <summary>Unknown from the numbers.</summary>
    Unknown,

    /// <summary>1,234.5</summary>
    Point,

    /// <summary>1.234,5</summary>
    Comma,
}

/// <summary>
/// The numbers of a column. A column has one format: its cells have the same decimal mark and the same symbols beside the digits
/// ('%', '$'). Ambiguous cells, such as "1,500" alone, are decided by the other columns or rejected.
/// </summary>
internal sealed class NumberColumn
{
    private static readonly SearchValues<char> Grouping = SearchValues.Create(" \u00A0\u2009\u202F'’"),
        Decimals = SearchValues.Create("0123456789.,");
    private static readonly string[] MissingWords = ["", "-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing",
        "inf", "-inf", "infinity", "-infinity"];

    private readonly IReadOnlyList<string> cells;
    private readonly char symbol;

    private NumberColumn(
        IReadOnlyList<string> cells, char symbol, DecimalMark mark, int? ambiguousPoint, int? ambiguousComma, bool mayBeGrouped)
    {
        (this.cells, this.symbol) = (cells, symbol);
        (Mark, AmbiguousPoint, AmbiguousComma, MayBeGrouped) = (mark, ambiguousPoint, ambiguousComma, mayBeGrouped);
    }

    /// <summary>The mark that the column's own cells show.</summary>
    public DecimalMark Mark { get; }

    /// <summary>The first row such as "1.500", whose point may also separate groups of digits; null: none.</summary>
    public int? AmbiguousPoint { get; }

    /// <summary>The first row such as "1,500", whose comma may also separate groups of digits; null: none.</summary>
    public int? AmbiguousComma { get; }

    /// <summary>
    /// Whether the column looks like whole numbers with grouped digits: some cells have up to three digits and no separator, and none
    /// has more. 999, 1.000 then counts on. Decimals would have the same number of digits in every cell, or not three in some.
    /// </summary>
    public bool MayBeGrouped { get; }

    /// <summary>Whether a cell stands for a missing value.</summary>
    public static bool IsMissing(string cell) => MissingWords.Contains(cell, StringComparer.OrdinalIgnoreCase);

    /// <summary>Looks at all cells.</summary>
    /// <param name="cells">The cells, at least one.</param>
    /// <param name="column">The column; null where the cells are no numbers.</param>
    /// <returns>The first row that is no number of this column, and why; null: all are.</returns>
    public static (int Row, string Problem)? Scan(IReadOnlyList<string> cells, out NumberColumn? column)
    {
        column = null;
        int? point = null, comma = null, ambiguousPoint = null, ambiguousComma = null;
        (bool isShort, bool isLong) = (false, false);
        char symbol = '\0';
        for (int row = 0; row < cells.Count; row++)
        {
            if (!TrySplit(cells[row], out ReadOnlySpan<char> digits, out _, out char own))
            {
                return (row, Describe(cells[row]));
            }
            if (row > 0 && own != symbol)
            {
                return (row, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{TableException.Quote(cells[row])} has another unit than {TableException.Quote(cells[0])}; write all cells of a "
                    + $"column alike."));
            }
            symbol = own;
            switch (Classify(digits))
            {
                case Shape.Bad: return (row, Describe(cells[row]));
                case Shape.Plain: _ = digits.Length <= 3 ? isShort = true : isLong = true; break;
                case Shape.Point: point ??= row; break;
                case Shape.Comma: comma ??= row; break;
                case Shape.PointOrGroup: ambiguousPoint ??= row; break;
                case Shape.CommaOrGroup: ambiguousComma ??= row; break;
            }
            if (point is { } p && comma is { } c)
            {
                return (row, $"{TableException.Quote(cells[c])} has a decimal comma, but {TableException.Quote(cells[p])} a decimal "
                    + "point; write all cells of a column alike.");
            }
        }
        column = new(cells, symbol, point is not null ? DecimalMark.Point : comma is not null ? DecimalMark.Comma : DecimalMark.Unknown,
            ambiguousPoint, ambiguousComma, isShort && !isLong);
        return null;
    }

    /// <summary>The numbers; infinite where one is too large for a double.</summary>
    /// <param name="mark">The decimal mark; any mark for a column without separators.</param>
    public double[] Parse(DecimalMark mark)
    {
        var values = new double[cells.Count];
        for (int row = 0; row < values.Length; row++)
        {
            _ = TrySplit(cells[row], out ReadOnlySpan<char> digits, out bool isNegative, out _);
            string plain = mark == DecimalMark.Comma
                ? digits.ToString().Replace(".", "", StringComparison.Ordinal).Replace(',', '.')
                : digits.ToString().Replace(",", "", StringComparison.Ordinal);
            double value = double.Parse(plain, NumberStyles.Float, CultureInfo.InvariantCulture);
            values[row] = (isNegative ? -value : value) / (symbol == '%' ? 100 : 1);
        }
        return values;
    }

    private enum Shape
    {
        Bad,
        Plain,
        Point,
        Comma,
        PointOrGroup,
        CommaOrGroup,
    }

    private static string Describe(string cell) =>
        cell.Length == 0 ? "the cell is empty; fill it or remove the row."
        : IsMissing(cell)
            ? $"the value is missing ({TableException.Quote(cell)}); fill it or remove the row."
        : $"{TableException.Quote(cell)} is not a finite number; correct it, or remove the column.";

    /// <summary>Removes sign, symbol and spaces; digits, separators and an exponent remain.</summary>
    private static bool TrySplit(ReadOnlySpan<char> cell, out ReadOnlySpan<char> digits, out bool isNegative, out char symbol)
    {
        (isNegative, symbol) = (false, '\0');
        digits = cell.Trim();
        if (digits.Length > 2 && digits[0] == '(' && digits[^1] == ')')
        {
            // A negative number in accounting notation.
            isNegative = true;
            digits = digits[1..^1].Trim();
        }
        bool signed = isNegative;
        while (digits.Length > 1)
        {
            char first = digits[0], last = digits[^1];
            if (!signed && first is '+' or '-' or '\u2212')
            {
                signed = true;
                isNegative = first != '+';
                digits = digits[1..].TrimStart();
            }
            else if (symbol == '\0' && IsSymbol(first))
            {
                symbol = first;
                digits = digits[1..].TrimStart();
            }
            else if (symbol == '\0' && (IsSymbol(last) || last == '%'))
            {
                symbol = last;
                digits = digits[..^1].TrimEnd();
            }
            else
            {
                break;
            }
        }
        return digits.Length > 0 && (char.IsAsciiDigit(digits[0]) || digits[0] is '.' or ',') && TryUngroup(ref digits);
    }

    private static bool IsSymbol(char c) => char.GetUnicodeCategory(c) == UnicodeCategory.CurrencySymbol;

    /// <summary>Removes spaces and apostrophes between groups of three digits.</summary>
    private static bool TryUngroup(ref ReadOnlySpan<char> digits)
    {
        int first = digits.IndexOfAny(Grouping);
        if (first < 0)
        {
            return true;
        }
        char group = digits[first];
        int end = digits.IndexOfAny(".,");
        ReadOnlySpan<char> whole = end < 0 ? digits : digits[..end];
        if (!IsGrouped(whole, group))
        {
            return false;
        }
        digits = string.Concat(whole.ToString().Replace(group.ToString(), "", StringComparison.Ordinal), end < 0 ? "" : digits[end..]);
        return true;
    }

    private static Shape Classify(ReadOnlySpan<char> text)
    {
        int e = text.IndexOfAny('e', 'E');
        ReadOnlySpan<char> number = e < 0 ? text : text[..e];
        if (e >= 0)
        {
            ReadOnlySpan<char> exponent = text[(e + 1)..];
            exponent = exponent is ['+' or '-', ..] ? exponent[1..] : exponent;
            if (exponent.IsEmpty || exponent.ContainsAnyExceptInRange('0', '9'))
            {
                return Shape.Bad;
            }
        }
        int points = number.Count('.'), commas = number.Count(','), lastPoint = number.LastIndexOf('.'),
            lastComma = number.LastIndexOf(',');
        if (!number.ContainsAnyInRange('0', '9') || number.ContainsAnyExcept(Decimals))
        {
            return Shape.Bad;
        }
        return (points, commas) switch
        {
            (0, 0) => Shape.Plain,
            (1, 0) => e < 0 && MayBeGroup(number, lastPoint) ? Shape.PointOrGroup : Shape.Point,
            (0, 1) => e < 0 && MayBeGroup(number, lastComma) ? Shape.CommaOrGroup : Shape.Comma,
            ( > 1, 0) => IsGrouped(number, '.') ? Shape.Comma : Shape.Bad,
            (0, > 1) => IsGrouped(number, ',') ? Shape.Point : Shape.Bad,
            (1, _) when lastPoint > lastComma && IsGrouped(number[..lastPoint], ',') => Shape.Point,
            (_, 1) when lastComma > lastPoint && IsGrouped(number[..lastComma], '.') => Shape.Comma,
            _ => Shape.Bad,
        };
    }

    private static bool MayBeGroup(ReadOnlySpan<char> number, int separator) =>
        separator is >= 1 and <= 3 && number[0] != '0' && number.Length == separator + 4;

    private static bool IsGrouped(ReadOnlySpan<char> number, char group)
    {
        int part = 0;
        foreach (Range range in number.Split(group))
        {
            int length = range.End.GetOffset(number.Length) - range.Start.GetOffset(number.Length);
            if (part == 0 ? length is < 1 or > 3 : length != 3)
            {
                return false;
            }
            part++;
        }
        return part > 1 && number[0] != '0' && IsDigitsBut(number, group);
    }

    private static bool IsDigitsBut(ReadOnlySpan<char> number, char group)
    {
        foreach (char c in number)
        {
            if (c != group && !char.IsAsciiDigit(c))
            {
                return false;
            }
        }
        return true;
    }
}
