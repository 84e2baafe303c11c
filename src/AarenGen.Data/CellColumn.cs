using System.Collections;

namespace AarenGen.Data;

/// <summary>The texts of a column, one behind the other in one buffer: a cell takes its characters and four bytes.</summary>
internal sealed class CellColumn : IReadOnlyList<string>
{
    private readonly List<int> ends = [];
    private char[] text = [];

    /// <inheritdoc/>
    public int Count => ends.Count;

    /// <inheritdoc/>
    public string this[int index] => Span(index).ToString();

    /// <summary>A cell, without a string for it.</summary>
    public ReadOnlySpan<char> Span(int index)
    {
        int begin = index == 0 ? 0 : ends[index - 1];
        return text.AsSpan(begin, ends[index] - begin);
    }

    /// <summary>Adds a cell.</summary>
    /// <exception cref="OutOfMemoryException">The column has more than about a billion characters.</exception>
    public void Add(ReadOnlySpan<char> cell)
    {
        int begin = ends.Count == 0 ? 0 : ends[^1];
        if (begin + (long)cell.Length > text.Length)
        {
            // Beyond the longest array the allocation itself fails, with the exception that says so.
            long wanted = Math.Max(begin + (long)cell.Length, Math.Min(2L * text.Length, Array.MaxLength));
            Array.Resize(ref text, (int)Math.Min(wanted, int.MaxValue));
        }
        cell.CopyTo(text.AsSpan(begin));
        ends.Add(begin + cell.Length);
    }

    /// <summary>Whether all cells meet a condition.</summary>
    public bool All(Func<ReadOnlySpan<char>, bool> condition)
    {
        for (int row = 0; row < Count; row++)
        {
            if (!condition(Span(row)))
            {
                return false;
            }
        }
        return true;
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int row = 0; row < Count; row++)
        {
            yield return this[row];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
