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

    public static int CountRows(ReadOnlySpan<float> span, int width, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        if (span.Length % width != 0)
        {
            throw new ArgumentException($"'{name}' must hold a multiple of {width} numbers, a row a token, but holds {span.Length}.", name);
        }
        return span.Length / width;
    }

    public static bool IsCategory(float value, int cardinality) => value >= 0 && value < cardinality && float.IsInteger(value);

    public static void CheckCategories(
        ReadOnlySpan<float> span, int width, IReadOnlyList<CategoryDescription> categories, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        for (int i = 0; i < categories.Count; i++)
        {
            (int column, int cardinality) = (categories[i].Column, categories[i].Cardinality);
            for (int at = column; at < span.Length; at += width)
            {
                if (!IsCategory(span[at], cardinality))
                {
                    throw new ArgumentException(
                        $"'{name}' holds {span[at]} in row {at / width}, column {column}; it must be a category, a whole number from 0 to {cardinality - 1}.", name);
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
