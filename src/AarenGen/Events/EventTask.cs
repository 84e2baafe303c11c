namespace AarenGen;

/// <summary>What <see cref="NextEventAttribute{TRecord}"/> declares. Immutable.</summary>
public sealed record EventTask
{
    /// <summary>The unit of waits and times in tokens and outputs.</summary>
    public required TimeSpan Unit { get; init; }

    /// <summary>How far the clock of events tells times apart: those of equal times count as half of it apart.</summary>
    public required TimeSpan Resolution { get; init; }

    /// <summary>Whether tokens have the time since the first event of the series.</summary>
    public required bool EncodesTime { get; init; }

    /// <summary>The values of a record: observed values, categories, the mark.</summary>
    public required IReadOnlyList<RecordColumn> Columns { get; init; }

    /// <summary>The names of the marks, in the order of the outputs; empty where events have none.</summary>
    public required IReadOnlyList<string> Marks { get; init; }
}
