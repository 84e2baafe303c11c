namespace AarenGen;

/// <summary>What happens to rows of a series that have the same time.</summary>
public enum DuplicateTimes
{
    /// <summary>They are an error.</summary>
    Refuse,

    /// <summary>All of them count in the aggregation of their interval.</summary>
    Merge,

    /// <summary>Only the first one counts.</summary>
    KeepFirst,
}
