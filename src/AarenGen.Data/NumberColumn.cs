using System.Globalization;

namespace AarenGen.Data;

/// <summary>
/// The numbers of a column. A column has one format: its cells have the same decimal mark and the same symbols beside the digits
/// ('%', '$'). Ambiguous cells, such as "1,500" alone, are decided by the other columns or rejected.
/// </summary>
internal sealed class NumberColumn
{
    private readonly CellColumn cells;
    private readonly MissingWords? missing;
    private readonly char symbol;

    private NumberColumn(
        CellColumn cells, MissingWords? missing, char symbol, DecimalMark? mark, int? markRow, int? ambiguousPoint, int? ambiguousComma,
        bool mayBeGrouped)
    {
        (this.cells, this.missing, this.symbol) = (cells, missing, symbol);
        (Mark, MarkRow, AmbiguousPoint, AmbiguousComma, MayBeGrouped) = (mark, markRow, ambiguousPoint, ambiguousComma, mayBeGrouped);
    }

    /// <summary>The mark that the column's own cells show; null: none does.</summary>
    public DecimalMark? Mark { get; }

    /// <summary>The first row that shows the mark; null: none does.</summary>
    public int? MarkRow { get; }

    /// <summary>The first row such as "1.500", whose point may also separate groups of digits; null: none.</summary>
    public int? AmbiguousPoint { get; }

    /// <summary>The first row such as "1,500", whose comma may also separate groups of digits; null: none.</summary>
    public int? AmbiguousComma { get; }

    /// <summary>
    /// Whether the column looks like whole numbers with grouped digits: some cells have up to three digits and no separator, and none
    /// has more. 999, 1.000 then counts on. Decimals would have the same number of digits in every cell, or not three in some.
    /// </summary>
    public bool MayBeGrouped { get; }

    /// <summary>Looks at all cells.</summary>
    /// <param name="cells">The cells, at least one.</param>
    /// <param name="missing">The cells that are passed over; null: missing values are not allowed.</param>
    /// <param name="column">The column; null where the cells are no numbers.</param>
    /// <returns>The first row that is no number of this column, and why; null: all are.</returns>
    public static (int Row, string Problem)? Scan(CellColumn cells, MissingWords? missing, out NumberColumn? column)
    {
        column = null;
        int? point = null, comma = null, ambiguousPoint = null, ambiguousComma = null, first = null;
        (bool isShort, bool isLong) = (false, false);
        char symbol = '\0';
        for (int row = 0; row < cells.Count; row++)
        {
            ReadOnlySpan<char> cell = cells.Span(row);
            if (missing is not null && missing.Contains(cell))
            {
                continue;
            }
            if (!NumberText.TrySplit(cell, out ReadOnlySpan<char> digits, out _, out char own))
            {
                return (row, NumberText.Describe(cell));
            }
            if (first is { } other && own != symbol)
            {
                return (row, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{TableException.Quote(cell)} has another unit than {TableException.Quote(cells.Span(other))}; write all cells of a "
                    + $"column alike."));
            }
            symbol = own;
            first ??= row;
            switch (NumberText.Classify(digits))
            {
                case NumberText.Shape.Bad: return (row, NumberText.Describe(cell));
                case NumberText.Shape.Plain: _ = digits.Length <= 3 ? isShort = true : isLong = true; break;
                case NumberText.Shape.Point: point ??= row; break;
                case NumberText.Shape.Comma: comma ??= row; break;
                case NumberText.Shape.PointOrGroup: ambiguousPoint ??= row; break;
                case NumberText.Shape.CommaOrGroup: ambiguousComma ??= row; break;
            }
            if (point is { } p && comma is { } c)
            {
                return (row, $"{TableException.Quote(cells.Span(c))} has a decimal comma, but {TableException.Quote(cells.Span(p))} a "
                    + "decimal point; write all cells of a column alike.");
            }
        }
        column = new(cells, missing, symbol, point is not null ? DecimalMark.Point : comma is not null ? DecimalMark.Comma : null,
            point ?? comma, ambiguousPoint, ambiguousComma, isShort && !isLong);
        return null;
    }

    /// <summary>The numbers; infinite where one is too large for a double, NaN where one is missing.</summary>
    /// <param name="mark">The decimal mark; any mark for a column without separators.</param>
    public double[] Parse(DecimalMark mark)
    {
        var values = new double[cells.Count];
        for (int row = 0; row < values.Length; row++)
        {
            ReadOnlySpan<char> cell = cells.Span(row);
            if (missing is not null && missing.Contains(cell))
            {
                values[row] = double.NaN;
                continue;
            }
            _ = NumberText.TrySplit(cell, out ReadOnlySpan<char> digits, out bool isNegative, out _);
            values[row] = NumberText.Parse(digits, mark, isNegative, symbol);
        }
        return values;
    }
}
