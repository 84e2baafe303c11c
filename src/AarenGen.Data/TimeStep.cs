using System.Globalization;

namespace AarenGen.Data;

/// <summary>Distance of neighbouring rows in time.</summary>
/// <param name="Months">Whole months, if rows are that far apart; otherwise 0.</param>
/// <param name="Span">The time between neighbours if months is 0.</param>
public readonly record struct TimeStep(int Months, TimeSpan Span)
{
    /// <summary>The fraction of neighbours that must be one step apart.</summary>
    private const double RegularShare = 0.5;

    /// <summary>The most frequent distance of neighbours, and the fraction of them that have it.</summary>
    /// <param name="instants">Times that never decrease.</param>
    /// <returns>Null if no distance above 0 occurs between half of the neighbours.</returns>
    public static (TimeStep Step, double Share)? Find(IReadOnlyList<DateTime> instants)
    {
        if (instants.Count < 2)
        {
            return null;
        }
        (TimeStep Step, double Share) months = MostFrequent(instants, static (a, b) => IsSameDayOfMonth(a, b)
            ? new TimeStep(12 * (b.Year - a.Year) + b.Month - a.Month, default) : default);
        (TimeStep Step, double Share) spans = MostFrequent(instants, static (a, b) => new TimeStep(0, b - a));
        (TimeStep Step, double Share) best = months.Share >= spans.Share ? months : spans;
        return best.Share >= RegularShare ? best : null;
    }

    /// <summary>Neighbours further apart than a step, such as "2".</summary>
    public int CountGaps(IReadOnlyList<DateTime> instants)
    {
        int gaps = 0;
        for (int i = 1; i < instants.Count; i++)
        {
            // Half a step of tolerance for summer time and leap seconds.
            gaps += Months > 0 ? instants[i] > instants[i - 1].AddMonths(Months).AddDays(3) ? 1 : 0
                : (instants[i] - instants[i - 1]).Ticks > 1.5 * Span.Ticks ? 1 : 0;
        }
        return gaps;
    }

    /// <inheritdoc/>
    public override string ToString() => this switch
    {
        { Months: > 0 } => Months % 12 == 0 ? Count(Months / 12, "year") : Months == 3 ? "1 quarter" : Count(Months, "month"),
        _ when Span.Ticks % TimeSpan.TicksPerDay == 0 => Span.Days % 7 == 0 ? Count(Span.Days / 7, "week") : Count(Span.Days, "day"),
        _ when Span.Ticks % TimeSpan.TicksPerHour == 0 => Count(Span.TotalHours, "hour"),
        _ when Span.Ticks % TimeSpan.TicksPerMinute == 0 => Count(Span.TotalMinutes, "minute"),
        _ => Count(Span.TotalSeconds, "second"),
    };

    private static string Count(double count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:0.#######} {unit}{(count == 1 ? "" : "s")}");

    private static (TimeStep Step, double Share) MostFrequent(IReadOnlyList<DateTime> instants, Func<DateTime, DateTime, TimeStep> distance)
    {
        var counts = new Dictionary<TimeStep, int>();
        for (int i = 1; i < instants.Count; i++)
        {
            TimeStep step = distance(instants[i - 1], instants[i]);
            if (step.Months > 0 || step.Span > TimeSpan.Zero)
            {
                counts[step] = counts.GetValueOrDefault(step) + 1;
            }
        }
        if (counts.Count == 0)
        {
            return default;
        }
        KeyValuePair<TimeStep, int> frequent = counts.MaxBy(static pair => pair.Value);
        return (frequent.Key, frequent.Value / (instants.Count - 1.0));
    }

    private static bool IsSameDayOfMonth(DateTime a, DateTime b) => a.TimeOfDay == b.TimeOfDay
        && (a.Day == b.Day || (IsLastOfMonth(a) && IsLastOfMonth(b)) || (IsLastOfMonth(b) && b.Day < a.Day)
            || (IsLastOfMonth(a) && a.Day < b.Day));

    private static bool IsLastOfMonth(DateTime day) => day.Day == DateTime.DaysInMonth(day.Year, day.Month);
}
