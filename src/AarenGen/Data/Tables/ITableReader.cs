namespace AarenGen;

/// <summary>
/// A table that is read once, row by row, from the first to the last. Columns are addressed by their index, which
/// <see cref="TableReaderExtensions.GetColumn"/> finds once by name, so that reading a row looks up no name and boxes no value.
/// Not thread-safe.
/// </summary>
public interface ITableReader : IDisposable
{
    /// <summary>The file, or another name for the source of the rows, as messages show it.</summary>
    string Path { get; }

    /// <summary>The columns, at least one.</summary>
    IReadOnlyList<ColumnDescription> Columns { get; }

    /// <summary>
    /// The current row's line in a text file, counted from 1, or its row in a file without lines. 0 before the first
    /// <see cref="Read"/>.
    /// </summary>
    long Line { get; }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False after the last row.</returns>
    /// <exception cref="TableException">The file is damaged, or the row has not as many cells as there are columns.</exception>
    bool Read();

    /// <summary>Whether the current row has no value in a column.</summary>
    /// <param name="column">The column's index.</param>
    bool IsMissing(int column);

    /// <summary>A number of the current row.</summary>
    /// <param name="column">The column's index.</param>
    /// <returns>A finite number; NaN where the value is missing.</returns>
    /// <exception cref="TableException">The cell holds no finite number, or an ambiguous one.</exception>
    double GetDouble(int column);

    /// <summary>A whole number of the current row.</summary>
    /// <param name="column">The column's index.</param>
    /// <exception cref="TableException">The cell is missing, or holds no whole number of 64 bits.</exception>
    long GetInt64(int column);

    /// <summary>A truth value of the current row: true or false, yes or no, 1 or 0.</summary>
    /// <param name="column">The column's index.</param>
    /// <exception cref="TableException">The cell is missing, or holds no truth value.</exception>
    bool GetBoolean(int column);

    /// <summary>A text of the current row, such as a series' key or a category, without spaces around it.</summary>
    /// <param name="column">The column's index.</param>
    /// <returns>The text, valid until the next <see cref="Read"/>; empty where the cell is empty.</returns>
    ReadOnlySpan<char> GetText(int column);

    /// <summary>A moment of the current row.</summary>
    /// <param name="column">The column's index.</param>
    /// <returns>The moment in UTC, with an offset of zero.</returns>
    /// <exception cref="TableException">The cell is missing, or holds no moment, an ambiguous one, or one that its zone skips.</exception>
    DateTimeOffset GetTime(int column);

    /// <summary>An exception for a mistake in the current row, to be thrown by what reads the table.</summary>
    /// <param name="column">The column's index; null: the row as a whole.</param>
    /// <param name="problem">What is wrong and how to fix it: one sentence.</param>
    /// <param name="cause">The failure of the layer below, if any.</param>
    TableException ErrorAt(int? column, string problem, Exception? cause = null);
}
