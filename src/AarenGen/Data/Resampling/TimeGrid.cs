using System.Globalization;

namespace AarenGen;

/// <summary>
/// A regular grid of time: intervals that follow each other without end, each with its beginning and without its end. Intervals of fixed
/// length are counted from Monday, 1 January 2001, 00:00 UTC. Days, weeks (from Monday), months and years follow the calendar of a zone,
/// so that a day there has 23 or 25 hours when a clock changes. Immutable and thread-safe.
/// </summary>
public sealed class TimeGrid : IEquatable<TimeGrid>
{
    private static readonly long Origin = new DateTime(2001, 1, 1).Ticks;
    private readonly Unit unit;
    private readonly long count;
    private readonly TimeZoneInfo zone;

    private TimeGrid(Unit unit, long count, TimeZoneInfo? zone) =>
        (this.unit, this.count, this.zone) = (unit, count, zone ?? TimeZoneInfo.Utc);

    private enum Unit
    {
        Ticks,
        Days,
        Months,
    }

    /// <summary>The zone whose calendar the grid follows; intervals of fixed length do not depend on it.</summary>
    public TimeZoneInfo Zone => zone;

    /// <summary>The length of an interval; null where the calendar decides it.</summary>
    public TimeSpan? FixedLength => unit == Unit.Ticks ? TimeSpan.FromTicks(count) : null;

    /// <summary>Intervals of a day on average, by years of 365.2425 days; below 1 for longer ones.</summary>
    public double IntervalsPerDay => unit switch
    {
        Unit.Ticks => (double)TimeSpan.TicksPerDay / count,
        Unit.Days => 1.0 / count,
        _ => 12 / 365.2425 / count,
    };

    /// <summary>
    /// After how many intervals the calendar repeats, the shortest season first: a day, a week and a year for parts of a day, a week and
    /// a year for days, a year for weeks and months. Only whole numbers of intervals, at least 2, except that a year has 365 days or 52
    /// weeks. Empty where there is none.
    /// </summary>
    public IReadOnlyList<int> Seasons
    {
        get
        {
            if (unit == Unit.Months)
            {
                return count < 12 && 12 % count == 0 ? [(int)(12 / count)] : [];
            }
            long length = unit == Unit.Days ? count * TimeSpan.TicksPerDay : count;
            if (length == 7 * TimeSpan.TicksPerDay)
            {
                return [52];
            }
            long[] days = [1, 7, 365];
            return
            [
                .. days.Select(static d => d * TimeSpan.TicksPerDay)
                    .Where(season => season % length == 0 && season / length is >= 2 and <= int.MaxValue)
                    .Select(season => (int)(season / length)),
            ];
        }
    }

    /// <summary>A grid of intervals of a fixed length.</summary>
    /// <param name="every">The length, above zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is not above zero.</exception>
    public static TimeGrid Every(TimeSpan every)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(every, TimeSpan.Zero);
        return new(Unit.Ticks, every.Ticks, null);
    }

    /// <summary>A grid of days of the calendar.</summary>
    /// <param name="days">The days of an interval, from 1 to 10,000; 7 begins on Mondays.</param>
    /// <param name="zone">The zone; null: UTC.</param>
    public static TimeGrid Days(int days = 1, TimeZoneInfo? zone = null) => new(Unit.Days, Checked(days), zone);

    /// <summary>A grid of months of the calendar.</summary>
    /// <param name="months">The months of an interval, from 1 to 10,000; 3 are quarters, 12 are years.</param>
    /// <param name="zone">The zone; null: UTC.</param>
    public static TimeGrid Months(int months = 1, TimeZoneInfo? zone = null) => new(Unit.Months, Checked(months), zone);

    /// <summary>
    /// A grid as a text names it: a whole number, if not 1, and a unit: <c>ms</c>, <c>s</c>, <c>min</c>, <c>h</c>, <c>d</c>, <c>w</c>,
    /// <c>mo</c>, <c>q</c> or <c>y</c>, such as "15min", "1h" or "mo". Days and longer units follow the calendar; 24h does not.
    /// </summary>
    /// <param name="every">The text.</param>
    /// <param name="zone">The zone of calendar units; null: UTC.</param>
    /// <exception cref="FormatException">The text names no grid.</exception>
    public static TimeGrid Parse(string every, TimeZoneInfo? zone = null)
    {
        ArgumentNullException.ThrowIfNull(every);
        ReadOnlySpan<char> text = every.AsSpan().Trim();
        int digits = text.IndexOfAnyExceptInRange('0', '9');
        int number = 1;
        bool isRead = digits == 0
            || (digits > 0 && int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out number));
        if (isRead && number is >= 1 and <= 10_000)
        {
            switch (text[digits..].Trim())
            {
                case "ms": return Every(TimeSpan.FromMilliseconds(number));
                case "s" or "sec": return Every(TimeSpan.FromSeconds(number));
                case "min" or "m": return Every(TimeSpan.FromMinutes(number));
                case "h": return Every(TimeSpan.FromHours(number));
                case "d": return Days(number, zone);
                case "w": return new(Unit.Days, 7 * number, zone);
                case "mo": return Months(number, zone);
                case "q": return new(Unit.Months, 3 * number, zone);
                case "y": return new(Unit.Months, 12 * number, zone);
            }
        }
        throw new FormatException(
            $"'{every}' is no grid of time; write a whole number from 1 to 10000 and one of ms, s, min, h, d, w, mo, q, y, such as 15min.");
    }

    /// <summary>The number of the interval in which a moment lies. Numbers count up with time.</summary>
    /// <param name="moment">The moment.</param>
    public long IndexOf(DateTimeOffset moment)
    {
        if (unit == Unit.Ticks)
        {
            return FloorDivide(moment.UtcTicks - Origin, count);
        }
        DateTime local = ReferenceEquals(zone, TimeZoneInfo.Utc) ? moment.UtcDateTime : TimeZoneInfo.ConvertTime(moment, zone).DateTime;
        return unit == Unit.Days ? FloorDivide(FloorDivide(local.Ticks - Origin, TimeSpan.TicksPerDay), count)
            : FloorDivide((local.Year - 2001) * 12L + local.Month - 1, count);
    }

    /// <summary>The beginning of an interval, in UTC: the first moment of its first day, even if a clock skips midnight.</summary>
    /// <param name="index">The interval's number.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval lies beyond the calendar, years 1 to 9999.</exception>
    public DateTimeOffset StartOf(long index)
    {
        try
        {
            return checked(unit switch
            {
                Unit.Ticks => new DateTimeOffset(Origin + index * count, TimeSpan.Zero),
                Unit.Days => FirstMoment(new DateTime(Origin + index * count * TimeSpan.TicksPerDay)),
                _ => FirstMoment(new DateTime(2001, 1, 1).AddMonths((int)(index * count))),
            });
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, "The interval lies beyond the calendar.");
        }
    }

    /// <inheritdoc/>
    public bool Equals(TimeGrid? other) => other is not null && (unit, count) == (other.unit, other.count)
        && (unit == Unit.Ticks || zone.Equals(other.zone));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TimeGrid);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(unit, count);

    /// <summary>
    /// The length of an interval, such as "15min", as <see cref="Parse"/> reads it if the number is at most 10,000 and the unit is not
    /// "ticks", of 100 nanoseconds each. The zone is not part of it.
    /// </summary>
    public override string ToString()
    {
        (long number, string name) = unit switch
        {
            Unit.Months => count % 12 == 0 ? (count / 12, "y") : count % 3 == 0 ? (count / 3, "q") : (count, "mo"),
            Unit.Days => count % 7 == 0 ? (count / 7, "w") : (count, "d"),
            _ when count % TimeSpan.TicksPerHour == 0 => (count / TimeSpan.TicksPerHour, "h"),
            _ when count % TimeSpan.TicksPerMinute == 0 => (count / TimeSpan.TicksPerMinute, "min"),
            _ when count % TimeSpan.TicksPerSecond == 0 => (count / TimeSpan.TicksPerSecond, "s"),
            _ when count % TimeSpan.TicksPerMillisecond == 0 => (count / TimeSpan.TicksPerMillisecond, "ms"),
            _ => (count, "ticks"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number}{name}");
    }

    private static long Checked(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, 10_000);
        return number;
    }

    private static long FloorDivide(long a, long b) => a / b - (a % b < 0 ? 1 : 0);

    private DateTimeOffset FirstMoment(DateTime midnight)
    {
        if (ReferenceEquals(zone, TimeZoneInfo.Utc))
        {
            return new(midnight, TimeSpan.Zero);
        }
        if (zone.IsAmbiguousTime(midnight))
        {
            return new(midnight.Ticks - zone.GetAmbiguousTimeOffsets(midnight).Max().Ticks, TimeSpan.Zero);
        }
        // Where a clock skips midnight, the day begins when it was set forward: midnight by the offset before.
        TimeSpan offset = zone.GetUtcOffset(zone.IsInvalidTime(midnight) ? midnight.AddDays(-1) : midnight);
        return new(midnight.Ticks - offset.Ticks, TimeSpan.Zero);
    }
}
