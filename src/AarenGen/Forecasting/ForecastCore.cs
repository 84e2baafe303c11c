namespace AarenGen;

/// <summary>
/// A stream of forecasts: the interval that is not complete, the values known ahead, the last outputs, and what was predicted of the values
/// that came. A token is built here, and <see cref="ForecastStream{TModel}"/> steps the model.
/// </summary>
internal sealed class ForecastCore : SeriesCore
{
    private readonly double[] values;
    private readonly int[] counts;

    /// <summary>
    /// [values known ahead, 2, intervals], of the next interval at <see cref="head"/>, of later ones behind it, round: twice, so that those
    /// from anywhere on are contiguous.
    /// </summary>
    private readonly float[] known;
    private readonly float[] categories, judged;
    private readonly double[] came;

    /// <summary>The intervals of the values that <see cref="judged"/> is of.</summary>
    private readonly long[] cameIn;
    private CalendarClock clock;
    private int head;
    private long start, end;

    public ForecastCore(ForecastLayout layout, string key) : base(layout, key)
    {
        Layout = layout;
        values = new double[layout.Columns.Length];
        counts = new int[layout.Columns.Length];
        known = new float[layout.KnownCount * 2 * layout.KnownLength];
        categories = new float[layout.CategoryCount];
        judged = new float[layout.TargetCount * layout.SegmentCount];
        came = new double[layout.TargetCount];
        cameIn = new long[layout.TargetCount];
        Reset();
    }

    public ForecastLayout Layout { get; }

    /// <summary>The first interval that is not complete.</summary>
    public long Next { get; private set; }

    /// <summary>Whether it has a record.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether the interval before it had one.</summary>
    private bool WasOpen { get; set; }

    /// <summary>The interval after which the model gave the last output.</summary>
    public long OutputInterval { get; private set; }

    public override DateTimeOffset? LastTime => Layout.Grid.StartOf(Next - 1);

    public override int SavedBytes => 4 + 2 * sizeof(long) + (sizeof(double) + sizeof(int)) * values.Length
        + (sizeof(double) + sizeof(long)) * came.Length
        + sizeof(float) * (known.Length / 2 + categories.Length + Outputs.Length + judged.Length);

    /// <summary>The beginning of the first interval that is not complete, in ticks of UTC.</summary>
    public long Start => start;

    /// <summary>Its end.</summary>
    public long End => end;

    public override void Reset()
    {
        base.Reset();
        IsOpen = WasOpen = false;
        (Next, OutputInterval, head, start, end) = (0, 0, 0, 0, 0);
        known.AsSpan().Fill(float.NaN);
        categories.AsSpan().Clear();
        judged.AsSpan().Clear();
        cameIn.AsSpan().Clear();
        ClearValues();
        ForgetJudgement();
    }

    public override void CopyTo(SeriesCore other)
    {
        base.CopyTo(other);
        CopyTo((ForecastCore)other);
    }

    private void CopyTo(ForecastCore other)
    {
        values.AsSpan().CopyTo(other.values);
        counts.AsSpan().CopyTo(other.counts);
        known.AsSpan().CopyTo(other.known);
        categories.AsSpan().CopyTo(other.categories);
        judged.AsSpan().CopyTo(other.judged);
        came.AsSpan().CopyTo(other.came);
        cameIn.AsSpan().CopyTo(other.cameIn);
        (other.IsOpen, other.WasOpen) = (IsOpen, WasOpen);
        (other.Next, other.OutputInterval, other.head, other.start, other.end) = (Next, OutputInterval, head, start, end);
    }

    /// <summary>The interval of a record's time.</summary>
    /// <exception cref="RecordException">It is complete already, or too far from the ones before.</exception>
    public long IntervalOf(long ticks)
    {
        Layout.CheckTime(Key, ticks);
        if (HasBegun && ticks >= start && ticks < end)
        {
            return Next;
        }
        if (HasBegun && ticks < start)
        {
            bool isSecond = !Layout.Task.IsAggregated && WasOpen && ticks >= Layout.Grid.StartOf(Next - 1).UtcTicks;
            throw new RecordException(!isSecond
                ? $"{RecordLayout.Where(Key, ticks)} is of an interval that is complete: the stream is at "
                    + $"{RecordLayout.Time(start)}. Records must come in the order of time."
                : RecordGrid.SecondRecord(Layout, Key, ticks));
        }
        long interval = FindInterval(ticks);
        if (HasBegun)
        {
            Layout.CheckGap(Key, ticks, interval - Next - (IsOpen ? 1 : 0));
        }
        return interval;
    }

    /// <summary>How many intervals without a record are complete at a time; 0 also where it cannot be reached.</summary>
    public long CountEmptyIntervals(long ticks) =>
        HasBegun && ticks >= end && ticks <= Layout.MaxTicks ? FindInterval(ticks) - Next - (IsOpen ? 1 : 0) : 0;

    /// <summary>Why intervals cannot be completed until a time; null: they can.</summary>
    public string? FindMistake(long ticks) => !HasBegun || ticks < end ? null
        : ticks > Layout.MaxTicks ? "The time lies beyond the calendar, with the model's horizon; correct it."
        : CountEmptyIntervals(ticks) > Layout.MaxGap ? FormattableString.Invariant(
            $"Until then more than {Layout.MaxGap} intervals have no record; correct the time, or set MaxGap of [Forecast].")
        : null;

    /// <summary>The interval of a time that does not lie before the next one. Without a calendar, it needs no grid.</summary>
    public long FindInterval(long ticks) => HasBegun && Layout.FixedTicks > 0
        ? Next + (long)((ulong)(ticks - start) / (ulong)Layout.FixedTicks) : Layout.Grid.IndexOf(new(ticks, TimeSpan.Zero));

    /// <summary>The end of an interval from the next one on.</summary>
    public long FindEnd(long interval) => HasBegun && Layout.FixedTicks > 0
        ? start + (interval + 1 - Next) * Layout.FixedTicks : Layout.Grid.StartOf(interval + 1).UtcTicks;

    /// <summary>Whether the open interval stays valid with the values of a record.</summary>
    /// <exception cref="RecordException">A sum or mean becomes too large.</exception>
    public void CheckSums(long ticks, ReadOnlySpan<double> added, Standardizer? standardizer)
    {
        for (int c = 0; c < Layout.FirstCategoryColumn && IsOpen; c++)
        {
            if (Layout.Columns[c].Aggregation is Aggregation.Mean or Aggregation.Sum or Aggregation.Count && !double.IsNaN(added[c]))
            {
                double value = values[c];
                IntervalValue.Add(Layout.Columns[c].Aggregation, ref value, added[c]);
                value = IntervalValue.Complete(Layout.Columns[c].Aggregation, value, counts[c] + 1);
                if (!Layout.IsTokenNumber(value, c, standardizer, isScaled: false))
                {
                    throw Layout.BadNumber(Key, ticks, c, value, standardizer is not null);
                }
            }
        }
    }

    /// <summary>Begins the stream at an interval.</summary>
    public void Begin(long interval)
    {
        HasBegun = true;
        Next = interval;
        start = Layout.Grid.StartOf(interval).UtcTicks;
        end = EndOf(interval);
    }

    /// <summary>Adds a valid record to the next interval.</summary>
    public void Add(ReadOnlySpan<double> added)
    {
        for (int c = 0; c < added.Length; c++)
        {
            if (!double.IsNaN(added[c]))
            {
                IntervalValue.Add(Layout.Columns[c].Aggregation, ref values[c], added[c]);
                counts[c]++;
            }
        }
        IsOpen = true;
    }

    /// <summary>Takes over values known ahead; missing ones leave what was known.</summary>
    /// <param name="first">
    /// The interval of the first ones. Where intervals have several records, some of it may be still to come: what was known of it stays.
    /// </param>
    /// <param name="ahead">The values, which are complete.</param>
    /// <param name="from">From this interval on.</param>
    public void Feed(long first, in AheadIntervals ahead, long from)
    {
        from = Math.Max(from, Next);
        for (int i = 0; i < ahead.Count; i++)
        {
            long interval = first + ahead.Offset(i);
            if (interval < from || interval > Next + Layout.Horizon)
            {
                continue;
            }
            ReadOnlySpan<double> values = ahead.Values(i);
            int slot = Slot((int)(interval - Next));
            for (int k = 0; k < values.Length; k++)
            {
                float held = known[k * 2 * Layout.KnownLength + slot];
                if (!double.IsNaN(values[k]) && (interval > first || !Layout.Task.IsAggregated || float.IsNaN(held)))
                {
                    SetKnown(k, slot, (float)values[k]);
                }
            }
        }
    }

    /// <summary>Takes over a value known ahead that is not missing, of an interval within the horizon of the next one.</summary>
    public void Feed(int after, int index, double value) => SetKnown(index, Slot(after), (float)value);

    /// <summary>
    /// Forgets the judgement that the last forecast told. Values that came since then are kept, so that the next forecast tells of them.
    /// </summary>
    public void BeginJudgement()
    {
        if (OutputInterval == Next - 1)
        {
            ForgetJudgement();
        }
    }

    /// <summary>
    /// Completes the next interval: judges its values by the last outputs, writes its token, and goes on to the interval after it.
    /// </summary>
    public void Complete(Span<float> token)
    {
        for (int c = 0; c < values.Length; c++)
        {
            values[c] = IntervalValue.Complete(Layout.Columns[c].Aggregation, values[c], counts[c]);
        }
        Complete(values, IsOpen, token);
        ClearValues();
    }

    /// <summary>The same with the valid values of the only record of the interval, where a record is an interval.</summary>
    public void Complete(Span<double> record, Span<float> token)
    {
        for (int c = 0; c < Layout.FirstCategoryColumn; c++)
        {
            // As the mean of one value, so that −0 is 0.
            record[c] += 0.0;
        }
        Complete(record, hasRecord: true, token);
    }

    private void Complete(ReadOnlySpan<double> values, bool hasRecord, Span<float> token)
    {
        Version++;
        Judge(values);
        int known = Layout.FirstKnownColumn, length = Layout.KnownLength;
        for (int c = 0; c < known; c++)
        {
            token[c] = (float)values[c];
        }
        for (int k = 0; k < Layout.KnownCount; k++)
        {
            Span<float> written = token.Slice(known + k * length, length);
            this.known.AsSpan(k * 2 * length + head, length).CopyTo(written);
            double own = values[known + k];
            written[0] = double.IsNaN(own) ? written[0] : (float)own;
            SetKnown(k, head, float.NaN);
        }
        for (int c = 0; c < categories.Length; c++)
        {
            double category = values[Layout.FirstCategoryColumn + c];
            categories[c] = double.IsNaN(category) ? categories[c] : (float)category;
            token[Layout.FirstCategory + c] = categories[c];
        }
        clock.Write(Layout.Task.Zone, Layout.Fields, start, token[Layout.FirstField..]);
        (WasOpen, IsOpen) = (hasRecord, false);
        head = Slot(1);
        Next++;
        start = end;
        end = EndOf(Next);
    }

    /// <summary>Where the output after the interval that was completed last is to be written.</summary>
    public Span<float> BeginOutput()
    {
        HasOutput = true;
        OutputInterval = Next - 1;
        return WritableOutputs;
    }

    /// <summary>Takes over the output after the interval that was completed last.</summary>
    public void SetOutput(ReadOnlySpan<float> output) => output.CopyTo(BeginOutput());

    /// <summary>
    /// How unusual the most unusual value of a target since the forecast before was under that forecast; NaN where there is none.
    /// </summary>
    public double Anomaly(int target)
    {
        if (double.IsNaN(came[target]) || !Layout.HasDistributions)
        {
            return double.NaN;
        }
        return Math.Max(0, -Math.Log10(Judged(target).TailProbability(came[target])));
    }

    /// <summary>The beginning of the interval of this value; null where there is no anomaly score.</summary>
    public DateTimeOffset? AnomalyTime(int target) =>
        double.IsNaN(came[target]) || !Layout.HasDistributions ? null : Layout.Grid.StartOf(cameIn[target]);

    public override void Write(BinaryWriter writer)
    {
        writer.Write(HasBegun);
        writer.Write(IsOpen);
        writer.Write(WasOpen);
        writer.Write(HasOutput);
        writer.Write(Next);
        writer.Write(OutputInterval);
        foreach (double value in values)
        {
            writer.Write(value);
        }
        foreach (int count in counts)
        {
            writer.Write(count);
        }
        foreach (double value in came)
        {
            writer.Write(value);
        }
        foreach (long interval in cameIn)
        {
            writer.Write(interval);
        }
        for (int k = 0; k < Layout.KnownCount; k++)
        {
            for (int i = 0; i < Layout.KnownLength; i++)
            {
                writer.Write(known[k * 2 * Layout.KnownLength + head + i]);
            }
        }
        Write(writer, categories);
        Write(writer, Outputs);
        Write(writer, judged);
    }

    public override void Read(BinaryReader reader)
    {
        (HasBegun, IsOpen, WasOpen) = (reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadBoolean());
        HasOutput = reader.ReadBoolean();
        (Next, OutputInterval) = (reader.ReadInt64(), reader.ReadInt64());
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.ReadDouble();
        }
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = reader.ReadInt32();
        }
        for (int i = 0; i < came.Length; i++)
        {
            came[i] = reader.ReadDouble();
        }
        for (int i = 0; i < cameIn.Length; i++)
        {
            cameIn[i] = reader.ReadInt64();
        }
        for (int k = 0; k < Layout.KnownCount; k++)
        {
            for (int i = 0; i < Layout.KnownLength; i++)
            {
                SetKnown(k, i, reader.ReadSingle());
            }
        }
        Read(reader, categories);
        Read(reader, WritableOutputs);
        Read(reader, judged);
        bool isValid = counts.All(static c => c >= 0) && (!HasOutput || OutputInterval < Next)
            && (HasBegun || (Next == 0 && !HasOutput && !IsOpen && !WasOpen))
            && (Layout.Task.IsAggregated || !IsOpen)
            && !known.Any(float.IsInfinity) && !values.Where((value, c) => float.IsInfinity(
                (float)IntervalValue.Complete(Layout.Columns[c].Aggregation, value, counts[c]))).Any()
            && categories.Select((value, i) => IsCategory(value, i) && (double.IsNaN(Open(i)) || IsCategory((float)Open(i), i)))
                .All(static areCategories => areCategories);
        if (HasBegun && isValid)
        {
            try
            {
                Begin(Next);
                // The interval that has, or had, the last record: times of records may lie anywhere in it.
                isValid = end > Layout.MinTicks && (IsOpen ? start : Layout.Grid.StartOf(Next - 1).UtcTicks) <= Layout.MaxTicks
                    && (!HasOutput || Layout.Grid.StartOf(OutputInterval).UtcTicks < start)
                    && cameIn.Zip(came).All(c => double.IsNaN(c.Second) || Layout.Grid.StartOf(c.First).UtcTicks < start);
            }
            catch (ArgumentOutOfRangeException)
            {
                isValid = false;
            }
        }
        if (!isValid)
        {
            throw Impossible();
        }

        bool IsCategory(float value, int index) =>
            Arguments.IsCategory(value, Layout.Columns[Layout.FirstCategoryColumn + index].Cardinality);

        // The category of the interval that is not complete.
        double Open(int index) => IntervalValue.Complete(
            Layout.Columns[Layout.FirstCategoryColumn + index].Aggregation, values[Layout.FirstCategoryColumn + index],
            counts[Layout.FirstCategoryColumn + index]);
    }

    private void SetKnown(int index, int slot, float value)
    {
        int at = index * 2 * Layout.KnownLength + slot;
        known[at] = value;
        known[at + Layout.KnownLength] = value;
    }

    private int Slot(int after)
    {
        int slot = head + after;
        return slot < Layout.KnownLength ? slot : slot - Layout.KnownLength;
    }

    private long EndOf(long interval) =>
        Layout.FixedTicks > 0 ? start + Layout.FixedTicks : Layout.Grid.StartOf(interval + 1).UtcTicks;

    private void ForgetJudgement() => came.AsSpan().Fill(double.NaN);

    /// <summary>Of the values that come between two forecasts, the most unusual one is kept, with what was predicted of it.</summary>
    private void Judge(ReadOnlySpan<double> values)
    {
        long step = Next - OutputInterval - 1;
        if (!HasOutput || !Layout.HasDistributions || step >= Layout.Horizon)
        {
            return;
        }
        for (int target = 0; target < came.Length; target++)
        {
            if (!double.IsNaN(values[target]) && !IsMoreLikely(values[target], target, (int)step))
            {
                (came[target], cameIn[target]) = (values[target], Next);
                Layout.CopyPrediction(
                    Outputs, target, (int)step, judged.AsSpan(target * Layout.SegmentCount, Layout.SegmentCount));
            }
        }
    }

    /// <summary>Whether a value is less unusual than the one that is kept, if there is one.</summary>
    private bool IsMoreLikely(double value, int target, int step) => !double.IsNaN(came[target])
        && Layout.Distribution(Outputs, target, step).TailProbability(value) > Judged(target).TailProbability(came[target]);

    /// <summary>What was predicted of the value that is kept.</summary>
    private PredictedDistribution Judged(int target) =>
        Layout.Distribution(judged.AsSpan(target * Layout.SegmentCount, Layout.SegmentCount));

    private void ClearValues()
    {
        for (int c = 0; c < values.Length; c++)
        {
            values[c] = IntervalValue.Empty(Layout.Columns[c].Aggregation);
        }
        counts.AsSpan().Clear();
    }
}
