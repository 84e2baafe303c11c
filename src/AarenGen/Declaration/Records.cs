namespace AarenGen;

/// <summary>
/// Base of the attributes that say what a property of a record is to a model with a task, such as <see cref="ForecastAttribute{TRecord}"/>.
/// Properties without such an attribute are ignored.
/// </summary>
[AttributeUsage(AttributeTargets.Property, Inherited = true)]
public abstract class RecordColumnAttribute : Attribute
{
    /// <summary>
    /// The column's name in tables; the property's name where it is not set. Case, spaces, underscores and hyphens do not count, so that
    /// <c>OutdoorForecast</c> finds <c>outdoor_forecast</c>.
    /// </summary>
    public string? Column { get; set; }
}

/// <summary>
/// Names the series that a record belongs to: a <see cref="string"/> or a whole number. Without one, all records are one series.
/// </summary>
public sealed class SeriesKeyAttribute : RecordColumnAttribute;

/// <summary>The time of a record: a <see cref="DateTimeOffset"/>, or a <see cref="DateTime"/> that is in UTC.</summary>
public sealed class TimestampAttribute : RecordColumnAttribute;

/// <summary>
/// Base of the attributes of values on a real scale: any type of number, which may be nullable, or a truth value (0 or 1).
/// </summary>
public abstract class RecordValueAttribute : RecordColumnAttribute
{
    /// <summary>
    /// What the values of one interval of time become. Where a property of a record sets it, an interval may have several records, and
    /// is complete when a record of a later interval comes; the others have <see cref="Aggregation.Mean"/>. Where none does, a record is
    /// a complete interval, and a second one of the same interval is an error.
    /// </summary>
    public Aggregation Aggregation { get; set; }
}

/// <summary>A value that is predicted. Its past is an input.</summary>
public sealed class TargetAttribute : RecordValueAttribute;

/// <summary>A value that is known up to now, and an input.</summary>
public sealed class ObservedAttribute : RecordValueAttribute;

/// <summary>
/// A value that is known before its time, such as a plan or a forecast of the weather: an input, up to the end of the horizon.
/// </summary>
public sealed class KnownAheadAttribute : RecordValueAttribute;

/// <summary>
/// A category, and an input: an enum (each of its names is a category), a truth value, a whole number with its cardinality, or a text with
/// its categories. A nullable one has a category more, for missing values.
/// </summary>
public sealed class CategoryAttribute : RecordColumnAttribute
{
    /// <summary>An enum or a truth value.</summary>
    public CategoryAttribute()
    {
    }

    /// <summary>A whole number from 0 to below the cardinality.</summary>
    /// <param name="cardinality">Number of categories, 1 to 1,048,576.</param>
    public CategoryAttribute(int cardinality) => Cardinality = cardinality;

    /// <summary>A text.</summary>
    /// <param name="names">All categories, each once; another text is an error.</param>
    public CategoryAttribute(params string[] names) => Names = names;

    /// <summary>Number of categories of a whole number; 0 for other types.</summary>
    public int Cardinality { get; }

    /// <summary>The categories of a text.</summary>
    public IReadOnlyList<string> Names { get; } = [];
}

/// <summary>
/// The label that is predicted, one for all records of a sequence; no input. An enum (each of its names is a label), a truth value, a whole
/// number with its cardinality, or a text with its names. Null where it is unknown: a sequence none of whose records has one is not trained
/// on.
/// </summary>
public sealed class LabelAttribute : RecordColumnAttribute
{
    /// <summary>An enum or a truth value.</summary>
    public LabelAttribute()
    {
    }

    /// <summary>A whole number from 0 to below the cardinality.</summary>
    /// <param name="cardinality">Number of labels, 2 to 4,096, as far as the type holds them.</param>
    public LabelAttribute(int cardinality) => Cardinality = cardinality;

    /// <summary>A text.</summary>
    /// <param name="names">All labels, each once; another text is an error.</param>
    public LabelAttribute(params string[] names) => Names = names;

    /// <summary>Number of labels of a whole number; 0 for other types.</summary>
    public int Cardinality { get; }

    /// <summary>The labels of a text.</summary>
    public IReadOnlyList<string> Names { get; } = [];
}

/// <summary>
/// What kind of event a record is: predicted of the next one, and an input. An enum (each of its names is a mark), a truth value, a whole
/// number with its cardinality, or a text with its names. A nullable one has an input more, for missing marks, which are not trained on.
/// </summary>
public sealed class MarkAttribute : RecordColumnAttribute
{
    /// <summary>An enum or a truth value.</summary>
    public MarkAttribute()
    {
    }

    /// <summary>A whole number from 0 to below the cardinality.</summary>
    /// <param name="cardinality">Number of marks, 2 to 4,096, as far as the type holds them.</param>
    public MarkAttribute(int cardinality) => Cardinality = cardinality;

    /// <summary>A text.</summary>
    /// <param name="names">All marks, each once; another text is an error.</param>
    public MarkAttribute(params string[] names) => Names = names;

    /// <summary>Number of marks of a whole number; 0 for other types.</summary>
    public int Cardinality { get; }

    /// <summary>The marks of a text.</summary>
    public IReadOnlyList<string> Names { get; } = [];
}

/// <summary>
/// What is decided at each step. Any number of properties of type <see cref="float"/>, <see cref="double"/> or <see cref="decimal"/>, each
/// within bounds; or a single category: an enum (each of its names is an action), a truth value, a whole number with its cardinality, or a
/// text with its names. The past actions of an episode are inputs.
/// </summary>
public sealed class ActionAttribute : RecordColumnAttribute
{
    /// <summary>A number from −1 to 1, an enum or a truth value.</summary>
    public ActionAttribute()
    {
    }

    /// <summary>A number within bounds.</summary>
    /// <param name="min">The smallest, −1e30 to 1e30.</param>
    /// <param name="max">The largest, above <paramref name="min"/> also as floats, at most 1e30.</param>
    public ActionAttribute(double min, double max) => (Min, Max) = (min, max);

    /// <summary>A whole number from 0 to below the cardinality.</summary>
    /// <param name="cardinality">Number of actions, 2 to 4,096, as far as the type holds them.</param>
    public ActionAttribute(int cardinality) => Cardinality = cardinality;

    /// <summary>A text.</summary>
    /// <param name="names">All actions, each once; another text is an error.</param>
    public ActionAttribute(params string[] names) => Names = names;

    /// <summary>The smallest number.</summary>
    public double Min { get; } = -1;

    /// <summary>The largest number.</summary>
    public double Max { get; } = 1;

    /// <summary>Number of actions of a whole number; 0 for other types.</summary>
    public int Cardinality { get; }

    /// <summary>The actions of a text.</summary>
    public IReadOnlyList<string> Names { get; } = [];
}

/// <summary>
/// What the action of a step was worth: any type of number, or a truth value. The sum of an episode's rewards is its return. It is known
/// after the action, so that it is no input of its own step.
/// </summary>
public sealed class RewardAttribute : RecordColumnAttribute;
