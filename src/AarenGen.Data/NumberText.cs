using System.Buffers;
using System.Globalization;

namespace AarenGen.Data;

/// <summary>Numbers as cells write them: with signs, symbols, separators of groups and either decimal mark.</summary>
internal static class NumberText
{
    private static readonly SearchValues<char> Grouping = SearchValues.Create(" \u00A0\u2009\u202F'’"),
        Decimals = SearchValues.Create("0123456789.,");
    private static readonly string[] MissingWords = ["", "-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing"];
    private static readonly string[] InfiniteWords = ["inf", "-inf", "infinity", "-infinity"];
    private const int LongestWord = 9, MostDigits = 15;
    private static readonly double[] PowersOfTen =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// <summary>What the separators of a number show.</summary>
    internal enum Shape
    {
        /// <summary>No number.</summary>
        Bad,

        /// <summary>No separator.</summary>
        Plain,

        /// <summary>A decimal point.</summary>
        Point,

        /// <summary>A decimal comma.</summary>
        Comma,

        /// <summary>A point before three digits, which separates decimals or groups.</summary>
        PointOrGroup,

        /// <summary>A comma before three digits, which separates decimals or groups.</summary>
        CommaOrGroup,
    }

    /// <summary>Whether a cell stands for a missing value.</summary>
    public static bool IsMissing(ReadOnlySpan<char> cell) =>
        cell.IsEmpty || (cell.Length <= LongestWord && !char.IsAsciiDigit(cell[0]) && IsAmong(cell, MissingWords));

    /// <summary>Whether a cell stands for no finite value.</summary>
    public static bool IsInfinite(ReadOnlySpan<char> cell) => cell.Length <= LongestWord && IsAmong(cell, InfiniteWords);

    /// <summary>Whether a cell is a number in some format.</summary>
    public static bool IsNumber(ReadOnlySpan<char> cell) =>
        TrySplit(cell, out ReadOnlySpan<char> digits, out _, out _) && Classify(digits) != Shape.Bad;

    /// <summary>What is wrong with a cell that is no finite number.</summary>
    public static string Describe(ReadOnlySpan<char> cell) =>
        cell.Length == 0 ? "the cell is empty; fill it or remove the row."
        : IsMissing(cell) || IsInfinite(cell)
            ? $"the value is missing ({TableException.Quote(cell)}); fill it or remove the row."
        : $"{TableException.Quote(cell)} is not a finite number; correct it, or remove the column.";

    /// <summary>The number of digits, separators and an exponent; infinite where it is too large for a double.</summary>
    public static double Parse(ReadOnlySpan<char> digits, DecimalMark mark, bool isNegative, char symbol)
    {
        (char decimals, char groups) = mark == DecimalMark.Comma ? (',', '.') : ('.', ',');
        if (digits.Contains(groups) || (decimals == ',' && digits.Contains(decimals)))
        {
            digits = digits.ToString().Replace(groups.ToString(), "", StringComparison.Ordinal).Replace(decimals, '.');
        }
        double value = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        return (isNegative ? -value : value) / (symbol == '%' ? 100 : 1);
    }

    /// <summary>
    /// Reads a number of at most 15 digits with a sign or none and at most one decimal mark, which nearly all are. Such a number is the
    /// quotient of two doubles that are exact, so that the result is rounded once, as by <see cref="double.Parse(string)"/>.
    /// </summary>
    /// <param name="cell">The cell.</param>
    /// <param name="decimals">The decimal mark; '\0': none is allowed.</param>
    /// <param name="value">The number.</param>
    public static bool TryParsePlain(ReadOnlySpan<char> cell, char decimals, out double value)
    {
        value = 0;
        bool isNegative = cell is ['-', ..];
        int first = isNegative ? 1 : 0, mark = -1;
        if (cell.Length - first is < 1 or > MostDigits + 1 || !char.IsAsciiDigit(cell[first]) || !char.IsAsciiDigit(cell[^1]))
        {
            return false;
        }
        long digits = 0;
        for (int i = first; i < cell.Length; i++)
        {
            uint digit = cell[i] - (uint)'0';
            if (digit <= 9)
            {
                digits = 10 * digits + digit;
            }
            else if (cell[i] == decimals && mark < 0 && decimals != '\0')
            {
                mark = i;
            }
            else
            {
                return false;
            }
        }
        if (mark < 0 && cell.Length - first > MostDigits)
        {
            return false;
        }
        value = mark < 0 ? digits : digits / PowersOfTen[cell.Length - mark - 1];
        value = isNegative ? -value : value;
        return true;
    }

    /// <summary>Removes sign, symbol and spaces; digits, separators and an exponent remain.</summary>
    public static bool TrySplit(ReadOnlySpan<char> cell, out ReadOnlySpan<char> digits, out bool isNegative, out char symbol)
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

    private static bool IsAmong(ReadOnlySpan<char> cell, string[] words)
    {
        foreach (string word in words)
        {
            if (cell.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
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

    /// <summary>What the separators of a number without sign and symbol show.</summary>
    public static Shape Classify(ReadOnlySpan<char> text)
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
