using System.Globalization;

namespace AarenGen;

/// <summary>
/// Converts the local times of one series to UTC. Keeps the time before, because the order of the times tells the two passages of an hour
/// apart when a clock is set back. Not thread-safe.
/// </summary>
/// <param name="zone">The zone whose clock shows the times.</param>
/// <param name="ambiguous">What times mean that the clock shows twice.</param>
/// <param name="skipped">What times mean that the clock never shows.</param>
public sealed class LocalClock(
    TimeZoneInfo zone, AmbiguousTimes ambiguous = AmbiguousTimes.InOrder, SkippedTimes skipped = SkippedTimes.Refuse)
{
    // Changes of clocks lie at least weeks apart: one within a day of a row before belongs to the same change.
    private static readonly TimeSpan Near = TimeSpan.FromHours(24), Before = TimeSpan.FromHours(-3), After = TimeSpan.FromHours(27);

    private readonly TimeZoneInfo zone = zone ?? throw new ArgumentNullException(nameof(zone));
    private DateTime last = DateTime.MinValue, plainDay = DateTime.MaxValue;
    private TimeSpan plainOffset;
    private bool isSecondPassage, wasAmbiguous;

    /// <summary>Times so far that the clock shows twice.</summary>
    public long AmbiguousCount { get; private set; }

    /// <summary>Times so far that the clock never shows.</summary>
    public long SkippedCount { get; private set; }

    /// <summary>Converts the next time of the series.</summary>
    /// <param name="local">The time that the clock shows; its kind is ignored.</param>
    /// <returns>The moment in UTC, with an offset of zero.</returns>
    /// <exception cref="ArgumentException">The time is ambiguous or skipped, and such times are refused.</exception>
    public DateTimeOffset ToUtc(DateTime local) =>
        TryToUtc(local, out DateTimeOffset utc, out string? problem) ? utc : throw new ArgumentException(problem, nameof(local));

    /// <summary>Converts the next time of the series, if it can be.</summary>
    /// <param name="local">The time that the clock shows; its kind is ignored.</param>
    /// <param name="utc">The moment in UTC, with an offset of zero.</param>
    /// <param name="problem">What is wrong and how to fix it, without a final point; null: nothing.</param>
    /// <returns>Whether it was converted.</returns>
    public bool TryToUtc(DateTime local, out DateTimeOffset utc, out string? problem)
    {
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        (utc, problem) = (default, null);
        if (TryPlainOffset(local, out TimeSpan offset))
        {
            (last, wasAmbiguous) = (local, false);
        }
        else if (zone.IsInvalidTime(local))
        {
            SkippedCount++;
            if (skipped == SkippedTimes.Refuse)
            {
                problem = string.Create(CultureInfo.InvariantCulture,
                    $"the clock of {zone.Id} was set forward and never showed {local:yyyy-MM-dd HH:mm}; name the right zone, or take such "
                    + $"times as not set forward (SkippedTimes)");
                return false;
            }
            offset = zone.GetUtcOffset(local - Near);
            (last, wasAmbiguous) = (local, false);
        }
        else if (zone.IsAmbiguousTime(local))
        {
            AmbiguousCount++;
            TimeSpan[] offsets = zone.GetAmbiguousTimeOffsets(local);
            (TimeSpan early, TimeSpan late) = (offsets.Max(), offsets.Min());
            if (!TryChoose(local, out bool isLate, out problem))
            {
                return false;
            }
            offset = isLate ? late : early;
            (last, wasAmbiguous, isSecondPassage) = (local, true, isLate);
        }
        else
        {
            offset = zone.GetUtcOffset(local);
            (last, wasAmbiguous) = (local, false);
        }
        long ticks = local.Ticks - offset.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
        {
            problem = "the time lies beyond the calendar; correct it";
            return false;
        }
        utc = new(ticks, TimeSpan.Zero);
        return true;
    }

    private bool TryChoose(DateTime local, out bool isLate, out string? problem)
    {
        (isLate, problem) = (ambiguous == AmbiguousTimes.Later, null);
        if (ambiguous is AmbiguousTimes.Earlier or AmbiguousTimes.Later)
        {
            return true;
        }
        bool isSameChange = wasAmbiguous && (local - last).Duration() < Near;
        bool falls = !isSameChange && last > local && last - local < Near;
        if (ambiguous == AmbiguousTimes.Refuse || falls)
        {
            problem = string.Create(CultureInfo.InvariantCulture,
                $"the clock of {zone.Id} was set back and showed {local:yyyy-MM-dd HH:mm} twice"
                + $"{(falls ? ", and the times fall from row to row" : "")}; write times with their offset from UTC, or choose the earlier "
                + $"or the later one (AmbiguousTimes)");
            return false;
        }
        isLate = isSameChange && (isSecondPassage || local <= last);
        return true;
    }

    /// <summary>The offset on a day without a change of the clock, which nearly all days are; it is looked up once a day.</summary>
    private bool TryPlainOffset(DateTime local, out TimeSpan offset)
    {
        DateTime day = local.Date;
        if (day != plainDay && day > DateTime.MinValue + Near && day < DateTime.MaxValue - After)
        {
            TimeSpan before = zone.GetUtcOffset(day + Before);
            if (before == zone.GetUtcOffset(day + After) && before == zone.GetUtcOffset(day + Near / 2))
            {
                (plainDay, plainOffset) = (day, before);
            }
        }
        offset = plainOffset;
        return day == plainDay;
    }
}
