using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AarenGen;

/// <summary>Checks of what callers pass in: each throws before anything is written.</summary>
internal static class Arguments
{
    public static void CheckLength(
        ReadOnlySpan<float> span, long expected, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        if (span.Length != expected)
        {
            throw new ArgumentException($"'{name}' must hold {expected} numbers, but holds {span.Length}.", name);
        }
    }

    public static void CheckProbability(double p)
    {
        if (!(p is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "A quantile needs a probability above 0 and below 1.");
        }
    }

    public static void CheckIndex(int index, int count, [CallerArgumentExpression(nameof(index))] string name = "")
    {
        if ((uint)index >= (uint)count)
        {
            throw new ArgumentOutOfRangeException(name, index, FormattableString.Invariant($"'{name}' must be from 0 to {count - 1}."));
        }
    }

    /// <summary>The first number that is NaN or infinite; -1 where there is none.</summary>
    public static int IndexOfNotFinite(ReadOnlySpan<float> values)
    {
        const uint exponent = 0x7F80_0000;
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i + Vector<uint>.Count <= bits.Length; i += Vector<uint>.Count)
        {
            if (Vector.EqualsAny(new Vector<uint>(bits[i..]) & new Vector<uint>(exponent), new Vector<uint>(exponent)))
            {
                break;
            }
        }
        for (; i < bits.Length; i++)
        {
            if ((bits[i] & exponent) == exponent)
            {
                return i;
            }
        }
        return -1;
    }

    public static int CountRows(ReadOnlySpan<float> span, int width, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        if (span.Length % width != 0)
        {
            throw new ArgumentException($"'{name}' must hold a multiple of {width} numbers, a row a token, but holds {span.Length}.", name);
        }
        return span.Length / width;
    }

    public static bool IsCategory(float value, int cardinality) => value >= 0 && value < cardinality && float.IsInteger(value);

    /// <summary>Checks the categories of a sequence's tokens, the first of which is at a position of the sequence.</summary>
    public static void CheckCategories(
        ReadOnlySpan<float> span, int width, IReadOnlyList<CategoryDescription> categories, long position, int firstRow = 0,
        [CallerArgumentExpression(nameof(span))] string name = "")
    {
        for (int i = 0; i < categories.Count; i++)
        {
            CategoryDescription category = categories[i];
            for (int row = 0; row * width < span.Length; row++)
            {
                float value = span[row * width + category.Column];
                if (category.IsAt(position + row) && !IsCategory(value, category.Cardinality))
                {
                    throw new ArgumentException(
                        $"'{name}' holds {value} in row {firstRow + row}, column {category.Column}; it must be a category, a whole number from 0 to {category.Cardinality - 1}.", name);
                }
            }
        }
    }

    public static void CheckFinite(ReadOnlySpan<float> span, int width, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        const uint exponent = 0x7F80_0000;
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(span);
        for (int i = 0; i < bits.Length; i++)
        {
            if ((bits[i] & exponent) == exponent)
            {
                throw new ArgumentException(
                    $"'{name}' holds {span[i]} in row {i / width}, column {i % width}; a stream takes finite numbers only.", name);
            }
        }
    }
}
