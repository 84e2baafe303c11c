using System.ComponentModel;
using System.Globalization;

namespace AarenGen;

/// <summary>How generated code reads the cells of a table into records. Not meant for other code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RecordCells
{
    /// <summary>Checks that the current row has a value in a column.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <param name="property">The property that the value is for.</param>
    /// <returns>The table.</returns>
    /// <exception cref="TableException">There is none.</exception>
    public static ITableReader Require(ITableReader table, int column, string property)
    {
        ArgumentNullException.ThrowIfNull(table);
        return !table.IsMissing(column) ? table : throw table.ErrorAt(
            column, $"the cell is empty, but {property} cannot be null; make the property nullable, or fill in the cell.");
    }

    /// <summary>A number of single precision.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <exception cref="TableException">The cell holds no number, or one out of range.</exception>
    public static float GetSingle(ITableReader table, int column)
    {
        double value = table.GetDouble(column);
        return !float.IsInfinity((float)value) ? (float)value : throw OutOfRange(table, column, value, "a float");
    }

    /// <summary>A decimal number.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <exception cref="TableException">The cell holds no number, or one out of range.</exception>
    public static decimal GetDecimal(ITableReader table, int column)
    {
        double value = table.GetDouble(column);
        try
        {
            return (decimal)value;
        }
        catch (OverflowException)
        {
            throw OutOfRange(table, column, value, "a decimal");
        }
    }

    /// <summary>A whole number in a range.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <param name="min">The smallest.</param>
    /// <param name="max">The largest.</param>
    /// <exception cref="TableException">The cell holds no whole number, or one out of range.</exception>
    public static long GetWholeNumber(ITableReader table, int column, long min, long max)
    {
        long value = table.GetInt64(column);
        return value >= min && value <= max ? value : throw table.ErrorAt(
            column, string.Create(CultureInfo.InvariantCulture, $"{value} is out of range; write a whole number from {min} to {max}."));
    }

    /// <summary>A value of an enum: one of its names in any case, or its number.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <typeparam name="TEnum">The enum.</typeparam>
    /// <exception cref="TableException">The cell holds neither.</exception>
    public static TEnum GetEnum<TEnum>(ITableReader table, int column) where TEnum : struct, Enum
    {
        ReadOnlySpan<char> text = table.GetText(column);
        // A comma would combine names.
        return Enum.TryParse(text, ignoreCase: true, out TEnum value) && Enum.IsDefined(value) && !text.Contains(',') ? value
            : throw table.ErrorAt(
                column,
                $"{TableException.Quote(text)} is no {typeof(TEnum).Name}; write one of its names, such as {Enum.GetNames<TEnum>()[0]}.");
    }

    /// <summary>One of the texts that are categories.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <param name="names">The categories.</param>
    /// <returns>The category itself, so that no text is made.</returns>
    /// <exception cref="TableException">The cell holds another text.</exception>
    public static string GetCategory(ITableReader table, int column, string[] names)
    {
        ReadOnlySpan<char> text = table.GetText(column);
        foreach (string name in names)
        {
            if (text.SequenceEqual(name))
            {
                return name;
            }
        }
        throw table.ErrorAt(
            column, string.Create(CultureInfo.InvariantCulture,
                $"{TableException.Quote(text)} is none of the {names.Length} categories, such as {TableException.Quote(names[0])}; "
                + $"declare it."));
    }

    /// <summary>A text, which often is that of the row before.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The column.</param>
    /// <param name="last">The text of the row before; becomes that of this row.</param>
    public static string GetText(ITableReader table, int column, ref string last)
    {
        ReadOnlySpan<char> text = table.GetText(column);
        return text.SequenceEqual(last) ? last : last = text.ToString();
    }

    private static TableException OutOfRange(ITableReader table, int column, double value, string type) => table.ErrorAt(
        column, string.Create(CultureInfo.InvariantCulture, $"{value} is out of the range of {type}; write a smaller number."));
}
