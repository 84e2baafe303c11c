namespace AarenGen;

/// <summary>A stream in which each record is a token: the time of the last one and its outputs.</summary>
internal class RecordCore : SeriesCore
{
    private readonly bool hasTime;

    public RecordCore(RecordLayout layout, string key, bool hasTime) : base(layout, key)
    {
        Layout = layout;
        this.hasTime = hasTime;
        Reset();
    }

    public RecordLayout Layout { get; }

    /// <summary>The time of the last record, in ticks of UTC.</summary>
    public long Ticks { get; private set; }

    public override DateTimeOffset? LastTime => hasTime && HasBegun ? new(Ticks, TimeSpan.Zero) : null;

    public override int SavedBytes => 2 + sizeof(long) + sizeof(float) * Outputs.Length;

    public override void Reset()
    {
        base.Reset();
        Ticks = 0;
    }

    public override void CopyTo(SeriesCore other)
    {
        base.CopyTo(other);
        ((RecordCore)other).Ticks = Ticks;
    }

    /// <summary>Writes the token of the next record, whose values are valid. Nothing changes.</summary>
    public virtual void WriteToken(ReadOnlySpan<double> values, long ticks, Span<float> token)
    {
        for (int i = 0; i < token.Length; i++)
        {
            token[i] = (float)values[i];
        }
    }

    /// <summary>Goes on to a record, after the model took its token.</summary>
    /// <param name="values">Its values.</param>
    /// <param name="ticks">Its time.</param>
    /// <param name="output">What the model gave; empty: nothing.</param>
    public virtual void Complete(ReadOnlySpan<double> values, long ticks, ReadOnlySpan<float> output)
    {
        Version++;
        (HasBegun, Ticks) = (true, ticks);
        if (!output.IsEmpty)
        {
            output.CopyTo(WritableOutputs);
            HasOutput = true;
        }
    }

    public override void Write(BinaryWriter writer)
    {
        writer.Write(HasBegun);
        writer.Write(HasOutput);
        writer.Write(Ticks);
        Write(writer, Outputs);
    }

    public override void Read(BinaryReader reader)
    {
        (HasBegun, HasOutput) = (reader.ReadBoolean(), reader.ReadBoolean());
        Ticks = reader.ReadInt64();
        Read(reader, WritableOutputs);
        if ((HasOutput && !HasBegun) || Ticks < 0 || Ticks > DateTime.MaxValue.Ticks)
        {
            throw Impossible();
        }
    }
}
