namespace AarenGen.Data;

/// <summary>The values of one column in one block of rows. Buffers are used again for the next block.</summary>
internal sealed class BlockColumn
{
    private double[] numbers = [];
    private long[] integers = [];
    private string?[] texts = [];
    private bool[] missing = [];
    private char[]? scratch;

    /// <summary>The ticks of a moment beyond the years 1 to 9999: an error where it is asked for.</summary>
    public const long BeyondCalendar = -1;

    /// <summary>What the values are.</summary>
    public BlockValues Values { get; private set; }

    /// <summary>Whether moments are in UTC; otherwise they name no zone.</summary>
    public bool IsUtc { get; private set; }

    /// <summary>Numbers; NaN: missing.</summary>
    public double[] Numbers => numbers;

    /// <summary>Whole numbers, truth values as 0 and 1, or the ticks of moments, perhaps <see cref="BeyondCalendar"/>.</summary>
    public long[] Integers => integers;

    /// <summary>Texts; null: missing.</summary>
    public string?[] Texts => texts;

    /// <summary>Where a number or a moment is formatted, long enough for any.</summary>
    public char[] Scratch => scratch ??= new char[64];

    /// <summary>Whether a row has no value.</summary>
    public bool IsMissing(int row) => Values switch
    {
        BlockValues.Numbers => double.IsNaN(numbers[row]),
        BlockValues.Texts => texts[row] is null,
        _ => missing[row],
    };

    /// <summary>Makes room for numbers.</summary>
    public double[] StartNumbers(int rows)
    {
        Values = BlockValues.Numbers;
        return numbers = numbers.Length >= rows ? numbers : new double[rows];
    }

    /// <summary>Makes room for whole numbers, truth values or moments.</summary>
    public (long[] Values, bool[] Missing) StartIntegers(BlockValues values, int rows, bool isUtc = false)
    {
        (Values, IsUtc) = (values, isUtc);
        integers = integers.Length >= rows ? integers : new long[rows];
        missing = missing.Length >= rows ? missing : new bool[rows];
        return (integers, missing);
    }

    /// <summary>Makes room for texts.</summary>
    public string?[] StartTexts(int rows)
    {
        Values = BlockValues.Texts;
        return texts = texts.Length >= rows ? texts : new string?[rows];
    }
}
