using System.Globalization;

namespace AarenGen.Generator.Tasks;

/// <summary>The interval of a grid of time, as the runtime's TimeGrid.Parse reads it.</summary>
/// <param name="Unit">Whether days and months of the calendar count, or milliseconds.</param>
/// <param name="Count">How many of them.</param>
/// <param name="Text">The text without spaces.</param>
internal sealed record TimeInterval(TimeUnit Unit, long Count, string Text)
{
    private const int MaxNumber = 10_000;
    private const double DaysOfYear = 365.2425;
    private const long Minute = 60_000, Hour = 60 * Minute, Day = 24 * Hour;

    /// <summary>The units that <see cref="Parse"/> knows, as messages list them.</summary>
    public const string Units = "ms, s, min, h, d, w, mo, q, y";

    /// <summary>Those of them that have a fixed length.</summary>
    public const string FixedUnits = "ms, s, min, h, d, w";

    /// <summary>Null where the text names no grid.</summary>
    public static TimeInterval? Parse(string? text)
    {
        string every = (text ?? "").Trim();
        int digits = every.TakeWhile(static c => c is >= '0' and <= '9').Count();
        int number = 1;
        bool isRead = digits == 0
            || int.TryParse(every.Substring(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        if (!isRead || number is < 1 or > MaxNumber)
        {
            return null;
        }
        string unit = every.Substring(digits).Trim();
        (TimeUnit Unit, long Count)? grid = unit switch
        {
            "ms" => (TimeUnit.Milliseconds, 1),
            "s" or "sec" => (TimeUnit.Milliseconds, 1000),
            "min" or "m" => (TimeUnit.Milliseconds, Minute),
            "h" => (TimeUnit.Milliseconds, Hour),
            "d" => (TimeUnit.Days, 1),
            "w" => (TimeUnit.Days, 7),
            "mo" => (TimeUnit.Months, 1),
            "q" => (TimeUnit.Months, 3),
            "y" => (TimeUnit.Months, 12),
            _ => null,
        };
        return grid is { } g ? new(g.Unit, g.Count * number, every.Substring(0, digits) + unit) : null;
    }

    /// <summary>The number of years of a number of intervals, on average.</summary>
    public double Years(int intervals) => intervals * (double)Count / Unit switch
    {
        TimeUnit.Months => 12,
        TimeUnit.Days => DaysOfYear,
        _ => DaysOfYear * Day,
    };

    /// <summary>
    /// Whether a field of the calendar is the same at the beginning of every interval. In a zone whose clock changes, intervals of a fixed
    /// length begin at two times of the day, and, where it changes by half an hour, at two minutes of the hour.
    /// </summary>
    public bool IsConstant(CalendarField field, bool isUtc) => field switch
    {
        CalendarField.MinuteOfHour => Unit != TimeUnit.Milliseconds || (isUtc && Count % Hour == 0),
        CalendarField.HourOfDay => Unit != TimeUnit.Milliseconds || (isUtc && Count % Day == 0),
        CalendarField.DayOfWeek => (Unit == TimeUnit.Days && Count % 7 == 0)
            || (Unit == TimeUnit.Milliseconds && isUtc && Count % (7 * Day) == 0),
        CalendarField.DayOfMonth => Unit == TimeUnit.Months,
        CalendarField.MonthOfYear => Unit == TimeUnit.Months && Count % 12 == 0,
        _ => false,
    };
}

/// <summary>What intervals are counted in.</summary>
internal enum TimeUnit
{
    Milliseconds,
    Days,
    Months,
}

/// <summary>The names and numbers are those of the runtime's enumeration.</summary>
internal enum CalendarField
{
    MinuteOfHour,
    HourOfDay,
    DayOfWeek,
    DayOfMonth,
    MonthOfYear,
    WeekOfYear,
}
