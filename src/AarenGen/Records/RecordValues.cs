using System.ComponentModel;
using System.Globalization;
using System.Numerics;

namespace AarenGen;

/// <summary>What generated bindings of records share: categories, keys, times and their errors. Not meant for other code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RecordValues
{
    private const int MaxDigits = 20;

    /// <summary>The number of a category; infinity where it is out of range.</summary>
    /// <param name="value">The value.</param>
    /// <param name="cardinality">The number of categories.</param>
    public static double Category(long value, int cardinality) => (ulong)value < (ulong)cardinality ? value : double.PositiveInfinity;

    /// <summary>The number of a category; infinity where it is out of range.</summary>
    /// <param name="value">The value.</param>
    /// <param name="cardinality">The number of categories.</param>
    public static double Category(ulong value, int cardinality) => value < (ulong)cardinality ? value : double.PositiveInfinity;

    /// <summary>The whole numbers from 0 on.</summary>
    /// <param name="count">How many.</param>
    /// <typeparam name="TNumber">Their type, which holds them.</typeparam>
    public static TNumber[] WholeNumbers<TNumber>(int count) where TNumber : INumber<TNumber> =>
        [.. Enumerable.Range(0, count).Select(TNumber.CreateChecked)];

    /// <summary>Whether a whole number is written as a text; without allocation.</summary>
    /// <param name="value">The number.</param>
    /// <param name="text">The text.</param>
    public static bool AreSame(long value, string text)
    {
        Span<char> digits = stackalloc char[MaxDigits];
        return value.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture) && digits[..length].SequenceEqual(text);
    }

    /// <summary>Whether a whole number is written as a text; without allocation.</summary>
    /// <param name="value">The number.</param>
    /// <param name="text">The text.</param>
    public static bool AreSame(ulong value, string text)
    {
        Span<char> digits = stackalloc char[MaxDigits];
        return value.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture) && digits[..length].SequenceEqual(text);
    }

    /// <summary>A time that says its zone.</summary>
    /// <param name="record">The record.</param>
    /// <param name="time">Its time.</param>
    /// <param name="property">The time's property.</param>
    /// <typeparam name="TBinding">The binding.</typeparam>
    /// <typeparam name="TRecord">The type of the record.</typeparam>
    /// <returns>The same moment.</returns>
    /// <exception cref="RecordException">The time's kind is <see cref="DateTimeKind.Unspecified"/>.</exception>
    public static DateTimeOffset Utc<TBinding, TRecord>(TRecord record, DateTime time, string property)
        where TBinding : IRecordBinding<TRecord> => time.Kind != DateTimeKind.Unspecified ? new(time) : throw new RecordException(
            string.Create(CultureInfo.InvariantCulture,
                $"{property} of a record{OfSeries(TBinding.GetKey(record))} is {time:yyyy-MM-ddTHH:mm:ss.FFFFFFF}, without a zone; "
                + $"make it UTC by DateTime.SpecifyKind, or make {property} a DateTimeOffset."));

    /// <summary>A record without its series' key.</summary>
    /// <param name="property">The key's property.</param>
    /// <returns>The exception, to be thrown.</returns>
    public static RecordException NoKey(string property) =>
        new($"{property} of a record is null, but says which series the record belongs to; give each record a key.");

    /// <summary>The mistake of a value that cannot be used.</summary>
    /// <param name="record">The record.</param>
    /// <param name="column">The value's column.</param>
    /// <typeparam name="TBinding">The binding.</typeparam>
    /// <typeparam name="TRecord">The type of the record.</typeparam>
    internal static RecordException Unusable<TBinding, TRecord>(TRecord record, int column) where TBinding : IRecordBinding<TRecord>
    {
        RecordColumn declared = TBinding.Columns[column];
        int categories = declared.Cardinality - (declared.HasMissingCategory ? 1 : 0);
        string shown = TableException.Quote(Convert.ToString(TBinding.GetValue(record, column), CultureInfo.InvariantCulture));
        string mistake = categories > 0
            ? string.Create(CultureInfo.InvariantCulture, $"is none of its {categories} categories; declare it, or leave the record out")
            : "is not finite as a float; use null or NaN where a value is missing";
        return new(string.Create(CultureInfo.InvariantCulture,
            $"{declared.Name} of a record{OfSeries(TBinding.GetKey(record))}{AtTime<TBinding, TRecord>(record)} is {shown}, which "
            + $"{mistake}."));
    }

    private static string AtTime<TBinding, TRecord>(TRecord record) where TBinding : IRecordBinding<TRecord> => !TBinding.HasTime ? ""
        : string.Create(CultureInfo.InvariantCulture, $" at {TBinding.GetTime(record):yyyy-MM-ddTHH:mm:ss.FFFFFFFK}");

    private static string OfSeries(string key) => key.Length == 0 ? "" : $" of the series {TableException.Quote(key)}";
}
