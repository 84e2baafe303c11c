namespace AarenGen;

/// <summary>
/// Forecasts the <see cref="TargetAttribute">targets</see> of records for the next intervals of a regular grid of time. The attribute takes
/// the place of inputs: the generator derives them, the last <c>[Dense]</c> before the loss and the targets from the record's properties.
/// </summary>
/// <remarks>
/// <para>Stands first. A token is an interval: its targets, its observed values, each value known ahead for this interval and those of the
/// horizon, then its categories and those of <see cref="CalendarAttribute"/>. For missing values, and in intervals without any record,
/// <see cref="Missing"/> says what the layers see.</para>
/// <para>After the layers stands one loss on a real scale, whose last layer is implied.</para>
/// </remarks>
/// <typeparam name="TRecord">The type of the records.</typeparam>
/// <param name="horizon">Intervals that are forecast, 1 to 65,536.</param>
/// <param name="every">The length of an interval, as <see cref="TimeGrid.Parse"/> reads it, such as "15min", "1h" or "1d".</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ForecastAttribute<TRecord>(int horizon, string every) : ModelComponentAttribute
{
    /// <summary>Intervals that are forecast.</summary>
    public int Horizon { get; } = horizon;

    /// <summary>The length of an interval.</summary>
    public string Every { get; } = every;

    /// <summary>
    /// The zone of days, longer intervals and <see cref="CalendarAttribute"/>, and of times without a zone in files that <c>ReadTable</c>
    /// opens, as <see cref="TimeZoneInfo.FindSystemTimeZoneById"/> names it, such as "Europe/Berlin"; UTC where it is not set.
    /// </summary>
    public string? TimeZone { get; set; }

    /// <summary>
    /// Intervals without a record that may lie between two records of a series, 1 to 1,048,576; where it is not set, as many as half a year
    /// has, rounded up, at most 1,048,576. A longer gap is a <see cref="RecordException"/>, since a wrong year would otherwise be one.
    /// </summary>
    public int MaxGap { get; set; }

    /// <summary>
    /// What the layers see of numbers that are missing: <see cref="MissingValues.CarryForward"/>, the default, or
    /// <see cref="MissingValues.MeanWithIndicator"/>, where it tells something that a value is missing, or how long it has been. Other
    /// values are errors of the compiler.
    /// </summary>
    public MissingValues Missing { get; set; } = MissingValues.CarryForward;
}

/// <summary>
/// Names the <see cref="LabelAttribute">label</see> of sequences of records: those with the same <see cref="SeriesKeyAttribute">key</see>.
/// The attribute takes the place of inputs: the generator derives them, <c>[Pool]</c> and the last <c>[Dense]</c> before the loss, and the
/// loss <c>[CrossEntropy]</c> where none is written, from the record's properties.
/// </summary>
/// <remarks>
/// Stands first. A token is a record: its <see cref="ObservedAttribute">observed</see> values, then its
/// <see cref="CategoryAttribute">categories</see>. <see cref="Missing"/> says what the layers see of missing values.
/// <c>[CrossEntropy(Smoothing = 0.1)]</c> and <c>[Pool(Pooling.Last)]</c> refine what is derived.
/// </remarks>
/// <typeparam name="TRecord">The type of the records.</typeparam>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ClassifyAttribute<TRecord> : ModelComponentAttribute
{
    /// <summary>
    /// What the layers see of observed values that are missing: <see cref="MissingValues.CarryForward"/>, the default, or
    /// <see cref="MissingValues.MeanWithIndicator"/>. Other values are errors of the compiler.
    /// </summary>
    public MissingValues Missing { get; set; } = MissingValues.CarryForward;
}

/// <summary>
/// Predicts the next event of a stream: the time until it comes, as a mixture of log-normal distributions, and its
/// <see cref="MarkAttribute">mark</see>, if records have one. The attribute takes the place of inputs and heads: the generator derives them
/// from the record's properties.
/// </summary>
/// <remarks>
/// Stands first; only layers and preprocessing follow. A token is an event: the logarithm of the wait before it (missing before the first
/// one of a series), its observed values, the time since the first event if it is encoded, its mark, its categories. <c>[Standardize]</c>
/// is of the logarithms and the observed values. What is predicted and scored is the wait itself, not its logarithm.
/// </remarks>
/// <typeparam name="TRecord">The type of the records.</typeparam>
/// <param name="unit">
/// The unit of waits and times, about as long as waits are: a whole number of ms, s, min, h, d or w, such as "h" or "15min". Scores are in
/// that unit.
/// </param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class NextEventAttribute<TRecord>(string unit) : ModelComponentAttribute
{
    /// <summary>The unit of waits and times.</summary>
    public string Unit { get; } = unit;

    /// <summary>
    /// How far the clock tells times apart, such as "1s": events of equal times, which have no logarithm, count as half of it apart, in
    /// training, scores and streams. A millionth of the unit where it is not set.
    /// </summary>
    public string? Resolution { get; set; }

    /// <summary>
    /// Sines and cosines of the time since the first event, 1 to 1,024, or 0 for none, the default: a stream that goes on for longer than
    /// the series that were trained on has times that the model never saw.
    /// </summary>
    public int TimeEncoding { get; set; }

    /// <summary>Components of the mixture, 1 to 256; 16 by default.</summary>
    public int Components { get; set; } = 16;

    /// <summary>
    /// What the layers see of observed values that are missing: <see cref="MissingValues.CarryForward"/>, the default, or
    /// <see cref="MissingValues.MeanWithIndicator"/>, as the wait before the first event always has. Other values are errors of the
    /// compiler.
    /// </summary>
    public MissingValues Missing { get; set; } = MissingValues.CarryForward;
}

/// <summary>
/// Decides on the <see cref="ActionAttribute">actions</see> of an episode, so that its return comes close to a target: a Decision
/// Transformer, whose mixer is any. It is trained from episodes of records, those with the same
/// <see cref="SeriesKeyAttribute">key</see>. The attribute takes the place of inputs: the generator derives them, <c>[Interleave]</c>, the
/// last <c>[Dense]</c> before the loss, and the loss where none is written, from the record's properties.
/// </summary>
/// <remarks>
/// <para>Stands first. A step has three tokens: the return still to reach, divided by the model's scale of returns; the
/// <see cref="ObservedAttribute">observed</see> values, at whose token the action is predicted; the action, each number scaled from its
/// bounds to −1 to 1. Each of them has the <see cref="CategoryAttribute">categories</see> and the number of its step, too. Observed values
/// that are missing have the last value before them in the episode.</para>
/// <para>Numbers are decided by a hyperbolic tangent within their bounds, and trained by <c>[MeanSquaredError]</c>,
/// <c>[MeanAbsoluteError]</c> or <c>[Huber]</c>; a category by <c>[CrossEntropy]</c>. <c>[Standardize]</c> is of observed values.</para>
/// <para>Source: Chen et al., Decision Transformer, NeurIPS 2021.</para>
/// </remarks>
/// <typeparam name="TRecord">The type of the records.</typeparam>
/// <param name="maxSteps">
/// Steps of the longest episode, 1 to 1,048,576: each has a learned row of the width. A longer one is a <see cref="RecordException"/>.
/// </param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class DecideAttribute<TRecord>(int maxSteps) : ModelComponentAttribute
{
    /// <summary>Steps of the longest episode.</summary>
    public int MaxSteps { get; } = maxSteps;

    /// <summary>Width of the embedded tokens, 1 to 65,536; 64 by default.</summary>
    public int Width { get; set; } = 64;
}

/// <summary>A field of the calendar, as a category.</summary>
public enum CalendarField
{
    /// <summary>The minute of the hour, 60 categories.</summary>
    MinuteOfHour,

    /// <summary>The hour of the day, 24 categories.</summary>
    HourOfDay,

    /// <summary>The day of the week, 7 categories from Monday.</summary>
    DayOfWeek,

    /// <summary>The day of the month, 31 categories.</summary>
    DayOfMonth,

    /// <summary>The month of the year, 12 categories.</summary>
    MonthOfYear,

    /// <summary>The week of the year by ISO 8601, 53 categories.</summary>
    WeekOfYear,
}

/// <summary>Fields of the calendar at the beginning of an interval, as inputs: each is a category with a learned row.</summary>
/// <remarks>Stands after a task.</remarks>
/// <param name="fields">The fields, each once.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CalendarAttribute(params CalendarField[] fields) : ModelComponentAttribute
{
    /// <summary>The fields.</summary>
    public IReadOnlyList<CalendarField> Fields { get; } = fields;
}
