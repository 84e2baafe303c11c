using System.Globalization;

namespace Experiments;

/// <summary>
/// Limits what is made of a file: a small one may refer to the same data many times, and each reference would be copied.
/// </summary>
internal sealed class ElementBudget
{
    /// <summary>Elements of a file: more would not fit into memory beside what is made of them.</summary>
    public const long MaxElements = 200_000_000;

    private long spent;

    /// <summary>Counts elements.</summary>
    /// <exception cref="InvalidDataException">The file has too many.</exception>
    public void Spend(long elements)
    {
        spent += elements;
        if (spent > MaxElements)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"it has more than {MaxElements} numbers, which are not read; divide the file"));
        }
    }
}
