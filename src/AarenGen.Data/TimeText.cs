using System.Globalization;
using System.Text.RegularExpressions;

namespace AarenGen.Data;

/// <summary>The forms of times in cells.</summary>
internal enum TimeForm
{
    /// <summary>A day, with or without the time of day.</summary>
    Date,

    /// <summary>A day as three numbers whose order the whole column decides: 01/02/2020.</summary>
    UnorderedDate,

    /// <summary>A month: 2020-01.</summary>
    Month,

    /// <summary>A quarter of a year: 2020Q1.</summary>
    Quarter,

    /// <summary>A week of ISO 8601: 2020-W01.</summary>
    Week,

    /// <summary>A time of day without a day: 13:00.</summary>
    TimeOfDay,

    /// <summary>A span since some start: 1 days 13:00:00.</summary>
    Elapsed,
}

/// <summary>A cell that holds a moment, parsed as far as possible without other cells.</summary>
/// <param name="Form">Its form.</param>
/// <param name="Date">The day, or the first day of the week, month or quarter; unknown for an unordered date.</param>
/// <param name="A">First number of an unordered date.</param>
/// <param name="B">Second number of an unordered date.</param>
/// <param name="C">Third number of an unordered date.</param>
/// <param name="HasPoints">Whether points separate the numbers of an unordered date, which is then day-first.</param>
/// <param name="OfDay">Time since midnight, up to 24:00; null: none.</param>
/// <param name="Zone">The zone as written; null: none.</param>
/// <param name="Offset">Offset of the zone from UTC; null if there is none or its name is unknown.</param>
internal readonly partial record struct TimeText(
    TimeForm Form, DateTime Date, int A, int B, int C, bool HasPoints, TimeSpan? OfDay, string? Zone, TimeSpan? Offset)
{
    private const int LongestCell = 64, FirstYear = 1000, LastYear = 2999;
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    private const string MonthNames = "(?<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";

    private const string Clock =
        "(?<h>[0-9]{1,2}):(?<min>[0-9]{2})(:(?<s>[0-9]{2})([.,](?<f>[0-9]{1,12}))?)?(\\s?(?<ap>[ap])\\.?m\\.?)?";

    private const string Zones =
        "\\s?((?<zone>Z|(UTC|GMT)?[+\\-\u2212][0-9]{1,2}(:?[0-9]{2})?|[a-z]{1,5}|[a-z]+/[a-z_/]+)(\\s?[\\[(][a-z_/ ]+[\\])])?)?";

    // Zones with one offset everywhere; IST, CST or BST are ambiguous.
    private static readonly Dictionary<string, double> KnownZones = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Z"] = 0, ["UTC"] = 0, ["GMT"] = 0, ["UT"] = 0, ["WET"] = 0, ["WEST"] = 1, ["CET"] = 1, ["CEST"] = 2, ["MEZ"] = 1, ["MESZ"] = 2,
            ["EET"] = 2,
        ["EEST"] = 3, ["MSK"] = 3, ["JST"] = 9, ["KST"] = 9, ["AEST"] = 10, ["AEDT"] = 11, ["NZST"] = 12, ["NZDT"] = 13, ["EST"] = -5,
            ["EDT"] = -4,
        ["CDT"] = -5, ["MST"] = -7, ["MDT"] = -6, ["PST"] = -8, ["PDT"] = -7, ["AKST"] = -9, ["AKDT"] = -8, ["HST"] = -10,
    };

    /// <summary>Reads a cell; false if it holds no moment, or one that the calendar does not have.</summary>
    public static bool TryParse(string cell, out TimeText time)
    {
        time = default;
        // Every form has a digit and another character, or at least eight digits.
        if (cell.Length is < 4 or > LongestCell || !cell.AsSpan().ContainsAnyInRange('0', '9'))
        {
            return false;
        }
        Match match = Pattern().Match(cell);
        return match.Success && TryRead(match, out time);
    }

    /// <summary>
    /// Reads a day with or without a time of day as ISO 8601 writes it, 2020-01-31 13:00:00.5+01:00, which most times are, without a string
    /// for it. What it does not read, <see cref="TryParse"/> may.
    /// </summary>
    public static bool TryParseIso(ReadOnlySpan<char> cell, out DateTime local, out TimeSpan? offset)
    {
        (local, offset) = (default, null);
        if (cell.Length < 10 || cell[4] != '-' || cell[7] != '-' || !TryDigits(cell[..4], out int year)
            || !TryDigits(cell[5..7], out int month) || !TryDigits(cell[8..10], out int day) || ToDate(year, month, day) is not { } date)
        {
            return false;
        }
        local = date;
        ReadOnlySpan<char> rest = cell[10..];
        if (rest.IsEmpty)
        {
            return true;
        }
        if (rest.Length < 6 || rest[0] is not (' ' or 'T') || rest[3] != ':' || !TryDigits(rest[1..3], out int hour)
            || !TryDigits(rest[4..6], out int minute) || hour > 23 || minute > 59)
        {
            return false;
        }
        long ticks = hour * TimeSpan.TicksPerHour + minute * TimeSpan.TicksPerMinute;
        rest = rest[6..];
        if (rest.Length >= 3 && rest[0] == ':' && TryDigits(rest[1..3], out int second) && second <= 59)
        {
            ticks += second * TimeSpan.TicksPerSecond;
            rest = rest[3..];
            if (rest is ['.', ..])
            {
                int length = rest[1..].IndexOfAnyExceptInRange('0', '9');
                ReadOnlySpan<char> fraction = length < 0 ? rest[1..] : rest[1..(length + 1)];
                if (fraction.Length is < 1 or > 7 || !TryDigits(fraction, out int value))
                {
                    return false;
                }
                for (int i = fraction.Length; i < 7; i++)
                {
                    value *= 10;
                }
                ticks += value;
                rest = rest[(fraction.Length + 1)..];
            }
        }
        local = date.AddTicks(ticks);
        if (rest is "Z")
        {
            offset = TimeSpan.Zero;
        }
        else if (rest.Length == 6 && (rest[0] is '+' or '-') && rest[3] == ':' && TryDigits(rest[1..3], out int hours)
            && TryDigits(rest[4..6], out int minutes) && hours < 15 && minutes < 60)
        {
            offset = (rest[0] == '-' ? -1 : 1) * new TimeSpan(hours, minutes, 0);
        }
        return rest.IsEmpty || offset is not null;
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
            number = 10 * number + c - '0';
        }
        return true;
    }

    /// <summary>The moment, once the order of its numbers is known; in UTC if the zone is known.</summary>
    /// <returns>Null where the calendar has no such day.</returns>
    public DateTime? ToInstant(DateOrder order)
    {
        DateTime? date = Date;
        if (Form == TimeForm.UnorderedDate)
        {
            (int year, int month, int day) = order switch
            {
                DateOrder.DayFirst => (C, B, A),
                DateOrder.MonthFirst => (C, A, B),
                _ => (A, B, C),
            };
            date = ToDate(year < 100 ? year + (year < 70 ? 2000 : 1900) : year, month, day);
        }
        return date + (OfDay ?? TimeSpan.Zero) - (Offset ?? TimeSpan.Zero);
    }

    private static DateTime? ToDate(int year, int month, int day) =>
        year is >= FirstYear and <= LastYear && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month)
            ? new(year, month, day) : null;

    private static bool TryRead(Match match, out TimeText time)
    {
        time = default;
        if (!TryReadClock(match, out TimeSpan? ofDay))
        {
            return false;
        }
        string? zone = Text(match, "zone");
        TimeSpan? offset = zone is null ? null : ToOffset(zone);
        int? year = Number(match, "y"), month = Number(match, "m"), day = Number(match, "d");
        if (Text(match, "name") is { } name)
        {
            month = "janfebmaraprmayjunjulaugsepoctnovdec".IndexOf(name.ToLowerInvariant(), StringComparison.Ordinal) / 3 + 1;
        }
        TimeForm form = TimeForm.Date;
        DateTime? date;
        if (Number(match, "q") is { } quarter)
        {
            (form, date) = (TimeForm.Quarter, ToDate(year!.Value, 3 * quarter - 2, 1));
        }
        else if (Number(match, "w") is { } week)
        {
            (form, date) = (TimeForm.Week, year is >= FirstYear and <= LastYear && week >= 1 && week <= ISOWeek.GetWeeksInYear(year.Value)
                ? ISOWeek.ToDateTime(year.Value, week, (DayOfWeek)((Number(match, "wd") ?? 1) % 7)) : null);
        }
        else if (Number(match, "doy") is { } dayOfYear)
        {
            date = ToDate(year!.Value, 1, 1) is { } start && dayOfYear >= 1 && dayOfYear <= (DateTime.IsLeapYear(start.Year) ? 366 : 365)
                ? start.AddDays(dayOfYear - 1) : null;
        }
        else if (Number(match, "a") is { } a)
        {
            int c = Number(match, "c")!.Value;
            if (c >= 100 && c is < FirstYear or > LastYear)
            {
                return false;
            }
            time = new(TimeForm.UnorderedDate, default, a, Number(match, "b")!.Value, c, Text(match, "sep") == ".", ofDay, zone, offset);
            return Enum.GetValues<DateOrder>().Any(time.CanBe);
        }
        else if (year is not null && day is null)
        {
            (form, date) = (TimeForm.Month, ToDate(year.Value, month!.Value, 1));
        }
        else if (year is not null)
        {
            date = ToDate(year.Value < 100 ? year.Value + (year.Value < 70 ? 2000 : 1900) : year.Value, month!.Value, day!.Value);
        }
        else if (Number(match, "days") is { } days)
        {
            (form, date) = (TimeForm.Elapsed, DateTime.UnixEpoch.AddDays(days));
        }
        else
        {
            (form, date) = (TimeForm.TimeOfDay, DateTime.UnixEpoch);
        }
        time = new(form, date ?? default, 0, 0, 0, false, ofDay, zone, offset);
        return date is not null;
    }

    private bool CanBe(DateOrder order) => (order == DateOrder.YearFirst ? C <= 31 : true) && ToInstant(order) is not null;

    private static bool TryReadClock(Match match, out TimeSpan? ofDay)
    {
        ofDay = null;
        if (Number(match, "h") is not { } hour)
        {
            return true;
        }
        int minute = Number(match, "min") ?? 0, second = Number(match, "s") ?? 0;
        long ticks = Text(match, "f") is { } fraction ? long.Parse(fraction.PadRight(7, '0')[..7], CultureInfo.InvariantCulture) : 0;
        if (Text(match, "ap") is { } half)
        {
            if (hour is < 1 or > 12)
            {
                return false;
            }
            hour = hour % 12 + (half is "p" or "P" ? 12 : 0);
        }
        // 24:00 is the end of the day, and leap seconds exist.
        if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute > 0 || second > 0 || ticks > 0)))
        {
            return false;
        }
        ofDay = new TimeSpan(hour, minute, second) + TimeSpan.FromTicks(ticks);
        return true;
    }

    private static TimeSpan? ToOffset(string zone)
    {
        string text = zone.Replace('\u2212', '-');
        int sign = text.IndexOfAny(['+', '-']);
        if (sign < 0)
        {
            return KnownZones.TryGetValue(text, out double hours) ? TimeSpan.FromHours(hours) : null;
        }
        string digits = text[(sign + 1)..].Replace(":", "", StringComparison.Ordinal);
        int whole = int.Parse(digits.Length <= 2 ? digits : digits[..^2], CultureInfo.InvariantCulture), minutes = digits.Length <= 2 ? 0
            : int.Parse(digits[^2..], CultureInfo.InvariantCulture);
        TimeSpan offset = new(whole, minutes, 0);
        return text[sign] == '-' ? -offset : offset;
    }

    private static string? Text(Match match, string group) => match.Groups[group] is { Success: true } found ? found.Value : null;

    private static int? Number(Match match, string group) => Text(match, group) is { } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    // [0-9], because \d matches digits of every script, which int.Parse does not read.
    [GeneratedRegex(
        "^((mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\\s+)?\\[?(" +
        "(" +
        "(?<y>[0-9]{4})(?<p>[-/.])(?<m>[0-9]{1,2})\\k<p>(?<d>[0-9]{1,2})" +
        "|(?<y>(1[89]|2[01])[0-9]{2})(?<m>[0-9]{2})(?<d>[0-9]{2})" +
        "|(?<a>[0-9]{1,2})(?<sep>[-/.])(?<b>[0-9]{1,2})\\k<sep>(?<c>[0-9]{4}|[0-9]{2})" +
        "|(?<d>[0-9]{1,2})[-/ .]{0,2}" + MonthNames + "[-/ .,]{0,2}(?<y>[0-9]{4}|[0-9]{2})" +
        "|" + MonthNames + "[-/ .]{0,2}(?<d>[0-9]{1,2})(st|nd|rd|th)?,?[-/ ]{1,2}(?<y>[0-9]{4})" +
        "|(?<y>[0-9]{4})[-/ ]?" + MonthNames + "[-/ ]?(?<d>[0-9]{1,2})" +
        "|(?<y>[0-9]{4})-(?<doy>[0-9]{3})" +
        ")(([T_:]|,?\\s+)(" + Clock + "|(?<h>[0-9]{2})((?<min>[0-9]{2})(?<s>[0-9]{2})?)?)" + Zones + "|\\s?(?<zone>Z|UTC|GMT)|)" +
        "|(?<y>(1[89]|2[01])[0-9]{2})(?<m>[0-9]{2})(?<d>[0-9]{2})(?<h>[0-9]{2})(?<min>[0-9]{2})(?<s>[0-9]{2})?" +
        "|(?<y>[0-9]{4})[- ]?W(?<w>[0-9]{1,2})(-?(?<wd>[1-7]))?" +
        "|(?<y>[0-9]{4})[-/ ]?Q(?<q>[1-4])|Q(?<q>[1-4])[-/ ]?(?<y>[0-9]{4})|(?<q>[1-4])Q[-/ ]?(?<y>[0-9]{4})" +
        "|(?<y>[0-9]{4})[-/](?<m>[0-9]{1,2})|(?<m>[0-9]{1,2})[-/](?<y>[0-9]{4})" +
        "|(?<y>[0-9]{4})[-/ ]?" + MonthNames + "|" + MonthNames + "[-/ .,]{0,2}(?<y>[0-9]{4})" +
        "|((?<days>[0-9]{1,6})\\sdays?,?\\s\\+?)" + Clock +
        "|" + Clock + Zones +
        ")\\]?$",
        Options)]
    private static partial Regex Pattern();
}
