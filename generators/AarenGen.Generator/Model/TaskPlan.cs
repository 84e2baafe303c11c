namespace AarenGen.Generator.Model;

/// <summary>What was decided about a model's task: how its records are read.</summary>
/// <param name="Record">The type of the records.</param>
/// <param name="Key">The property that names a record's series; null: all records are one series.</param>
/// <param name="Time">The property that says when a record was made; null: records have none, and are in order.</param>
/// <param name="Columns">The values of a record, in the order of their roles, and within them as declared.</param>
internal abstract record TaskPlan(
    RecordDeclaration Record, RecordProperty? Key, RecordProperty? Time, EquatableArray<ColumnPlan> Columns)
{
    /// <summary>The members that the generated class has for any task, beside those of its base.</summary>
    private static readonly string[] SharedMembers = [RecordColumns, DefinitionField, "ReadTable"];

    /// <summary>Fields of the generated class: the columns of a record, and the task.</summary>
    public const string RecordColumns = "recordColumns", DefinitionField = "taskDefinition";

    /// <summary>The class of the runtime that the model derives from, without its namespace and type arguments.</summary>
    public abstract string BaseModel { get; }

    /// <summary>The interface of the runtime through which it knows the task, without its namespace and type argument.</summary>
    public abstract string Definition { get; }

    /// <summary>The last type argument of both, as code writes it beside the model's name.</summary>
    public abstract string Argument(string model);

    /// <summary>All members that the generated class has for the task.</summary>
    public IEnumerable<string> Members => SharedMembers.Concat(OwnMembers);

    /// <summary>Those that only this task has.</summary>
    protected abstract IEnumerable<string> OwnMembers { get; }

    /// <summary>What the model card says of the task.</summary>
    public abstract string Summary { get; }

    /// <summary>What decides the meaning of a token, beside its columns.</summary>
    public abstract string Facts { get; }

    /// <summary>The zone of times in tables that name none; null: UTC.</summary>
    public virtual string? TableZone => null;

    /// <summary>All properties of a record that a table has a column for.</summary>
    public IEnumerable<RecordProperty> Properties =>
        new[] { Key, Time }.OfType<RecordProperty>().Concat(Columns.Select(static c => c.Property));

    /// <summary>Those of the columns that have a role.</summary>
    public IReadOnlyList<ColumnPlan> Of(ColumnRole role) => [.. Columns.Where(c => c.Role == role)];

    /// <summary>The names of the columns with a role, for the model card; empty where there are none.</summary>
    protected string Describe(string role, ColumnRole columns) => Of(columns).Count == 0 ? "" : $"; {role} {Names(Of(columns))}";

    protected static string Names(IEnumerable<ColumnPlan> columns) => string.Join(", ", columns.Select(static c => c.Property.Name));
}

/// <summary>What <c>[Forecast]</c> declares.</summary>
/// <param name="Record">The type of the records.</param>
/// <param name="Key">The property that names a record's series; null: all records are one series.</param>
/// <param name="Time">The property that says when a record was made.</param>
/// <param name="Columns">The values of a record.</param>
/// <param name="Horizon">Intervals that are forecast.</param>
/// <param name="Every">The length of an interval, as the user wrote it, without spaces around it.</param>
/// <param name="TimeZone">The zone of the calendar; null: UTC.</param>
/// <param name="Calendar">Fields of the calendar: the names are those of the runtime's enumeration.</param>
/// <param name="IsAggregated">Whether an interval may have several records.</param>
/// <param name="HasDistributions">Whether a distribution is predicted, rather than a value.</param>
internal sealed record ForecastPlan(
    RecordDeclaration Record, RecordProperty? Key, RecordProperty Time, EquatableArray<ColumnPlan> Columns,
    int Horizon, string Every, string? TimeZone, EquatableArray<string> Calendar, bool IsAggregated, bool HasDistributions)
    : TaskPlan(Record, Key, Time, Columns)
{
    public const string ModelName = "ForecastModel", ViewName = "Forecast";

    /// <summary>The field of the view that holds the outputs; the view is no place for other names of lower case.</summary>
    public const string ViewField = "output";

    /// <summary>What the view has beside a property for each target.</summary>
    public static readonly string[] ViewMembers = [ViewName, ViewField, "Origin", "TimeOf"];

    /// <summary>Intervals without a record that may lie between two; null: the runtime's default.</summary>
    public int? MaxGap { get; init; }

    public override string BaseModel => ModelName;

    public override string Definition => "IForecastDefinition";

    public override string Argument(string model) => $"{model}.{ViewName}";

    protected override IEnumerable<string> OwnMembers => ["Step", ViewName];

    public override string? TableZone => TimeZone;

    public override string Summary
    {
        get
        {
            string zone = TimeZone is null ? "" : " in " + TimeZone;
            return FormattableString.Invariant($"forecasts {Horizon} x {Every}{zone} of {Record.Name}: {Names(Of(ColumnRole.Target))}")
                + Describe("observed", ColumnRole.Observed) + Describe("known ahead", ColumnRole.KnownAhead)
                + Describe("categories", ColumnRole.Category)
                + (Calendar.Count == 0 ? "" : "; calendar " + string.Join(", ", Calendar));
        }
    }

    public override string Facts => FormattableString.Invariant(
        $"forecast {Horizon} every {Every} in {TimeZone ?? "UTC"}; {string.Join(" ", Calendar)}; {IsAggregated}");
}

/// <summary>What <c>[Classify]</c> declares.</summary>
/// <param name="Record">The type of the records.</param>
/// <param name="Key">The property that names a record's sequence.</param>
/// <param name="Time">The property that says when a record was made; null: records are in order.</param>
/// <param name="Columns">The values of a record, the label last.</param>
internal sealed record ClassificationPlan(
    RecordDeclaration Record, RecordProperty? Key, RecordProperty? Time, EquatableArray<ColumnPlan> Columns)
    : TaskPlan(Record, Key, Time, Columns)
{
    public const string ModelName = "ClassificationModel";

    private const int ShownLabels = 10;

    public override string BaseModel => ModelName;

    public override string Definition => "IClassificationDefinition";

    public ColumnPlan Label => Columns[Columns.Count - 1];

    public override string Argument(string model) => Label.ValueType;

    protected override IEnumerable<string> OwnMembers => [];

    public override string Summary
    {
        get
        {
            string[] names = [.. Label.Property.Enum?.Members.Select(static m => m.Name) ?? []];
            string labels = names.Length is 0 or > ShownLabels ? "" : $" ({string.Join(", ", names)})";
            return $"classifies sequences of {Record.Name} by {Label.Property.Name}, {Literal.Number(Label.Cardinality)} labels"
                + labels + Describe("observed", ColumnRole.Observed) + Describe("categories", ColumnRole.Category);
        }
    }

    public override string Facts => "classify";
}

/// <summary>What <c>[NextEvent]</c> declares.</summary>
/// <param name="Record">The type of the records.</param>
/// <param name="Key">The property that names a record's series; null: all records are one series.</param>
/// <param name="Time">The property that says when an event was.</param>
/// <param name="Columns">The values of a record, the mark last, if there is one.</param>
/// <param name="UnitTicks">The unit of time.</param>
/// <param name="ResolutionTicks">How far the clock tells times apart.</param>
/// <param name="Unit">The unit as the user wrote it.</param>
/// <param name="EncodesTime">Whether tokens have the time since the first event.</param>
internal sealed record EventPlan(
    RecordDeclaration Record, RecordProperty? Key, RecordProperty? Time, EquatableArray<ColumnPlan> Columns, long UnitTicks,
    long ResolutionTicks, string Unit, bool EncodesTime)
    : TaskPlan(Record, Key, Time, Columns)
{
    public const string ModelName = "NextEventModel", ViewName = "NextEvent", WaitHead = "Wait", MarkHead = "Mark";

    /// <summary>The field of the view that holds the outputs, and that of the marks.</summary>
    public const string ViewField = "output", MarksField = "taskMarks";

    public override string BaseModel => ModelName;

    public override string Definition => "IEventDefinition";

    public ColumnPlan? Mark => Columns.LastOrDefault(static c => c.Role == ColumnRole.Mark);

    public override string Argument(string model) => $"{model}.{ViewName}";

    protected override IEnumerable<string> OwnMembers => [ViewName, MarksField];

    public override string Summary => $"predicts the next {Record.Name}, waits in {Unit}"
        + (Mark is { } mark ? $"; {mark.Property.Name}, {Literal.Number(mark.ValueCount)} marks" : "")
        + Describe("observed", ColumnRole.Observed) + Describe("categories", ColumnRole.Category);

    public override string Facts =>
        $"next event; {Literal.Number(UnitTicks)}; {Literal.Number(ResolutionTicks)}; {EncodesTime}";
}

/// <summary>What <c>[Decide]</c> declares.</summary>
/// <param name="Record">The type of the records.</param>
/// <param name="Key">The property that names a record's episode.</param>
/// <param name="Time">The property that says when a record was made; null: records are in order.</param>
/// <param name="Columns">The values of a record: numbers, then categories, and a discrete action last.</param>
/// <param name="MaxSteps">Steps of the longest episode.</param>
/// <param name="Ranges">The smallest and the largest value of each continuous action; empty where the action is discrete.</param>
internal sealed record DecisionPlan(
    RecordDeclaration Record, RecordProperty? Key, RecordProperty? Time, EquatableArray<ColumnPlan> Columns, int MaxSteps,
    EquatableArray<ActionRange> Ranges)
    : TaskPlan(Record, Key, Time, Columns)
{
    public const string ModelName = "DecisionModel", ViewName = "Decision";

    /// <summary>The field of the view that holds the outputs, and that of the model with the values of a discrete action.</summary>
    public const string ViewField = "output", ChoicesField = "actionChoices";

    /// <summary>What the view has beside a property for each action.</summary>
    public static readonly string[] ViewMembers = [ViewName, ViewField, "Probability", "Rank", "Sample"];

    public override string BaseModel => ModelName;

    public override string Definition => "IDecisionDefinition";

    public IReadOnlyList<ColumnPlan> Actions => Of(ColumnRole.Action);

    /// <summary>The discrete action; null where actions are numbers.</summary>
    public ColumnPlan? Choice => Actions.FirstOrDefault(static a => a.Cardinality > 0);

    public override string Argument(string model) => $"{model}.{ViewName}";

    protected override IEnumerable<string> OwnMembers => [ViewName, ChoicesField];

    public override string Summary
    {
        get
        {
            string actions = Choice is { } choice ? $"{choice.Property.Name}, {Literal.Number(choice.Cardinality)} actions"
                : string.Join(", ", Actions.Zip(Ranges, static (a, r) => $"{a.Property.Name} from {r}"));
            return $"decides in episodes of {Record.Name}, {Literal.Number(MaxSteps)} steps at most: {actions}; "
                + $"reward {Names(Of(ColumnRole.Reward))}"
                + Describe("observed", ColumnRole.Observed) + Describe("categories", ColumnRole.Category);
        }
    }

    public override string Facts => $"decide {Literal.Number(MaxSteps)}; {string.Join("; ", Ranges)}";
}

/// <summary>The values that a continuous action may have.</summary>
internal sealed record ActionRange(double Min, double Max)
{
    public override string ToString() => FormattableString.Invariant($"{Min:R} to {Max:R}");
}

/// <summary>A value of a record.</summary>
/// <param name="Property">The property.</param>
/// <param name="Role">What it is to the task.</param>
/// <param name="Aggregation">What the values of one interval become: the names are those of the runtime's enumeration.</param>
/// <param name="Cardinality">Number of categories, with that of missing values; 0 for values on a real scale.</param>
/// <param name="Names">The categories of a text.</param>
internal sealed record ColumnPlan(
    RecordProperty Property, ColumnRole Role, string Aggregation, int Cardinality, EquatableArray<string> Names)
{
    /// <summary>Whether the last category is that of missing values.</summary>
    public bool HasMissingCategory => Role is ColumnRole.Category or ColumnRole.Mark && Property.IsNullable;

    /// <summary>The type of its values, without nullability, as code writes it.</summary>
    public string ValueType => Property.Enum?.Type ?? (Property.Kind == RecordValueKind.Text ? "string" : Property.Kind.Keyword());

    /// <summary>Number of categories that values have, without that of missing ones; 0 for values on a real scale.</summary>
    public int ValueCount => Cardinality - (HasMissingCategory ? 1 : 0);
}

/// <summary>What a property is to a task: the names are those of the runtime's enumeration, and of the attributes.</summary>
internal enum ColumnRole
{
    Target,
    Observed,
    KnownAhead,
    Category,
    Label,
    Mark,
    Action,
    Reward,
}

internal static class ColumnRoles
{
    /// <summary>Whether the values are categories, whatever the type of the property.</summary>
    public static bool IsCategorical(this ColumnRole role) => role is ColumnRole.Category or ColumnRole.Label or ColumnRole.Mark;

    /// <summary>Whether categories of the role are predicted.</summary>
    public static bool IsPredicted(this ColumnRole role) => role is ColumnRole.Label or ColumnRole.Mark or ColumnRole.Action;

    /// <summary>Whether a record has one such value at most.</summary>
    public static bool IsSingle(this ColumnRole role) => role is ColumnRole.Label or ColumnRole.Mark or ColumnRole.Reward;
}
