using System.Globalization;

namespace AarenGen.Data;

/// <summary>
/// How the numbers of a column are written, found from its first cells. A later cell that contradicts it is an error; one that decides
/// what the first cells left open decides it from there on.
/// </summary>
internal sealed class NumberFormat
{
    private readonly bool isGiven;
    private DecimalMark? mark;
    private bool isMixed, hasLong;
    private char symbol;
    private bool isSymbolKnown;

    /// <summary>A format that no cell has shown yet.</summary>
    /// <param name="given">The decimal mark, if the user names it; null: it is found.</param>
    public NumberFormat(DecimalMark? given) => (mark, isGiven) = (given, given is not null);

    /// <summary>The decimal mark; null: no cell showed it yet.</summary>
    public DecimalMark? Mark => mark;

    /// <summary>Whether all cells that were looked at are numbers.</summary>
    public bool AreNumbers { get; private set; } = true;

    /// <summary>Whether all cells that were looked at are whole numbers.</summary>
    public bool AreWhole { get; private set; } = true;

    /// <summary>Looks at a cell of the beginning that is not missing.</summary>
    public void Observe(ReadOnlySpan<char> cell)
    {
        if (!NumberText.TrySplit(cell, out ReadOnlySpan<char> digits, out _, out char own)
            || (NumberText.Classify(digits) is var shape && shape == NumberText.Shape.Bad))
        {
            AreNumbers = false;
            return;
        }
        AreWhole &= shape == NumberText.Shape.Plain && digits.IndexOfAny('e', 'E') < 0 && own != '%';
        (symbol, isSymbolKnown) = isSymbolKnown ? (symbol, true) : (own, true);
        hasLong |= shape == NumberText.Shape.Plain && digits.Length > 3;
        DecimalMark? shown = shape switch
        {
            NumberText.Shape.Point => DecimalMark.Point,
            NumberText.Shape.Comma => DecimalMark.Comma,
            _ => null,
        };
        mark ??= shown;
    }

    /// <summary>Takes the mark that all other columns show, where the column's own first cells leave it open.</summary>
    /// <param name="shown">The mark; null: they show none.</param>
    /// <param name="differ">Whether they show both.</param>
    public void Complete(DecimalMark? shown, bool differ)
    {
        isMixed = differ;
        mark ??= shown;
    }

    /// <summary>Reads a cell that is not missing.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="value">The number.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public string? Parse(ReadOnlySpan<char> cell, out double value)
    {
        char decimals = mark switch
        {
            DecimalMark.Point => '.',
            DecimalMark.Comma => ',',
            _ => '\0',
        };
        return symbol == '\0' && NumberText.TryParsePlain(cell, decimals, out value) ? null : ParseRare(cell, out value);
    }

    private string? ParseRare(ReadOnlySpan<char> cell, out double value)
    {
        value = 0;
        if (!NumberText.TrySplit(cell, out ReadOnlySpan<char> digits, out bool isNegative, out char own))
        {
            return NumberText.Describe(cell);
        }
        NumberText.Shape shape = NumberText.Classify(digits);
        if (shape == NumberText.Shape.Bad)
        {
            return NumberText.Describe(cell);
        }
        if (isSymbolKnown && own != symbol)
        {
            return $"{TableException.Quote(cell)} has another unit than the cells above; write all cells of a column alike.";
        }
        (symbol, isSymbolKnown) = (own, true);
        hasLong |= shape == NumberText.Shape.Plain && digits.Length > 3;
        if (Decide(shape, cell) is { } problem)
        {
            return problem;
        }
        value = NumberText.Parse(digits, mark ?? DecimalMark.Point, isNegative, own);
        return double.IsFinite(value) ? null : $"{TableException.Quote(cell)} is not a finite number: it is too large; correct it.";
    }

    private string? Decide(NumberText.Shape shape, ReadOnlySpan<char> cell)
    {
        DecimalMark? shown = shape switch
        {
            NumberText.Shape.Point => DecimalMark.Point,
            NumberText.Shape.Comma => DecimalMark.Comma,
            // 1.500 among numbers such as 1234: groups would be written there, too.
            NumberText.Shape.PointOrGroup when mark is null && hasLong && !isMixed => DecimalMark.Point,
            _ => null,
        };
        if (shown is { } found && mark is { } known && found != known)
        {
            return $"{TableException.Quote(cell)} has a decimal {Name(found)}, but "
                + $"{(isGiven ? "the option names" : "the rows above show")} a decimal {Name(known)}; write all cells alike, or set "
                + "TableOptions.DecimalMark.";
        }
        mark ??= shown;
        if (mark is null && shape is (NumberText.Shape.PointOrGroup or NumberText.Shape.CommaOrGroup))
        {
            string text = cell.ToString();
            string both = text.Replace(".", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal);
            return string.Create(CultureInfo.InvariantCulture,
                $"{TableException.Quote(cell)} may be {both} or {text.Replace(',', '.')}, and the rows above do not tell; set "
                + $"TableOptions.DecimalMark.");
        }
        return null;
    }

    private static string Name(DecimalMark mark) => mark == DecimalMark.Point ? "point" : "comma";
}
