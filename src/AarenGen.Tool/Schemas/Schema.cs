using AarenGen.Data;

namespace AarenGen.Tool.Schemas;

/// <summary>What a column becomes.</summary>
internal enum ColumnRole
{
    /// <summary>Nothing.</summary>
    Ignored,

    /// <summary>The series' key.</summary>
    Key,

    /// <summary>The time.</summary>
    Time,

    /// <summary>Forecast.</summary>
    Target,

    /// <summary>Known for the horizon as well.</summary>
    KnownAhead,

    /// <summary>Known up to now.</summary>
    Observed,

    /// <summary>A category.</summary>
    Category,
}

/// <summary>A column and the property that it becomes.</summary>
/// <param name="Header">The column's name in the table.</param>
/// <param name="Role">What it becomes.</param>
/// <param name="Property">The property's name; empty where it is ignored.</param>
/// <param name="Type">The property's type; empty where it is ignored.</param>
/// <param name="Reason">Why, in a few words.</param>
internal sealed record SchemaColumn(string Header, ColumnRole Role, string Property, string Type, string Reason)
{
    /// <summary>Whether the property's name does not find the column by itself.</summary>
    public bool NeedsHeader { get; init; }

    /// <summary>The categories of a text; empty for other types.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>The enum of the categories; null: a text with its names, or no category of texts.</summary>
    public string? Enum { get; init; }
}

/// <summary>The declaration that a table becomes: a record, and a model over it.</summary>
/// <param name="Project">The name of the project and of its namespace.</param>
/// <param name="Record">The type of the records.</param>
/// <param name="Model">The class of the model.</param>
/// <param name="Columns">The columns, in the order of the table.</param>
/// <param name="Horizon">Intervals that are forecast.</param>
/// <param name="Every">The length of an interval.</param>
/// <param name="TimeZone">The zone; null: UTC.</param>
/// <param name="Calendar">The fields of the calendar that the model knows.</param>
/// <param name="IsAggregated">Whether intervals have several records.</param>
/// <param name="IsDetected">Whether the interval was found from the table.</param>
/// <param name="SeriesCount">The series of the table.</param>
/// <param name="LongestSeries">Intervals of the longest series, those without a record included.</param>
internal sealed record Schema(
    string Project, string Record, string Model, IReadOnlyList<SchemaColumn> Columns, int Horizon, string Every, string? TimeZone,
    IReadOnlyList<CalendarField> Calendar, bool IsAggregated, bool IsDetected, int SeriesCount, long LongestSeries)
{
    /// <summary>How tables are read, beyond what they show themselves.</summary>
    public TableOptions Reading { get; init; } = new();

    /// <summary>The columns of a role.</summary>
    public IEnumerable<SchemaColumn> Of(ColumnRole role) => Columns.Where(c => c.Role == role);

    /// <summary>The key; null: one series.</summary>
    public SchemaColumn? Key => Of(ColumnRole.Key).FirstOrDefault();

    /// <summary>The time.</summary>
    public SchemaColumn Time => Of(ColumnRole.Time).First();

    /// <summary>Whether values are known ahead.</summary>
    public bool IsKnownAhead => Of(ColumnRole.KnownAhead).Any();
}
