namespace AarenGen;

/// <summary>What the values of one interval of a regular grid become. Missing values (NaN) do not count.</summary>
public enum Aggregation
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The value of the earliest row that has one.</summary>
    First,

    /// <summary>The value of the latest row that has one.</summary>
    Last,

    /// <summary>The smallest.</summary>
    Min,

    /// <summary>The largest.</summary>
    Max,

    /// <summary>How many there are; 0 rather than NaN where an interval has none.</summary>
    Count,
}
