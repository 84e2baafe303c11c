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

    public static int CountRows(ReadOnlySpan<float> span, int width, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        if (span.Length % width != 0)
        {
            throw new ArgumentException($"'{name}' must hold a multiple of {width} numbers, a row a token, but holds {span.Length}.", name);
        }
        return span.Length / width;
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
