namespace AarenGen.Serving.Tests;

/// <summary>What a service of records must do, by one plain series a stream.</summary>
internal sealed class RecordOracle<TModel, TRecord>(RecordScript<TModel, TRecord> script, StreamServiceOptions options, TModel model)
    where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
{
    private readonly Dictionary<string, Series> streams = [];
    private readonly long maxGap = model.CreateSteps().MaxGap;

    private TModel Model { get; set; } = model;

    public void Use(TModel model) => Model = model;

    /// <summary>The number of a stream's last record; null: there is no stream.</summary>
    public long? SequenceOf(string id) => streams.GetValueOrDefault(id)?.Sequence;

    /// <summary>What must become of a record that is not the next one; null: it is.</summary>
    public StepStatus? Judge(string id, long sequence)
    {
        long last = SequenceOf(id) ?? 0;
        return sequence == 0 || sequence == last + 1 ? null : sequence < 0 ? StepStatus.Invalid
            : sequence == last ? StepStatus.Repeated : sequence < last ? StepStatus.Stale : StepStatus.Gap;
    }

    /// <summary>Reads the next record of a stream, if that can be.</summary>
    public StepStatus Step(string id, RecordStep<TRecord> step)
    {
        long ticks = TModel.HasTime ? TModel.GetTime(step.Record).UtcTicks : 0;
        var read = new SeriesRead(ticks, (m, s) => script.Step(m, s, step));
        return Do(id, read, series =>
        {
            series.History.Add(read);
            series.Sequence++;
            return true;
        });
    }

    /// <summary>Advances a stream that there is.</summary>
    public StepStatus Advance(string id, DateTimeOffset now)
    {
        long before = 0;
        var read = new SeriesRead(now.UtcTicks, (m, s) =>
        {
            before = s.TokenCount;
            return script.Advance(m, s, now);
        });
        return Do(id, read, series => series.State.TokenCount > before);
    }

    public void Reset(string id)
    {
        if (streams.TryGetValue(id, out Series? series))
        {
            series.State.Reset();
            series.History.Clear();
        }
    }

    public bool Remove(string id) => streams.Remove(id);

    /// <summary>What a stream had after its last record, as <see cref="Bytes"/>.</summary>
    public byte[] OutputOf(string id) => streams[id].Output;

    /// <summary>Whether the output is what the stream had after its last record, to the last bit.</summary>
    public void AssertSame(string id, SeriesOutput<TModel> output)
    {
        Series series = streams[id];
        Assert.Equal((series.IsNew, series.TokenCount), (output.IsNew, output.TokenCount));
        Assert.Equal(series.Output, Bytes(output.Core));
    }

    /// <summary>What a core has, to the last bit.</summary>
    public static byte[] Bytes(SeriesCore core)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        core.Write(writer);
        writer.Flush();
        return bytes.ToArray();
    }

    /// <param name="id">The stream.</param>
    /// <param name="read">What it reads.</param>
    /// <param name="complete">Whether that changed something, which is noted.</param>
    private StepStatus Do(string id, SeriesRead read, Func<Series, bool> complete)
    {
        Series series = streams.GetValueOrDefault(id) ?? new(Model, NewState(id));
        SeriesState<TModel> before = NewState(id);
        series.State.CopyTo(before);
        try
        {
            if (!ReferenceEquals(series.Model, Model) && series.History.Count > 0
                && options.Pool.OnWeightChange != WeightChange.Keep)
            {
                BeginAnew(series);
            }
            if (Empty(series.State, read.Ticks) > options.MaxEmptyIntervals)
            {
                throw new RecordException("The gap is too long.");
            }
            bool isNew = read.Step(Model, series.State);
            if (!complete(series))
            {
                before.CopyTo(series.State);
                return StepStatus.Repeated;
            }
            streams[id] = series;
            series.Complete(Model, isNew);
            return StepStatus.Accepted;
        }
        catch (Exception e) when (e is RecordException or ArgumentOutOfRangeException or InvalidOperationException)
        {
            before.CopyTo(series.State);
            return StepStatus.Invalid;
        }
    }

    private SeriesState<TModel> NewState(string id) => Model.CreateSeriesState(script.HasKeys ? id : "");

    private void BeginAnew(Series series)
    {
        long? until = RecordSteps<TModel>.CompleteUntil(series.State);
        long left = options.MaxEmptyIntervals;
        int read = 0;
        series.State.Reset();
        foreach (SeriesRead record in series.History.TakeLast(options.Pool.HistoryTokens))
        {
            if (!TryTake(record.Ticks))
            {
                series.State.Reset();
                read = 0;
            }
            try
            {
                record.Step(Model, series.State);
                read++;
            }
            catch (RecordException)
            {
                // Other weights have other scales.
            }
        }
        if (read > 0 && until is { } ticks)
        {
            if (TryTake(ticks))
            {
                script.Advance(Model, series.State, new(ticks, TimeSpan.Zero));
            }
            else
            {
                series.State.Reset();
            }
        }

        bool TryTake(long ticks)
        {
            long empty = Empty(series.State, ticks);
            bool isTaken = empty <= left && empty <= maxGap;
            left -= isTaken ? empty : 0;
            return isTaken;
        }
    }

    private static long Empty(SeriesState<TModel> state, long ticks) =>
        state.Core is ForecastCore forecast ? forecast.CountEmptyIntervals(ticks) : 0;

    /// <summary>A stream as one process would have it, and what its last record left.</summary>
    private sealed class Series(TModel model, SeriesState<TModel> state)
    {
        public SeriesState<TModel> State => state;

        public TModel Model { get; private set; } = model;

        public long Sequence { get; set; }

        /// <summary>The records since it began, which other weights read again.</summary>
        public List<SeriesRead> History { get; } = [];

        public byte[] Output { get; private set; } = [];

        public bool IsNew { get; private set; }

        public long TokenCount { get; private set; }

        public void Complete(TModel model, bool isNew) =>
            (Model, IsNew, TokenCount, Output) = (model, isNew, state.TokenCount, Bytes(state.Core));
    }

    /// <summary>A record, or an advance: its time, and how a series reads it.</summary>
    private sealed record SeriesRead(long Ticks, Func<TModel, SeriesState<TModel>, bool> Step);
}
