using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AarenGen;

/// <summary>Checks of what callers pass in: each throws before anything is written.</summary>
internal static class Arguments
{
    /// <summary>
    /// The highest power of a token anywhere is its square, in attention scores: 1e30 leaves a factor of 3e8 to the largest float for
    /// weights and sums.
    /// </summary>
    public const float LargestTokenNumber = 1e15f;

    /// <summary>What numbers of a token must be, for messages.</summary>
    public const string TokenRule = "numbers of a token must be finite and from -1e15 to 1e15 (scale larger ones, as [Standardize] does)";

    /// <summary>The same, where the model standardises them.</summary>
    public const string StandardizedTokenRule = "numbers of a token must be finite and, once standardised, from -1e15 to 1e15";

    public static void CheckLength(
        ReadOnlySpan<float> span, long expected, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        if (span.Length != expected)
        {
            throw new ArgumentException($"'{name}' must hold {expected} numbers, but holds {span.Length}.", name);
        }
    }

    /// <summary>Returns the index where it lies from 0 to below the count.</summary>
    public static int CheckIndex(int index, int count, [CallerArgumentExpression(nameof(index))] string name = "")
    {
        if ((uint)index >= (uint)count)
        {
            throw new ArgumentOutOfRangeException(name, index, $"'{name}' must be from 0 to below {count}.");
        }
        return index;
    }

    /// <summary>Checks that an output consists of a number of parts of equal length.</summary>
    public static void CheckParts(ReadOnlySpan<float> output, int parts, string meaning, bool isEmptyAllowed = true)
    {
        if (output.Length % parts != 0 || (output.IsEmpty && !isEmptyAllowed))
        {
            throw new ArgumentException(
                $"'{nameof(output)}' holds {output.Length} numbers, but must hold {meaning}: "
                + "pass what the model wrote for one token and head.",
                nameof(output));
        }
    }

    /// <summary>Checks that a stream can be read.</summary>
    public static void CheckReadable(Stream stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream, name);
        if (!stream.CanRead)
        {
            throw new ArgumentException($"'{name}' cannot be read: it was opened for writing alone, or is closed.", name);
        }
    }

    /// <summary>Checks that a stream can be written.</summary>
    public static void CheckWritable(Stream stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream, name);
        if (!stream.CanWrite)
        {
            throw new ArgumentException($"'{name}' cannot be written: it was opened for reading alone, or is closed.", name);
        }
    }

    public static void CheckProbability(double probability)
    {
        if (!(probability is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A quantile needs a probability above 0 and below 1.");
        }
    }

    public static int CountRows<T>(ReadOnlySpan<T> span, int width, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        if (span.Length % width != 0)
        {
            throw new ArgumentException($"'{name}' must hold whole rows of {width} numbers, but holds {span.Length}.", name);
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
                        $"'{name}' holds {value} in row {firstRow + row}, column {category.Column}; it must be a category, "
                        + $"a whole number from 0 to {category.Cardinality - 1}.", name);
                }
            }
        }
    }

    /// <summary>
    /// The index of the first number that a token may not hold; -1 where there is none.
    /// </summary>
    public static int IndexOfBadTokenNumber(ReadOnlySpan<float> values, float bound = LargestTokenNumber)
    {
        // Without their sign, the bits of floats are in the order of the floats; infinity and NaN come last.
        const uint size = 0x7FFF_FFFF;
        uint largest = BitConverter.SingleToUInt32Bits(bound);
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i + Vector<uint>.Count <= bits.Length; i += Vector<uint>.Count)
        {
            if (Vector.GreaterThanAny(new Vector<uint>(bits[i..]) & new Vector<uint>(size), new Vector<uint>(largest)))
            {
                break;
            }
        }
        for (; i < bits.Length; i++)
        {
            if ((bits[i] & size) > largest)
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>
    /// The same of tokens, the first of which is at a position of its sequence. NaN is allowed where values may be missing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOfBadTokenNumber(ReadOnlySpan<float> values, Standardizer? standardizer, MissingInputs? missing, long position)
    {
        if (standardizer is not null)
        {
            return standardizer.IndexOfBadTokenNumber(values, missing, position);
        }
        int bad = IndexOfBadTokenNumber(values);
        return bad < 0 || missing is null ? bad : IndexOfRefused(values, bad, missing, position);
    }

    /// <summary>The first bad number that is not missing, from one on.</summary>
    private static int IndexOfRefused(ReadOnlySpan<float> values, int bad, MissingInputs missing, long position)
    {
        while (bad >= 0 && float.IsNaN(values[bad]) && missing.Allows(position, bad))
        {
            int next = IndexOfBadTokenNumber(values[(bad + 1)..]);
            bad = next < 0 ? -1 : bad + 1 + next;
        }
        return bad;
    }

    /// <summary>What a bad number of a token may be, and how to have it accepted, for messages.</summary>
    public static string RuleOf(float bad, Standardizer? standardizer) =>
        (standardizer is null ? TokenRule : StandardizedTokenRule)
        + (float.IsNaN(bad) ? ", or NaN in a column of a [Continuous] whose option Missing says what becomes of missing values" : "");

    /// <summary>Checks tokens of a stream, the first of which is at a position of it.</summary>
    public static void CheckTokens(
        ReadOnlySpan<float> span, int width, Standardizer? standardizer, MissingInputs? missing, long position, int firstRow = 0,
        [CallerArgumentExpression(nameof(span))] string name = "")
    {
        int bad = IndexOfBadTokenNumber(span, standardizer, missing, position);
        if (bad >= 0)
        {
            throw BadNumber(span[bad], standardizer, firstRow + bad / width, bad % width, name);
        }
    }

    private static ArgumentException BadNumber(float bad, Standardizer? standardizer, int row, int column, string name) => new(
        $"'{name}' holds {Text(bad)} in row {row}, column {column}; "
        + $"{RuleOf(bad, standardizer)}. Pass another token in its place, or none.", name);

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
