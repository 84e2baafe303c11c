namespace AarenGen;

/// <summary>What a property of a record is to a task.</summary>
public enum RecordRole
{
    /// <summary>Predicted, and an input up to now.</summary>
    Target,

    /// <summary>An input up to now.</summary>
    Observed,

    /// <summary>An input up to the end of the horizon.</summary>
    KnownAhead,

    /// <summary>An input up to now: the number of a category, from 0.</summary>
    Category,

    /// <summary>Predicted, one for a whole sequence, and no input: the number of a class, from 0.</summary>
    Label,

    /// <summary>What kind of event it is: predicted of the next one, and an input up to now; the number of a category, from 0.</summary>
    Mark,

    /// <summary>Decided at each step, and an input up to the step before: a number, or the number of a category, from 0.</summary>
    Action,

    /// <summary>What the action of a step was worth.</summary>
    Reward,
}

/// <summary>A value of a record.</summary>
/// <param name="Name">The property's name.</param>
/// <param name="Role">What it is to the task.</param>
/// <param name="Aggregation">What the values of one interval become; categories: <see cref="Aggregation.Last"/>.</param>
/// <param name="Cardinality">Number of categories; 0 for values on a real scale.</param>
/// <param name="HasMissingCategory">Whether the last category is that of missing values.</param>
public sealed record RecordColumn(
    string Name, RecordRole Role, Aggregation Aggregation, int Cardinality = 0, bool HasMissingCategory = false);
