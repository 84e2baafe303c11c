using System.Text.RegularExpressions;

namespace AarenGen.Data;

/// <summary>A part of a date that a separate column may hold.</summary>
internal enum DatePart
{
    Year,
    Quarter,
    Month,
    Week,
    Day,
    DayOfYear,
    Hour,
    Minute,
    Second,
}

/// <summary>Meanings of column names for time and order.</summary>
internal static partial class TimeNames
{
    private static readonly HashSet<string> TimeWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "date", "dates", "time", "times", "timestamp", "timestamps", "datetime", "ds", "ts", "t", "epoch", "unix", "utc", "week", "month",
        "quarter", "year", "datum", "zeit", "zeitstempel", "uhrzeit", "jahr", "monat", "fecha", "hora", "heure", "annee", "année", "anno",
        "año",
    };

    private static readonly HashSet<string> YearWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "year", "jahr", "annee", "année", "anno", "año", "date", "time", "ds", "t",
    };

    /// <summary>Words that end in "time" or "date" but mean a duration or something else.</summary>
    private static readonly HashSet<string> OtherWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "uptime", "lifetime", "runtime", "overtime", "downtime", "sometime", "parttime", "fulltime", "leadtime", "airtime", "playtime",
        "candidate", "update", "validate", "mandate", "consolidate", "liquidate", "outdate", "accommodate",
    };

    private static readonly HashSet<string> IndexWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "index", "idx", "row", "rownum", "rownames", "id",
    };

    /// <summary>Words that mean a quantity as often as a row number: NO is a gas, n a count.</summary>
    private static readonly HashSet<string> WeakIndexWords = new(StringComparer.OrdinalIgnoreCase) { "no", "nr", "#", "n", "i" };

    private static readonly Dictionary<string, DatePart> Parts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["year"] = DatePart.Year, ["yr"] = DatePart.Year, ["yyyy"] = DatePart.Year, ["jahr"] = DatePart.Year,
        ["quarter"] = DatePart.Quarter, ["qtr"] = DatePart.Quarter, ["q"] = DatePart.Quarter, ["quartal"] = DatePart.Quarter,
        ["month"] = DatePart.Month, ["mo"] = DatePart.Month, ["mon"] = DatePart.Month, ["mm"] = DatePart.Month, ["monat"] = DatePart.Month,
        ["week"] = DatePart.Week, ["wk"] = DatePart.Week, ["woche"] = DatePart.Week,
        ["day"] = DatePart.Day, ["dy"] = DatePart.Day, ["dd"] = DatePart.Day, ["tag"] = DatePart.Day,
        ["doy"] = DatePart.DayOfYear, ["dayofyear"] = DatePart.DayOfYear, ["day_of_year"] = DatePart.DayOfYear,
        ["hour"] = DatePart.Hour, ["hr"] = DatePart.Hour, ["hh"] = DatePart.Hour, ["stunde"] = DatePart.Hour,
        ["minute"] = DatePart.Minute, ["second"] = DatePart.Second,
    };

    /// <summary>Whether a word of a name means a point in time, such as "pickup_datetime" or "startTime", but not "runtime".</summary>
    public static bool SpeakOfTime(string name) => Words(name).Any(static w => TimeWords.Contains(w)
        || ((w.EndsWith("time", StringComparison.OrdinalIgnoreCase) || w.EndsWith("date", StringComparison.OrdinalIgnoreCase)
            || w.EndsWith("timestamp", StringComparison.OrdinalIgnoreCase)) && !OtherWords.Contains(w)));

    /// <summary>Whether a name is a word for time and nothing else; "response time" is not.</summary>
    public static bool IsTimeWord(string name) => TimeWords.Contains(name);

    /// <summary>Whether whole numbers from 1000 to 2999 under a name are years.</summary>
    public static bool SpeakOfYears(string name) => Words(name).Any(YearWords.Contains);

    /// <summary>The part of a date that a name is a word for; null: none.</summary>
    public static DatePart? PartOf(string name) => Parts.TryGetValue(name, out DatePart part) ? part : null;

    /// <summary>Whether a name is empty, or pandas' name for an empty one.</summary>
    public static bool IsUnnamed(string name) =>
        Words(name) is not [var first, ..] || first.Equals("unnamed", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a name says that its column numbers the rows.</summary>
    public static bool IsIndexName(string name) => Words(name) is [var first, ..] && IndexWords.Contains(first);

    /// <summary>Whether a name may also mean a quantity.</summary>
    public static bool MayBeIndexName(string name) => Words(name) is [var first, ..] && WeakIndexWords.Contains(first);

    private static string[] Words(string name) => Divider().Split(name).Where(static w => w.Length > 0).ToArray();

    [GeneratedRegex(@"[ _\-./:()\[\]]+|(?<=[a-z])(?=[A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex Divider();
}
