using System.Globalization;

namespace AarenGen.Data;

/// <summary>Recognises columns of numbers that hold the time or the order of the rows.</summary>
internal static class NumericTimes
{
    /// <summary>1973 to 2286, in seconds since 1970.</summary>
    private const long SecondsFrom = 100_000_000, SecondsTo = 10_000_000_000;

    /// <summary>1954 to 2119, as Excel counts days.</summary>
    private const double SerialFrom = 20_000, SerialTo = 80_000, LastSerial = 400_000;

    private static readonly (string Unit, double Scale)[] UnixUnits =
        [("seconds", 1), ("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)];

    /// <summary>Dates written as one whole number; the last two are so short that they count only if evenly spaced.</summary>
    private static readonly (string Form, string Layout, bool NeedsStep)[] Layouts =
    [
        ("months", "yyyyMM", false), ("dates", "yyyyMMdd", false), ("dates", "yyyyMMddHH", false),
        ("dates, two-digit years", "yyMMdd", true), ("dates, day first", "ddMMyyyy", true),
    ];

    /// <summary>
    /// Recognises numbers that count time: dates as whole numbers, unix times, Excel's days, years. Without a word for time in the name
    /// only the first column counts, and only if evenly spaced or, as unix times, if it always rises or always falls.
    /// </summary>
    /// <param name="name">The column.</param>
    /// <param name="values">Its numbers.</param>
    /// <param name="isFirst">Whether it is the table's first column.</param>
    /// <param name="isAsked">Whether the user named it as the time column.</param>
    /// <returns>The moments; null where the numbers are none.</returns>
    public static TimeColumn? Read(string name, double[] values, bool isFirst, bool isAsked) =>
        Find(name, values, isFirst, isAsked) is { } form
            ? new(name, form.Name, [.. values.Select(v => form.ToMoment(v)!.Value)]) { IsUtc = form.IsUtc } : null;

    /// <inheritdoc cref="Read"/>
    /// <returns>What turns each of the numbers, and others like them, into a moment; null where the numbers are none.</returns>
    public static NumericTimeForm? Find(string name, double[] values, bool isFirst, bool isAsked)
    {
        bool isHinted = isAsked || TimeNames.SpeakOfTime(name);
        if (!isHinted && !isFirst)
        {
            return null;
        }
        bool isWhole = values.All(static v => v == Math.Floor(v));
        if (isWhole && FromDigits(values, isHinted) is { } compact)
        {
            return compact;
        }
        if (values.Length < (isAsked ? 1 : 2))
        {
            return null;
        }
        double[] sorted = [.. values.Order()];
        (bool isEven, bool isMonotone) = (values.Length > 1 && IsEven(sorted), IsMonotone(values));
        if (isMonotone || (isHinted ? isEven || isWhole : isEven && isWhole))
        {
            foreach ((string unit, double scale) in UnixUnits)
            {
                if (sorted[0] >= SecondsFrom * scale && sorted[^1] < SecondsTo * scale)
                {
                    // A wrong number of a later row may lie far beyond.
                    return new($"unix {unit}", v => Math.Abs(v) < SecondsTo * scale
                        ? DateTime.UnixEpoch.AddTicks((long)Math.Round(v * (TimeSpan.TicksPerSecond / scale))) : null, IsUtc: true);
                }
            }
        }
        if (isHinted && sorted[0] >= SerialFrom && sorted[^1] < SerialTo && (isEven || isMonotone))
        {
            // Excel's day 0; rounded to milliseconds, the resolution of a serial number.
            return new("Excel days", static v => v is > 0 and < LastSerial
                ? new DateTime(1899, 12, 30).AddMilliseconds(Math.Round(v * 86_400_000)) : null);
        }
        bool areYears = TimeNames.SpeakOfYears(name) ? isEven && sorted[0] >= 1000 && sorted[^1] < 3000
            : isFirst && values.Length > 2 && sorted[0] >= 1600 && sorted[^1] < 2200 && IsCount(values, values[0]);
        return isWhole && areYears
            ? new("years", static v => v is >= 1000 and < 3000 && v == Math.Floor(v) ? new DateTime((int)v, 1, 1) : null) : null;
    }

    /// <summary>
    /// Whether a column numbers the rows: the table's first column counts them from 0 or 1; or it has a name that says so and whole
    /// numbers that differ; or no name, as data frames write their index, and whole numbers that differ or count on from row to row.
    /// </summary>
    /// <param name="name">The column.</param>
    /// <param name="values">Its numbers.</param>
    /// <param name="isFirst">Whether it is the file's first column.</param>
    public static bool IsIndex(string name, double[] values, bool isFirst)
    {
        if (values.Length < 2 || values.Any(static v => v != Math.Floor(v)))
        {
            return false;
        }
        if (isFirst && values.Length > 2 && values[0] is 0 or 1 && IsCount(values, values[0]))
        {
            return true;
        }
        bool differ = IsDistinct(values);
        if (TimeNames.IsUnnamed(name))
        {
            return values.All(static v => v >= 0)
                && (differ || values.Zip(values.Skip(1)).All(static p => p.Second == p.First + 1 || p.Second == 0));
        }
        double[] sorted = [.. values.Order()];
        bool isStrong = TimeNames.IsIndexName(name);
        return (isStrong || TimeNames.MayBeIndexName(name))
            && ((sorted[0] >= 0 && IsCount(sorted, sorted[0])) || (isFirst && (isStrong ? differ : IsMonotone(values))));
    }

    /// <summary>
    /// Whether the numbers of a time column order the rows although they are not moments: all differ, and they rise or fall throughout
    /// or, sorted, are evenly spaced. If the user names the column, it is enough that they differ.
    /// </summary>
    public static bool AreOrder(double[] values, bool isAsked) => IsDistinct(values)
        && (isAsked || (values.Length > 2 && (IsMonotone(values) || IsEven([.. values.Order()]))));

    /// <summary>
    /// Whether a column repeats the moments of another one, such as a clock of another zone or the month of a date.
    /// </summary>
    public static bool Repeats(TimeColumn column, TimeColumn moments) =>
        column.Instants.Zip(moments.Instants).All(p => (p.First - p.Second).Duration() <= TimeSpan.FromDays(1)
            || (column.Form == "months" && (p.First.Year, p.First.Month) == (p.Second.Year, p.Second.Month)));

    private static NumericTimeForm? FromDigits(double[] values, bool isHinted)
    {
        foreach ((string form, string layout, bool needsStep) in Layouts)
        {
            var instants = new DateTime[values.Length];
            int row = 0;
            while (row < values.Length && ParseDigits(values[row], layout) is { } instant)
            {
                instants[row++] = instant;
            }
            if (row == values.Length && ((isHinted && !needsStep) || TimeStep.Find([.. instants.Order()]) is { Share: >= 0.7 }))
            {
                return new(form, v => v == Math.Floor(v) ? ParseDigits(v, layout) : null);
            }
        }
        return null;
    }

    private static DateTime? ParseDigits(double value, string layout)
    {
        // One zero may have been lost at the beginning, as of the first of a month.
        string digits = value >= Math.Pow(10, layout.Length - 2) && value < 1e10
            ? ((long)value).ToString($"D{layout.Length}", CultureInfo.InvariantCulture) : "";
        if (digits.Length != layout.Length)
        {
            return null;
        }
        int Part(char letter, int absent) => layout.Contains(letter)
            ? int.Parse(digits.AsSpan(layout.IndexOf(letter), layout.Count(c => c == letter)), CultureInfo.InvariantCulture) : absent;
        (int year, int month, int day, int hour) = (Part('y', 0), Part('M', 1), Part('d', 1), Part('H', 0));
        year += layout.Contains("yyyy", StringComparison.Ordinal) ? 0 : year < 70 ? 2000 : 1900;
        return year is >= 1800 and < 2200 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && hour <= 24
            ? new DateTime(year, month, day).AddHours(hour) : null;
    }

    private static bool IsCount(double[] values, double first) => values.Index().All(pair => pair.Item == first + pair.Index);

    private static bool IsDistinct(double[] values) => values.Distinct().Count() == values.Length;

    private static bool IsEven(double[] sorted)
    {
        double step = (sorted[^1] - sorted[0]) / (sorted.Length - 1);
        double[] differences = [.. sorted.Zip(sorted.Skip(1), static (a, b) => b - a)];
        double frequent = differences.GroupBy(d => step == 0 ? 0 : Math.Round(d / step, 2)).Max(static g => g.Count());
        return step != 0 && frequent >= 0.9 * differences.Length;
    }

    private static bool IsMonotone(double[] values) =>
        values.Zip(values.Skip(1)).All(static p => p.First < p.Second) || values.Zip(values.Skip(1)).All(static p => p.First > p.Second);
}
