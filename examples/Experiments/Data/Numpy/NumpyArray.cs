using System.Globalization;

namespace Experiments;

/// <summary>An array of NumPy's, row by row.</summary>
/// <param name="Shape">The length of each dimension.</param>
/// <param name="Numbers">The elements; null: they are objects.</param>
/// <param name="Objects">The elements, if they are objects; see <see cref="PickleReader"/>.</param>
internal sealed record NumpyArray(int[] Shape, double[]? Numbers, IReadOnlyList<object?>? Objects)
{
    /// <summary>As many as NumPy's arrays have.</summary>
    private const int MaxDimensions = 64;

    /// <summary>The number of elements of a shape.</summary>
    /// <exception cref="InvalidDataException">It is negative or more than can be read.</exception>
    public static int CountOf(IReadOnlyList<int> shape)
    {
        if (shape.Count > MaxDimensions)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"an array has {shape.Count} dimensions, more than {MaxDimensions}"));
        }
        long count = 1;
        foreach (int length in shape)
        {
            // A length of 0 hides no other.
            if (length < 0 || (count = count == 0 ? 0 : count * length) > ElementBudget.MaxElements)
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"an array's shape ({string.Join(", ", shape)}) is negative or has more than {ElementBudget.MaxElements} elements"));
            }
        }
        return (int)count;
    }

    /// <summary>The array of its bytes.</summary>
    /// <param name="shape">The length of each dimension.</param>
    /// <param name="type">A type of numbers.</param>
    /// <param name="isFortran">Whether the first dimension changes fastest.</param>
    /// <param name="bytes">The elements.</param>
    /// <param name="budget">What may still be read of the file.</param>
    /// <exception cref="InvalidDataException">There are fewer bytes, or more; or the file has too many elements.</exception>
    public static NumpyArray OfBytes(int[] shape, NumpyType type, bool isFortran, ReadOnlySpan<byte> bytes, ElementBudget budget)
    {
        int count = CountOf(shape);
        if (bytes.Length != (long)count * type.Size)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"an array of {count} elements of {type.Size} bytes has {bytes.Length} bytes"));
        }
        budget.Spend(count);
        var numbers = new double[count];
        for (int i = 0; i < count; i++)
        {
            numbers[isFortran ? RowMajor(shape, i) : i] = type.Read(bytes[(i * type.Size)..]);
        }
        return new(shape, numbers, null);
    }

    /// <summary>Where the element that is stored at a place with the first dimension fastest stands with the last fastest.</summary>
    private static int RowMajor(int[] shape, int place)
    {
        int index = 0, stride = 1;
        Span<int> positions = stackalloc int[shape.Length];
        for (int d = 0; d < shape.Length; d++)
        {
            positions[d] = place % shape[d];
            place /= shape[d];
        }
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            index += positions[d] * stride;
            stride *= shape[d];
        }
        return index;
    }
}
