namespace AarenGen.Serving;

/// <summary>A record that a stream is to read, with what else the model's task can be told.</summary>
/// <typeparam name="TRecord">The type of records.</typeparam>
public sealed record RecordStep<TRecord>
{
    /// <summary>The record.</summary>
    public required TRecord Record { get; init; }

    /// <summary>
    /// The stream's id: 1 to 255 bytes of UTF-8 without a null character. Null: the record's key; records without one need an id.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The number of the record in its stream, from 1; 0: the next one.</summary>
    public long Sequence { get; init; }

    /// <summary>
    /// Forecasts with values known ahead: records of later times of the same series, in their order, of which only those values are read.
    /// As many as the horizon has intervals, and one more, are looked at; where an interval may have several records, more are refused.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public IReadOnlyList<TRecord> Ahead
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = [];

    /// <summary>Decisions: what the last action was worth; null, or 0, at the first step of an episode, and told at all others.</summary>
    public double? Reward { get; init; }

    /// <summary>Decisions: the return to reach in the episode that begins with this record; null: none begins.</summary>
    public double? TargetReturn { get; init; }

    /// <summary>
    /// Decisions: a record with the action that was taken at the last step, of which nothing else is read. Not set, or null: the action
    /// that was decided.
    /// </summary>
    public TRecord? Taken
    {
        get;
        init => (field, HasTaken) = (value, value is not null);
    }

    /// <summary>Whether <see cref="Taken"/> was set: a struct is never null.</summary>
    internal bool HasTaken { get; private init; }
}
