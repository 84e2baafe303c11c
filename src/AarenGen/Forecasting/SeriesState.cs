using System.ComponentModel;
using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// The state of a stream of records of one series: of its model, the interval that is not complete, the values known ahead, and the last
/// forecast. <see cref="ForecastModel{TSelf, TRecord, TForecast}.CreateSeriesState"/> creates it; one thread at a time may use it.
/// </summary>
/// <remarks>
/// Its size is constant, however long the stream is: <see cref="ModelDescription.StateBytes"/> for the model's layers; four bytes for
/// each output; eight for each value known ahead of horizon + 1 intervals; some 30 bytes for each value of a record; and some 400 bytes.
/// </remarks>
/// <typeparam name="TModel">The model that the state belongs to.</typeparam>
public sealed class SeriesState<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly StreamState<TModel> stream;

    /// <exception cref="ArgumentException">The model has statistics of each series, and the key cannot name one.</exception>
    internal SeriesState(ForecastLayout layout, string key)
    {
        Core = new(layout, key);
        stream = new(layout.StatisticsOf(key));
    }

    /// <summary>The series' key; empty where records have none.</summary>
    public string Key => Core.Key;

    /// <summary>Complete intervals since the start or the last <see cref="Reset"/>.</summary>
    public long TokenCount => stream.TokenCount;

    /// <summary>The beginning of the last complete interval, in UTC; null before the first.</summary>
    public DateTimeOffset? LastInterval => TokenCount == 0 ? null : Core.Layout.Grid.StartOf(Core.Next - 1);

    internal SeriesCore Core { get; }

    /// <summary>Forgets all records, so that the state is like a new one.</summary>
    public void Reset()
    {
        stream.Reset();
        Core.Reset();
    }

    /// <summary>Makes <paramref name="destination"/> a copy of this state, so that both can continue independently.</summary>
    /// <param name="destination">A state of the same series.</param>
    /// <exception cref="ArgumentNullException"><paramref name="destination"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is of another series.</exception>
    public void CopyTo(SeriesState<TModel> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (destination.Key != Key)
        {
            throw new ArgumentException($"This state is of the series '{Key}', not of '{destination.Key}'.", nameof(destination));
        }
        stream.CopyTo(destination.stream);
        Core.CopyTo(destination.Core);
    }

    /// <summary>Writes the state to a file, replacing it atomically, with fingerprints of the declaration and a checksum.</summary>
    /// <param name="path">The file. If it is a symbolic link, its target is written. An existing file keeps its mode.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">The state is not finite: weights overflowed. The file is as it was.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes the state to a stream, with fingerprints of the declaration and a checksum.</summary>
    /// <param name="stream">
    /// The stream; it need not seek. The state is written at its position; afterwards it is at the byte after the state, where another may
    /// follow. The caller flushes and disposes it.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The state is not finite: weights overflowed. Nothing was written.</exception>
    /// <exception cref="IOException">The stream cannot be written. Part of the state may have been.</exception>
    public void Save(Stream stream)
    {
        Arguments.CheckWritable(stream);
        stream.Write(SeriesSnapshot.Write(Core, this.stream));
    }

    /// <summary>Replaces this state by one of the same series that was saved in a file. On any error the state stays as it was.</summary>
    /// <remarks>
    /// As of <see cref="StreamState{TModel}.Load(string)"/>, weights and statistics are not compared: continue the stream with the model
    /// that began it.
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, holds a state that is not finite, belongs to another series, to a model with another declaration or to another
    /// type of records, or is no state of a series at all.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public void Load(string path) => InputFile.Read(path, Load);

    /// <summary>Replaces this state by one of the same series that was saved in a stream. On any error the state stays as it was.</summary>
    /// <param name="stream">
    /// The stream, at the state's first byte; it need not seek. Afterwards it is at the byte after the state. After an exception its
    /// position is unspecified. The caller disposes it.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ModelFileException">As for <see cref="Load(string)"/>.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void Load(Stream stream)
    {
        Arguments.CheckReadable(stream);
        SeriesState<TModel> read = SeriesSnapshot.Read<TModel>(stream, Core.Layout, out _);
        if (read.Key != Key)
        {
            throw new ModelFileException(
                $"The saved state is of the series '{read.Key}', not of '{Key}'; load it into a state of that one.");
        }
        read.CopyTo(this);
    }

    internal StreamState<TModel> Stream => stream;

    /// <summary>Takes a record; returns whether the model gave an output.</summary>
    /// <exception cref="RecordException">A record is wrong. The state is as it was.</exception>
    internal bool Step<TRecord, TBinding>(TModel model, TRecord record, ReadOnlySpan<TRecord> ahead)
        where TBinding : IRecordBinding<TRecord>
    {
        ForecastLayout layout = Core.Layout;
        Standardizer? standardizer = model.ScalesOf(stream);
        long ticks = TimeOf<TRecord, TBinding>(record), interval = Core.IntervalOf(ticks);
        RecordScratch scratch = RecordScratch.Own;
        Span<double> values = scratch.Values(layout.Columns.Length);
        TBinding.GetValues(record, values);
        layout.CheckValues(Key, ticks, values, standardizer, standardizer is not null);
        if (!layout.Task.IsAggregated && Core.HasBegun && interval == Core.Next)
        {
            return StepNext<TRecord, TBinding>(model, ticks, values, ahead, standardizer, scratch);
        }
        bool isAggregated = layout.Task.IsAggregated;
        if (isAggregated && Core.IsOpen && interval == Core.Next)
        {
            Core.CheckSums(ticks, values, standardizer);
        }
        AheadIntervals known = ReadAhead<TRecord, TBinding>(ticks, interval, values, ahead, standardizer, scratch);

        // Everything is valid: from here on the state changes.
        if (!Core.HasBegun)
        {
            Core.Begin(interval);
        }
        // The record's own values are known ahead in the empty intervals before it, as in training.
        Core.Feed(interval, known, interval);
        bool hasOutput = false;
        if (Core.Next < interval || !isAggregated)
        {
            Core.BeginJudgement();
        }
        while (Core.Next < interval)
        {
            hasOutput |= Complete(model, scratch);
            Core.Feed(interval, known, Core.Next + layout.Horizon);
        }
        Core.Add(values);
        if (!isAggregated)
        {
            hasOutput |= Complete(model, scratch);
        }
        return hasOutput;
    }

    /// <summary>Completes the intervals that ended until a moment; returns whether the model gave an output.</summary>
    internal bool Advance(TModel model, DateTimeOffset now)
    {
        long ticks = now.UtcTicks;
        if (!Core.HasBegun || ticks < Core.End)
        {
            return false;
        }
        if (ticks > Core.Layout.MaxTicks || Core.Layout.Grid.IndexOf(now) - Core.Next - (Core.IsOpen ? 1 : 0) > Core.Layout.MaxGap)
        {
            throw new ArgumentOutOfRangeException(
                nameof(now), now, FormattableString.Invariant(
                    $"Until then more than {Core.Layout.MaxGap} intervals have no record; correct the time, or set MaxGap of [Forecast]."));
        }
        bool hasOutput = false;
        Core.BeginJudgement();
        while (Core.End <= ticks)
        {
            hasOutput |= Complete(model, RecordScratch.Own);
        }
        return hasOutput;
    }

    /// <summary>The next record of a stream without a gap, where a record is an interval: what happens in nearly every step.</summary>
    private bool StepNext<TRecord, TBinding>(
        TModel model, long ticks, Span<double> values, ReadOnlySpan<TRecord> ahead, Standardizer? standardizer, RecordScratch scratch)
        where TBinding : IRecordBinding<TRecord>
    {
        ForecastLayout layout = Core.Layout;
        if (layout.KnownCount > 0 && ahead.Length > 0)
        {
            FeedAhead<TRecord, TBinding>(ticks, ahead, standardizer, scratch);
        }
        Core.BeginJudgement();
        Span<float> token = scratch.Token(layout.Description.InputWidth);
        Core.Complete(values, token);
        return StepToken(model, token, scratch);
    }

    /// <summary>Takes over the values known ahead of the next record, where a record is an interval, once all of them are valid.</summary>
    private void FeedAhead<TRecord, TBinding>(
        long ticks, ReadOnlySpan<TRecord> ahead, Standardizer? standardizer, RecordScratch scratch)
        where TBinding : IRecordBinding<TRecord>
    {
        ForecastLayout layout = Core.Layout;
        int width = layout.Columns.Length, max = Math.Min(ahead.Length, layout.Horizon), count = 0;
        Span<double> memory = scratch.Added(width * (max + 1));
        Span<int> offsets = scratch.Counts(max);
        long before = ticks, end = Core.End;
        foreach (TRecord record in ahead)
        {
            long time = CheckAhead<TRecord, TBinding>(record, before);
            before = time;
            if (time < end)
            {
                throw new RecordException(RecordGrid.SecondRecord(layout, Key, time));
            }
            layout.CheckTime(Key, time);
            long interval = Core.FindInterval(time), offset = interval - Core.Next;
            if (offset > layout.Horizon)
            {
                break;
            }
            end = Core.FindEnd(interval);
            Span<double> values = memory.Slice(count * width, width);
            TBinding.GetValues(record, values);
            layout.CheckKnown(Key, time, values, standardizer);
            offsets[count++] = (int)offset;
        }
        for (int i = 0; i < count; i++)
        {
            for (int k = 0; k < layout.KnownCount; k++)
            {
                double value = memory[i * width + layout.FirstKnownColumn + k];
                if (!double.IsNaN(value))
                {
                    // As the mean of one value, so that −0 is 0.
                    Core.Feed(offsets[i], k, value + 0.0);
                }
            }
        }
    }

    private bool Complete(TModel model, RecordScratch scratch)
    {
        Span<float> token = scratch.Token(Core.Layout.Description.InputWidth);
        Core.Complete(token);
        return StepToken(model, token, scratch);
    }

    /// <summary>Steps the model. All numbers of a token were checked when they came, in records or in a saved state.</summary>
    private bool StepToken(TModel model, ReadOnlySpan<float> token, RecordScratch scratch)
    {
        if (Core.Layout.AlwaysHasOutput)
        {
            model.StepChecked(stream, token, Core.BeginOutput());
            return true;
        }
        Span<float> output = scratch.Output(Core.Layout.Description.OutputWidth);
        model.StepChecked(stream, token, output);
        if (stream.HasOutput)
        {
            Core.SetOutput(output);
        }
        return stream.HasOutput;
    }

    /// <summary>The time of a record known ahead.</summary>
    private long CheckAhead<TRecord, TBinding>(TRecord record, long before) where TBinding : IRecordBinding<TRecord>
    {
        long time = TimeOf<TRecord, TBinding>(record);
        return time >= before ? time : throw new RecordException(
            $"{ForecastLayout.Where(Key, time)}, one of those known ahead, lies before the record before it, of "
            + $"{ForecastLayout.Time(before)}; sort the records by time, as with OrderBy(r => r.Time).");
    }

    private long TimeOf<TRecord, TBinding>(TRecord record) where TBinding : IRecordBinding<TRecord>
    {
        if (record is null)
        {
            throw new RecordException("A record is null; leave it out.");
        }
        long ticks = TBinding.GetTime(record).UtcTicks;
        if (!TBinding.HasKey(record, Key))
        {
            throw new RecordException(
                $"{ForecastLayout.Where(TBinding.GetKey(record), ticks)} came to the state of the series {TableException.Quote(Key)}; "
                + "each series has a state of its own.");
        }
        return ticks;
    }

    /// <summary>The values known ahead of the record's interval and those after it, as far as there are.</summary>
    private AheadIntervals ReadAhead<TRecord, TBinding>(
        long ticks, long interval, ReadOnlySpan<double> own, ReadOnlySpan<TRecord> ahead, Standardizer? standardizer, RecordScratch scratch)
        where TBinding : IRecordBinding<TRecord>
    {
        ForecastLayout layout = Core.Layout;
        if (layout.KnownCount == 0)
        {
            return default;
        }
        // The record's own values must stay, so that those of others come beside them.
        int columns = layout.Columns.Length, length = layout.KnownCount * layout.KnownLength;
        Span<double> memory = scratch.Added(columns + length), values = memory[..columns];
        Span<int> numbers = scratch.Counts(length + layout.KnownLength);
        AheadIntervals known = new(layout, memory[columns..], numbers[..length], numbers[length..]);
        bool isOpen = Core.IsOpen && interval == Core.Next;
        if (!isOpen)
        {
            known.Begin(0);
            known.Add(Key, ticks, own, standardizer);
        }
        long before = ticks, end = long.MinValue, current = interval;
        foreach (TRecord record in ahead)
        {
            long time = CheckAhead<TRecord, TBinding>(record, before);
            before = time;
            bool isSame = time < end;
            if (!isSame)
            {
                layout.CheckTime(Key, time);
                current = Core.FindInterval(time);
                end = Core.FindEnd(current);
            }
            if (current - interval > layout.Horizon)
            {
                // Intervals up to this one that have no record are known to have none.
                if (layout.HasKnownCounts)
                {
                    known.Begin(layout.Horizon);
                }
                break;
            }
            if (!layout.Task.IsAggregated && (isSame || current == interval))
            {
                throw new RecordException(RecordGrid.SecondRecord(layout, Key, time));
            }
            // Of an open interval there were records before, which these are only a part of.
            if (current > interval || !isOpen)
            {
                TBinding.GetValues(record, values);
                known.Begin((int)(current - interval));
                known.Add(Key, time, values, standardizer);
            }
        }
        known.Complete();
        return known;
    }
}
