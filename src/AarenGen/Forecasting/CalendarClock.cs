using System.Globalization;

namespace AarenGen;

/// <summary>
/// Reads fields of a zone's calendar, for moments that mostly follow each other: it looks up a day once. Allocates nothing.
/// </summary>
internal struct CalendarClock
{
    /// <summary>From here to below there, in ticks of UTC, all but the time of day is the same.</summary>
    private long from, until;

    /// <summary>The moment that the clock of this day calls midnight.</summary>
    private long midnight;

    private int dayOfWeek, dayOfMonth, month, week;

    /// <summary>Number of categories of a field.</summary>
    public static int Cardinality(CalendarField field) => field switch
    {
        CalendarField.MinuteOfHour => 60,
        CalendarField.HourOfDay => 24,
        CalendarField.DayOfWeek => 7,
        CalendarField.DayOfMonth => 31,
        CalendarField.MonthOfYear => 12,
        CalendarField.WeekOfYear => 53,
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "There is no such field of the calendar."),
    };

    /// <summary>Writes the categories of fields, each from 0.</summary>
    /// <param name="zone">The zone, always the same.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="ticks">The moment, in ticks of UTC, more than two days within the calendar.</param>
    /// <param name="categories">One for each field.</param>
    public void Write(TimeZoneInfo zone, CalendarField[] fields, long ticks, Span<float> categories)
    {
        if (ticks < from || ticks >= until)
        {
            LookUp(zone, ticks);
        }
        uint minute = (uint)((ulong)(ticks - midnight) / TimeSpan.TicksPerMinute);
        for (int i = 0; i < fields.Length; i++)
        {
            categories[i] = fields[i] switch
            {
                CalendarField.MinuteOfHour => minute % 60,
                CalendarField.HourOfDay => minute / 60,
                CalendarField.DayOfWeek => dayOfWeek,
                CalendarField.DayOfMonth => dayOfMonth,
                CalendarField.MonthOfYear => month,
                _ => week,
            };
        }
    }

    private void LookUp(TimeZoneInfo zone, long ticks)
    {
        long offset = Offset(zone, ticks), local = ticks + offset;
        var day = new DateTime(local - local % TimeSpan.TicksPerDay);
        midnight = day.Ticks - offset;
        (from, until) = (midnight, midnight + TimeSpan.TicksPerDay);
        if (!IsConstant(zone, offset))
        {
            // A clock changes on this day. Within an hour of UTC it mostly does not; otherwise this moment alone is known.
            from = ticks - ticks % TimeSpan.TicksPerHour;
            until = from + TimeSpan.TicksPerHour;
            (from, until) = (Math.Max(from, midnight), Math.Min(until, midnight + TimeSpan.TicksPerDay));
            if (!IsConstant(zone, offset))
            {
                (from, until) = (ticks, ticks + 1);
            }
        }
        dayOfWeek = ((int)day.DayOfWeek + 6) % 7;
        dayOfMonth = day.Day - 1;
        month = day.Month - 1;
        week = ISOWeek.GetWeekOfYear(day) - 1;
    }

    /// <summary>Changes of clocks lie weeks apart, so three moments of a day tell whether there is one.</summary>
    private readonly bool IsConstant(TimeZoneInfo zone, long offset) => ReferenceEquals(zone, TimeZoneInfo.Utc)
        || (Offset(zone, from) == offset && Offset(zone, until - 1) == offset && Offset(zone, from + (until - from) / 2) == offset);

    private static long Offset(TimeZoneInfo zone, long ticks) =>
        ReferenceEquals(zone, TimeZoneInfo.Utc) ? 0 : zone.GetUtcOffset(new DateTime(ticks, DateTimeKind.Utc)).Ticks;
}
