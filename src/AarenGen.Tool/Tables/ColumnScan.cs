namespace AarenGen.Tool.Tables;

/// <summary>What the cells of a column are, over all rows of a table.</summary>
/// <param name="name">The header.</param>
/// <param name="type">What the beginning of the file looks like.</param>
internal sealed class ColumnScan(string name, ColumnType type)
{
    /// <summary>More different texts are no categories.</summary>
    public const int MaxCategories = 64;

    private readonly Dictionary<string, long> texts = new(StringComparer.Ordinal);
    private double min = double.PositiveInfinity, max = double.NegativeInfinity;
    private long firstNumber;
    private bool countsRows = true;

    /// <summary>The header.</summary>
    public string Name { get; } = name;

    /// <summary>The type.</summary>
    public ColumnType Type { get; } = type;

    /// <summary>Whether the cells are numbers.</summary>
    public bool IsNumber => Type is ColumnType.Number or ColumnType.WholeNumber;

    /// <summary>Cells with a value.</summary>
    public long Count { get; private set; }

    /// <summary>The different texts, in the order of the alphabet; null: too many, or numbers.</summary>
    public IReadOnlyList<string>? Texts => texts.Count > MaxCategories || IsNumber ? null : [.. texts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether all values are equal, or there is none.</summary>
    public bool IsConstant => IsNumber ? !(min < max) : texts.Count <= 1;

    /// <summary>Whether the numbers are those of the rows, from 0 or 1.</summary>
    public bool CountsRows => Type == ColumnType.WholeNumber && countsRows && Count > 2 && firstNumber is 0 or 1;

    /// <summary>Takes the cell of the current row.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column's index there.</param>
    /// <param name="row">The row, from 0.</param>
    /// <exception cref="TableException">A cell of a column of numbers holds none.</exception>
    public void Add(ITableReader table, int column, long row)
    {
        if (Type == ColumnType.Time)
        {
            return;
        }
        if (table.IsMissing(column))
        {
            countsRows = false;
            return;
        }
        Count++;
        if (IsNumber)
        {
            double value = table.GetDouble(column);
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
            firstNumber = row == 0 ? (long)value : firstNumber;
            countsRows &= value == firstNumber + row;
        }
        else if (texts.Count <= MaxCategories)
        {
            string text = Type == ColumnType.Boolean ? table.GetBoolean(column).ToString() : table.GetText(column).ToString();
            texts[text] = texts.GetValueOrDefault(text) + 1;
        }
    }
}
