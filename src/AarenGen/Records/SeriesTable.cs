using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AarenGen;

/// <summary>Where the records of a series have come to.</summary>
internal abstract class SeriesPosition(string key)
{
    public string Key { get; } = key;

    /// <summary>The time of the last record, in ticks of UTC.</summary>
    public long Ticks { get; set; } = long.MinValue;
}

/// <summary>Finds the series of records that come mixed, and checks that those of a series are in the order of time.</summary>
/// <param name="layout">Says which keys may be.</param>
/// <param name="create">Makes the series of a new key.</param>
internal sealed class SeriesTable<TSeries>(RecordLayout layout, Func<string, TSeries> create) where TSeries : SeriesPosition
{
    private readonly Dictionary<string, TSeries> byKey = new(StringComparer.Ordinal);
    private readonly List<TSeries> all = [];
    private TSeries? last;

    /// <summary>The series, in the order in which their first records came.</summary>
    public IReadOnlyList<TSeries> All => all;

    /// <summary>The series of a key, which has records.</summary>
    public TSeries this[string key] => byKey[key];

    /// <summary>Records so far: the number of the last one in messages.</summary>
    public long Number { get; private set; }

    /// <summary>Takes the next record; returns its series, at its time.</summary>
    /// <exception cref="RecordException">It is null, lies before the record before it, or has a key that cannot be.</exception>
    public TSeries Find<TRecord, TBinding>([NotNull] TRecord record) where TBinding : IRecordBinding<TRecord>
    {
        Number++;
        if (record is null)
        {
            throw new RecordException(string.Create(CultureInfo.InvariantCulture, $"Record {Number} is null; leave it out."));
        }
        string key = last is not null && TBinding.HasKey(record, last.Key) ? last.Key : TBinding.GetKey(record);
        if (!ReferenceEquals(last?.Key, key) && !byKey.TryGetValue(key, out last))
        {
            if (!layout.CanName(key))
            {
                long? time = TBinding.HasTime ? TBinding.GetTime(record).UtcTicks : null;
                throw new RecordException($"{RecordLayout.Where(key, time)} has a key that cannot be used: {SeriesName.Rule}.");
            }
            byKey.Add(key, last = create(key));
            all.Add(last);
        }
        if (TBinding.HasTime)
        {
            long ticks = TBinding.GetTime(record).UtcTicks;
            if (ticks < last.Ticks)
            {
                throw new RecordException(
                    $"{RecordLayout.Where(key, ticks)} (number {Number.ToString(CultureInfo.InvariantCulture)}) "
                    + RecordLayout.OutOfOrder(last.Ticks));
            }
            last.Ticks = ticks;
        }
        return last;
    }
}
