namespace AarenGen;

/// <summary>
/// A record as a service keeps it: words of 64 bits, as many for each record of a model. First flags, the time in ticks of UTC, and a
/// double for each column, as <see cref="IRecordBinding{TRecord}.GetValues"/> gives them; then what the task adds.
/// </summary>
/// <param name="words">The words of some records.</param>
/// <param name="start">Where the record begins: at its time.</param>
/// <param name="firstColumn">The column of its first value.</param>
/// <param name="count">How many values it has; those of all other columns are missing.</param>
internal readonly struct EncodedRecord(long[] words, int start, int firstColumn, int count)
{
    /// <summary>Where the words of a record have its flags, its time and its values.</summary>
    public const int FlagsWord = 0, TimeWord = 1, FirstValueWord = 2;

    /// <summary>A record with values for all columns, at the beginning of words.</summary>
    public EncodedRecord(long[] words, int columns) : this(words, TimeWord, 0, columns)
    {
    }

    public EncodedFlags Flags => (EncodedFlags)words[FlagsWord];

    /// <summary>Whether words are those of an advance, and not of a record.</summary>
    public static bool IsAdvance(ReadOnlySpan<long> words) => ((EncodedFlags)words[FlagsWord] & EncodedFlags.IsAdvance) != 0;

    /// <summary>Writes the words of an advance, of a moment in ticks of UTC.</summary>
    public static void WriteAdvance(Span<long> words, long ticks)
    {
        words.Clear();
        (words[FlagsWord], words[TimeWord]) = ((long)EncodedFlags.IsAdvance, ticks);
    }

    public long Ticks => words[start];

    /// <summary>All words of the record, and what the task adds.</summary>
    public long[] Words => words;

    public void CopyValues(Span<double> values)
    {
        values.Fill(double.NaN);
        for (int i = 0; i < count; i++)
        {
            values[firstColumn + i] = BitConverter.Int64BitsToDouble(words[start + 1 + i]);
        }
    }
}

[Flags]
internal enum EncodedFlags : long
{
    None = 0,

    /// <summary>There is no record: intervals that ended until the time are completed.</summary>
    IsAdvance = 1,

    /// <summary>An episode begins, with a target.</summary>
    BeginsEpisode = 2,

    /// <summary>Another action was taken than the one that was decided.</summary>
    HasAction = 4,

    /// <summary>The reward of the last action is told.</summary>
    HasReward = 8,
}

/// <summary>How the library reads encoded records: what is wrong with one alone was found when it was encoded.</summary>
internal abstract class EncodedBinding<TModel, TRecord> : IRecordBinding<EncodedRecord> where TModel : IRecordBinding<TRecord>
{
    public static IReadOnlyList<RecordColumn> Columns => TModel.Columns;

    public static bool HasTime => TModel.HasTime;

    public static string GetKey(EncodedRecord record) => "";

    public static bool HasKey(EncodedRecord record, string key) => true;

    public static DateTimeOffset GetTime(EncodedRecord record) => new(record.Ticks, TimeSpan.Zero);

    public static void GetValues(EncodedRecord record, Span<double> values) => record.CopyValues(values);

    public static object? GetValue(EncodedRecord record, int column)
    {
        Span<double> values = new double[TModel.Columns.Count];
        record.CopyValues(values);
        return values[column];
    }
}
