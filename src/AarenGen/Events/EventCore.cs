namespace AarenGen;

/// <summary>A stream of events: its beginning, and what was predicted of the event that came last.</summary>
internal sealed class EventCore : RecordCore
{
    private readonly float[] judged;
    private long begin;
    private double wait = double.NaN, mark = double.NaN;

    public EventCore(EventLayout layout, string key) : base(layout, key, hasTime: true)
    {
        Layout = layout;
        judged = new float[Outputs.Length];
    }

    public new EventLayout Layout { get; }

    public override int SavedBytes => base.SavedBytes + sizeof(long) + 2 * sizeof(double) + sizeof(float) * judged.Length;

    /// <summary>How unusual the wait before the last event was under the prediction before it; NaN: there was none.</summary>
    public double WaitAnomaly => double.IsNaN(wait) ? double.NaN
        : Math.Max(0, -Math.Log10(Layout.Wait(judged).TailProbability(wait)));

    /// <summary>How unusual the mark of the last event was: by the probability of marks that are at most as probable.</summary>
    public double MarkAnomaly
    {
        get
        {
            if (double.IsNaN(mark))
            {
                return double.NaN;
            }
            CategoricalPrediction prediction = Layout.Mark(judged);
            double own = prediction.Probability((int)mark), tail = 0;
            for (int i = 0; i < prediction.Count; i++)
            {
                double other = prediction.Probability(i);
                tail += other <= own ? other : 0;
            }
            return Math.Max(0, -Math.Log10(tail));
        }
    }

    public override void Reset()
    {
        base.Reset();
        (begin, wait, mark) = (0, double.NaN, double.NaN);
        judged.AsSpan().Clear();
    }

    public override void CopyTo(SeriesCore other)
    {
        base.CopyTo(other);
        var copy = (EventCore)other;
        (copy.begin, copy.wait, copy.mark) = (begin, wait, mark);
        judged.AsSpan().CopyTo(copy.judged);
    }

    public override void WriteToken(ReadOnlySpan<double> values, long ticks, Span<float> token) =>
        Layout.WriteToken(values, HasBegun ? ticks - Ticks : null, HasBegun ? ticks - begin : 0, token);

    public override void Complete(ReadOnlySpan<double> values, long ticks, ReadOnlySpan<float> output)
    {
        if (HasOutput)
        {
            Outputs.CopyTo(judged);
            (wait, mark) = (Layout.Wait(ticks - Ticks), Layout.Mark(values));
        }
        begin = HasBegun ? begin : ticks;
        base.Complete(values, ticks, output);
    }

    public override void Write(BinaryWriter writer)
    {
        base.Write(writer);
        writer.Write(begin);
        writer.Write(wait);
        writer.Write(mark);
        Write(writer, judged);
    }

    public override void Read(BinaryReader reader)
    {
        base.Read(reader);
        (begin, wait, mark) = (reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble());
        Read(reader, judged);
        bool isMark = double.IsNaN(mark) || (mark >= 0 && mark < Layout.Task.Marks.Count && double.IsInteger(mark));
        if (begin < 0 || begin > Ticks || !(double.IsNaN(wait) || (wait > 0 && double.IsFinite(wait))) || !isMark)
        {
            throw Impossible();
        }
    }
}
