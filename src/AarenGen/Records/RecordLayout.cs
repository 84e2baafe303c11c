using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace AarenGen;

/// <summary>Where the values of records stand in the tokens of a model with a task: what all tasks share. Immutable.</summary>
internal abstract class RecordLayout
{
    /// <summary>Of each category: their number, below 0 where the last one is that of missing values.</summary>
    private readonly int[] cardinalities;

    /// <summary>Of each <see cref="RecordUse"/>: the columns that it reads, and the others.</summary>
    private readonly (int[] Read, int[] Unread)[] uses;

    private byte[]? fingerprint;

    /// <summary>0: not known yet. A number that is null or not could be read half written by another thread.</summary>
    private int savedBytes;

    /// <param name="columns">The values of a record: numbers, then categories.</param>
    /// <param name="description">The model.</param>
    protected RecordLayout(IReadOnlyList<RecordColumn> columns, ModelDescription description)
    {
        Columns = [.. columns];
        Description = description;
        FirstCategoryColumn = Columns.TakeWhile(static c => c.Cardinality == 0).Count();
        cardinalities = [.. Columns[FirstCategoryColumn..].Select(static c => c.HasMissingCategory ? -c.Cardinality : c.Cardinality)];
        ILookup<bool, int> ColumnsOf(RecordUse use) => Enumerable.Range(0, Columns.Length).ToLookup(c => Reads(use, Columns[c].Role));
        uses = [.. Enum.GetValues<RecordUse>().Select(ColumnsOf).Select(static c => (c[true].ToArray(), c[false].ToArray()))];
        AlwaysHasOutput = description.Tokens is { PatchLength: 1, PatchStride: 1 };
    }

    public ModelDescription Description { get; }

    /// <summary>The values of a record, in the order of their roles.</summary>
    public RecordColumn[] Columns { get; }

    /// <summary>The column of the first category, in records; those before it are numbers.</summary>
    public int FirstCategoryColumn { get; }

    /// <summary>Whether the model gives an output after each token.</summary>
    public bool AlwaysHasOutput { get; }

    /// <summary>What decides how records are read, beside the columns: equal texts of equal models read them in the same way.</summary>
    public abstract string Facts { get; }

    /// <summary>Identifies the task: 64 digits, equal for tasks that read the same records in the same way.</summary>
    public ReadOnlySpan<byte> Fingerprint => fingerprint ??= Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(Facts + string.Concat(Columns.Select(static c => string.Create(
            CultureInfo.InvariantCulture, $"\n{c.Name} {c.Role} {c.Aggregation} {c.Cardinality} {c.HasMissingCategory}")))))));

    /// <summary>Bytes that the core of a series writes into a saved state.</summary>
    public int SavedBytes => savedBytes > 0 ? savedBytes : savedBytes = CreateCore("").SavedBytes;

    /// <summary>Makes what the state of a series has beside that of the model's layers.</summary>
    public abstract SeriesCore CreateCore(string key);

    /// <summary>The series whose statistics scale the records of a key; null: those of all data do.</summary>
    /// <exception cref="ArgumentException">The model has statistics of each series, and the key cannot name one.</exception>
    public string? StatisticsOf(string key) => !CanName(key) ? throw SeriesName.Error("The key cannot be used: ", nameof(key))
        : Description.IsPerSeries && key.Length > 0 ? key : null;

    /// <summary>Whether a key can name a series in the model's files, where these have statistics of each series.</summary>
    public bool CanName(string key) => !Description.IsPerSeries || key.Length == 0 || SeriesName.IsValid(key);

    /// <summary>The message of a mistake in a record, or in what else may have a time.</summary>
    public static string Where(string key, long? ticks, string what = "record") => string.Create(
        CultureInfo.InvariantCulture,
        $"The {what}{(key.Length == 0 ? "" : $" of the series {TableException.Quote(key)}")}{(ticks is { } t ? $" at {Time(t)}" : "")}");

    /// <summary>The end of the message of a record that lies before the one before it.</summary>
    public static string OutOfOrder(long before) => $"lies before the record before it, of {Time(before)}; sort the records by time, as "
        + "with OrderBy(r => r.Time).";

    /// <summary>The mistake of a record that came to the state of another series.</summary>
    public static RecordException OtherSeries(string key, long? ticks, string expected) => new(
        $"{Where(key, ticks)} came to the state of the series {TableException.Quote(expected)}; each series has a state of its own.");

    /// <summary>A moment in messages.</summary>
    public static string Time(long ticks) => new DateTime(ticks).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Reads the values of a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="use">What for.</param>
    /// <param name="values">[Columns]: filled; NaN: missing, or not read.</param>
    /// <exception cref="RecordException">A category is none of the declared ones, or a number is not finite as a float.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReadValues<TRecord, TBinding>(TRecord record, RecordUse use, Span<double> values)
        where TBinding : IRecordBinding<TRecord>
    {
        TBinding.GetValues(record, values);
        if (TakeOut(use, values) is >= 0 and var column)
        {
            throw RecordValues.Unusable<TBinding, TRecord>(record, column);
        }
    }

    /// <summary>Makes unread values missing; returns the first of the others that is infinite as a float, -1 where none is.</summary>
    private int TakeOut(RecordUse use, Span<double> values)
    {
        (int[] read, int[] unread) = uses[(int)use];
        foreach (int column in unread)
        {
            values[column] = double.NaN;
        }
        foreach (int column in read)
        {
            if (float.IsInfinity((float)values[column]))
            {
                return column;
            }
        }
        return -1;
    }

    /// <summary>
    /// Checks the values of a record, and gives missing categories the number of the category of missing values.
    /// </summary>
    /// <param name="key">The record's series.</param>
    /// <param name="ticks">Its time; null: it has none.</param>
    /// <param name="values">Its values.</param>
    /// <param name="standardizer">Standardises tokens; null where nothing does, or it is not known yet.</param>
    /// <param name="isScaled">Whether tokens are standardised.</param>
    /// <exception cref="RecordException">A value is infinite or too large, or a category is missing or out of range.</exception>
    public void CheckValues(string key, long? ticks, Span<double> values, Standardizer? standardizer, bool isScaled)
    {
        Span<double> numbers = values[..FirstCategoryColumn], categories = values.Slice(FirstCategoryColumn, cardinalities.Length);
        // Most numbers are far within all bounds, whatever their column.
        float surelyValid = standardizer?.SurelyValid ?? Arguments.LargestTokenNumber;
        for (int c = 0; c < numbers.Length; c++)
        {
            if (!(Math.Abs(numbers[c]) <= surelyValid) && !double.IsNaN(numbers[c])
                && !IsTokenNumber(numbers[c], c, standardizer, isScaled))
            {
                throw BadNumber(key, ticks, c, numbers[c], isScaled);
            }
        }
        for (int c = 0; c < categories.Length; c++)
        {
            int cardinality = Math.Abs(cardinalities[c]);
            if (double.IsNaN(categories[c]) && cardinalities[c] < 0)
            {
                categories[c] = cardinality - 1;
            }
            double category = categories[c];
            if (!(category >= 0 && category < cardinality && (int)category == category))
            {
                if (double.IsNaN(category) && Columns[FirstCategoryColumn + c].Role is RecordRole.Label or RecordRole.Action)
                {
                    // It is unknown, as it is in most streams.
                    continue;
                }
                throw BadCategory(key, ticks, FirstCategoryColumn + c, category);
            }
        }
    }

    /// <summary>Checks the numbers of a token that are no values of its record.</summary>
    /// <exception cref="RecordException">The model may not have one.</exception>
    public virtual void CheckToken(string key, long? ticks, ReadOnlySpan<float> token, Standardizer? standardizer)
    {
    }

    /// <summary>The mistake of a number that a token may not hold.</summary>
    public RecordException BadNumber(string key, long? ticks, int column, double value, bool isScaled, string what = "record") => new(
        string.Create(
            CultureInfo.InvariantCulture, $"{Where(key, ticks, what)} makes {Columns[column].Name} {value:G9}; numbers must be finite ")
        + $"and{(isScaled ? ", once standardised," : "")} from -1e15 to 1e15. Correct it, or make it null where it is missing.");

    private RecordException BadCategory(string key, long? ticks, int column, double value) => new(double.IsNaN(value)
        ? $"{Where(key, ticks)} has no {Columns[column].Name}; fill it, or make the property nullable: missing values are then a "
            + "category of their own."
        : string.Create(CultureInfo.InvariantCulture, $"{Where(key, ticks)} has {value} as {Columns[column].Name}, which must ")
            + $"be a whole number from 0 to {Columns[column].Cardinality - 1}.");

    /// <summary>Whether tokens may hold a number of a column.</summary>
    public abstract bool IsTokenNumber(double value, int column, Standardizer? standardizer, bool isScaled);

    /// <summary>Whether tokens may hold a number, in columns that each stand alone.</summary>
    protected static bool IsTokenNumber(float number, int tokenColumn, int count, Standardizer? standardizer, bool isScaled) =>
        standardizer?.IsTokenNumber(number, tokenColumn, count)
            ?? (float.IsFinite(number) && (isScaled || Math.Abs(number) <= Arguments.LargestTokenNumber));

    private static bool Reads(RecordUse use, RecordRole role) => use switch
    {
        RecordUse.Training => true,
        RecordUse.Input => role is not (RecordRole.Label or RecordRole.Action or RecordRole.Reward),
        RecordUse.Ahead => role == RecordRole.KnownAhead,
        _ => role == RecordRole.Action,
    };

    protected int Count(RecordRole role) => Columns.Count(c => c.Role == role);
}
