namespace AarenGen;

/// <summary>
/// A stream of decisions: the return still to reach, the number of steps, and the token of the last action, which the model reads with the
/// next step.
/// </summary>
internal sealed class DecisionCore(DecisionLayout layout, string key, bool hasTime) : RecordCore(layout, key, hasTime)
{
    private readonly float[] action = new float[layout.TokenWidth];

    public new DecisionLayout Layout => layout;

    /// <summary>The return to reach from the beginning of the episode on; null: the episode has not begun.</summary>
    public double? Target { get; private set; }

    /// <summary>The return still to reach: the target without the rewards so far.</summary>
    public double ToGo { get; private set; }

    /// <summary>Decisions so far.</summary>
    public int Steps { get; private set; }

    /// <summary>The token of the last decision's action.</summary>
    public Span<float> Action => action;

    public override int SavedBytes =>
        base.SavedBytes + 1 + 2 * sizeof(double) + sizeof(int) + sizeof(float) * action.Length;

    public override void Reset()
    {
        base.Reset();
        (Target, ToGo, Steps) = (null, 0, 0);
        action.AsSpan().Clear();
    }

    /// <summary>Begins an episode, in a core that was reset.</summary>
    public void Begin(double target) => (Target, ToGo) = (target, target);

    public override void CopyTo(SeriesCore other)
    {
        base.CopyTo(other);
        var copy = (DecisionCore)other;
        (copy.Target, copy.ToGo, copy.Steps) = (Target, ToGo, Steps);
        action.AsSpan().CopyTo(copy.action);
    }

    /// <summary>Goes on to a step, after the model took its tokens.</summary>
    public void Complete(ReadOnlySpan<double> values, long ticks, double toGo, ReadOnlySpan<float> output)
    {
        Complete(values, ticks, output);
        layout.WriteObservation(values, Steps, action);
        action.AsSpan(0, layout.ActionCount).Clear();
        layout.Decide(output, action);
        ToGo = toGo;
        Steps++;
    }

    /// <summary>The last step's action is not read yet.</summary>
    public override bool Fits(long tokens) => tokens == Math.Max(0, (long)DecisionLayout.TokensPerStep * Steps - 1);

    public override void Write(BinaryWriter writer)
    {
        base.Write(writer);
        writer.Write(Target is not null);
        writer.Write(Target ?? 0);
        writer.Write(ToGo);
        writer.Write(Steps);
        Write(writer, action);
    }

    public override void Read(BinaryReader reader)
    {
        base.Read(reader);
        bool hasTarget = reader.ReadBoolean();
        double target = reader.ReadDouble();
        Target = hasTarget ? target : null;
        ToGo = reader.ReadDouble();
        Steps = reader.ReadInt32();
        Read(reader, action);
        if (!double.IsFinite(target) || !double.IsFinite(ToGo) || Steps < 0 || Steps > layout.MaxSteps || HasBegun != Steps > 0
            || (HasBegun && !(hasTarget && layout.IsAction(action))))
        {
            throw Impossible();
        }
    }
}
