namespace AarenGen;

/// <summary>Takes the records of a stream of forecasts.</summary>
/// <param name="state">The series.</param>
internal readonly struct ForecastStream<TModel>(SeriesState<TModel> state) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    public ForecastCore Core { get; } = (ForecastCore)state.Core;

    /// <summary>Takes a record; returns whether the model gave an output.</summary>
    /// <exception cref="RecordException">A record is wrong. The state is as it was.</exception>
    public bool Step<TRecord, TBinding>(TModel model, TRecord record, ReadOnlySpan<TRecord> ahead)
        where TBinding : IRecordBinding<TRecord>
    {
        ForecastLayout layout = Core.Layout;
        model.CheckWeights(state.Stream);
        Standardizer? standardizer = model.ScalesOf(state.Stream);
        long ticks = TimeOf<TRecord, TBinding>(record), interval = Core.IntervalOf(ticks);
        RecordScratch scratch = RecordScratch.Own;
        Span<double> values = scratch.Values(layout.Columns.Length);
        layout.ReadValues<TRecord, TBinding>(record, RecordUse.Input, values);
        layout.CheckValues(Core.Key, ticks, values, standardizer, standardizer is not null);
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
    public bool Advance(TModel model, DateTimeOffset now)
    {
        long ticks = now.UtcTicks;
        if (!Core.HasBegun || ticks < Core.End)
        {
            return false;
        }
        model.CheckWeights(state.Stream);
        if (Core.FindMistake(ticks) is { } mistake)
        {
            throw new ArgumentOutOfRangeException(nameof(now), now, mistake);
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
                throw new RecordException(RecordGrid.SecondRecord(layout, Core.Key, time));
            }
            layout.CheckTime(Core.Key, time);
            long interval = Core.FindInterval(time), offset = interval - Core.Next;
            if (offset > layout.Horizon)
            {
                break;
            }
            end = Core.FindEnd(interval);
            Span<double> values = memory.Slice(count * width, width);
            layout.ReadValues<TRecord, TBinding>(record, RecordUse.Ahead, values);
            layout.CheckKnown(Core.Key, time, values, standardizer);
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
            model.StepChecked(state.Stream, token, Core.BeginOutput());
            return true;
        }
        Span<float> output = scratch.Output(Core.Layout.Description.OutputWidth);
        model.StepChecked(state.Stream, token, output);
        if (state.Stream.HasOutput)
        {
            Core.SetOutput(output);
        }
        return state.Stream.HasOutput;
    }

    /// <summary>The time of a record known ahead.</summary>
    private long CheckAhead<TRecord, TBinding>(TRecord record, long before) where TBinding : IRecordBinding<TRecord>
    {
        long time = TimeOf<TRecord, TBinding>(record);
        return time >= before ? time : throw new RecordException(
            $"{RecordLayout.Where(Core.Key, time)}, one of those known ahead, lies before the record before it, of "
            + $"{RecordLayout.Time(before)}; sort the records by time, as with OrderBy(r => r.Time).");
    }

    private long TimeOf<TRecord, TBinding>(TRecord record) where TBinding : IRecordBinding<TRecord>
    {
        if (record is null)
        {
            throw new RecordException("A record is null; leave it out.");
        }
        long ticks = TBinding.GetTime(record).UtcTicks;
        if (!TBinding.HasKey(record, Core.Key))
        {
            throw RecordLayout.OtherSeries(TBinding.GetKey(record), ticks, Core.Key);
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
            known.Add(Core.Key, ticks, own, standardizer);
        }
        long before = ticks, end = long.MinValue, current = interval;
        foreach (TRecord record in ahead)
        {
            long time = CheckAhead<TRecord, TBinding>(record, before);
            before = time;
            bool isSame = time < end;
            if (!isSame)
            {
                layout.CheckTime(Core.Key, time);
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
                throw new RecordException(RecordGrid.SecondRecord(layout, Core.Key, time));
            }
            // Of an open interval there were records before, which these are only a part of.
            if (current > interval || !isOpen)
            {
                layout.ReadValues<TRecord, TBinding>(record, RecordUse.Ahead, values);
                known.Begin((int)(current - interval));
                known.Add(Core.Key, time, values, standardizer);
            }
        }
        known.Complete();
        return known;
    }
}

/// <summary>Forecasts of a series' state.</summary>
internal static class ForecastStream
{
    /// <param name="state">The state of a model with a forecast.</param>
    public static ForecastStream<TModel> Forecasts<TModel>(this SeriesState<TModel> state)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> => new(state);
}
