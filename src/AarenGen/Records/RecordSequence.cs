using System.Runtime.InteropServices;

namespace AarenGen;

/// <summary>The records of a series, for tasks in which each of them is a token.</summary>
internal sealed class RecordSequence(string key, int columns, Standardizer? standardizer) : SeriesPosition(key)
{
    private readonly Standardizer? standardizer = standardizer;
    private readonly List<double> values = [];
    private readonly List<long> times = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The times of all, in ticks of UTC; empty where they have none.</summary>
    public ReadOnlySpan<long> Times => CollectionsMarshal.AsSpan(times);

    /// <summary>The values of a record, as its binding gives them.</summary>
    public ReadOnlySpan<double> Values(int record) => CollectionsMarshal.AsSpan(values).Slice(record * columns, columns);

    /// <summary>How many records lie before a moment.</summary>
    public int CountBefore(long ticks)
    {
        int found = Times.BinarySearch(new Earlier(ticks));
        return found < 0 ? ~found : found;
    }

    /// <summary>The first record from a moment on that has one before it.</summary>
    public int FirstScored(long ticks) => Math.Max(1, CountBefore(ticks));

    /// <summary>What a message calls a record.</summary>
    public string Where(int record) => RecordLayout.Where(Key, times.Count == 0 ? null : times[record])
        + FormattableString.Invariant($", number {record + 1} of its sequence");

    /// <summary>Reads records to their end, a sequence for each key.</summary>
    /// <param name="records">The records.</param>
    /// <param name="layout">The layout of tokens.</param>
    /// <param name="standardizer">Standardises tokens; null where nothing does, or the statistics are not known yet.</param>
    /// <param name="use">What they are read for.</param>
    /// <returns>The sequences, in the order in which their first records came.</returns>
    /// <exception cref="RecordException">A record is wrong; the message names it, its series and time, and the fix.</exception>
    public static IReadOnlyList<RecordSequence> Read<TRecord, TBinding>(
        IEnumerable<TRecord> records, RecordLayout layout, Standardizer? standardizer = null, RecordUse use = RecordUse.Training)
        where TBinding : IRecordBinding<TRecord>
    {
        int columns = layout.Columns.Length;
        var table = new SeriesTable<RecordSequence>(layout, key => new(key, columns, standardizer?.Of(layout.StatisticsOf(key))));
        var read = new double[columns];
        bool isScaled = layout.Description.Standardization is not null;
        foreach (TRecord record in records)
        {
            RecordSequence sequence = table.Find<TRecord, TBinding>(record);
            layout.ReadValues<TRecord, TBinding>(record, use, read);
            layout.CheckValues(sequence.Key, TBinding.HasTime ? sequence.Ticks : null, read, sequence.standardizer, isScaled);
            sequence.values.AddRange(read);
            sequence.Count++;
            if (TBinding.HasTime)
            {
                sequence.times.Add(sequence.Ticks);
            }
        }
        return table.All;
    }

    /// <summary>Finds how many times lie before a moment.</summary>
    private readonly struct Earlier(long end) : IComparable<long>
    {
        public int CompareTo(long time) => time < end ? 1 : -1;
    }
}
