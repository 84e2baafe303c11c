namespace AarenGen.Data;

/// <summary>How the times of a column are written, found from its first cells; later cells must be written alike.</summary>
internal sealed class TimeFormat
{
    private readonly TimeForm? form;
    private readonly DateOrder? order;
    private readonly NumericTimeForm? numbers;
    private readonly NumberFormat numberFormat;
    private readonly string? problem;
    private readonly string? openName;
    private TimeFormat? decided;
    private bool? hasZone;
    private char[] lastText = [];
    private int lastLength = -1;
    private (DateTime Moment, bool IsUtc) last;

    private TimeFormat(
        TimeForm? form, DateOrder? order, bool? hasZone, NumericTimeForm? numbers, NumberFormat numberFormat, string? problem) =>
        (this.form, this.order, this.hasZone, this.numbers, this.numberFormat, this.problem) =
            (form, order, hasZone, numbers, numberFormat, problem);

    /// <summary>A form that the first cells leave open; the first later cell that can be read decides it.</summary>
    private TimeFormat(string openName, DateOrder? given, NumberFormat numberFormat) =>
        (this.openName, order, this.numberFormat) = (openName, given, numberFormat);

    /// <summary>Looks at the first cells.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="cells">Its first cells that are not missing.</param>
    /// <param name="given">The order of day, month and year; null: as the cells show.</param>
    /// <param name="numberFormat">How the column's numbers are written, if it holds numbers.</param>
    public static TimeFormat Find(string name, IReadOnlyList<string> cells, DateOrder? given, NumberFormat numberFormat)
    {
        if (cells.Count == 0)
        {
            return new(name, given, numberFormat);
        }
        if (TimeRecognition.LooksLikeTimes(cells))
        {
            TimeText[] texts = [.. cells.Select(static cell => TimeText.TryParse(cell, out TimeText text) ? text : (TimeText?)null)
                .Where(static text => text is not null).Select(static text => text!.Value)];
            TimeForm form = texts[0].Form;
            if (form is TimeForm.TimeOfDay or TimeForm.Elapsed)
            {
                return new(form, null, false, null, numberFormat,
                    $"{TableException.Quote(cells[0])} names no day; write days with the times, such as 2020-01-31 13:00.");
            }
            if (form == TimeForm.UnorderedDate && given is null)
            {
                TimeText[] alike = [.. texts.Where(static text => text.Form == TimeForm.UnorderedDate)];
                given = TimeRecognition.Ordered(
                    [.. cells.Where(static cell => TimeText.TryParse(cell, out TimeText text) && text.Form == TimeForm.UnorderedDate)],
                    alike, out _);
                if (given is null)
                {
                    return new(form, null, false, null, numberFormat, $"{TableException.Quote(cells[0])} may have its day or its month "
                        + "first, and the first rows do not tell; set TableOptions.DateOrder, or write 2020-01-31.");
                }
            }
            return new(form, given, texts[0].Zone is not null, null, numberFormat, null);
        }
        var values = new List<double>();
        foreach (string cell in cells)
        {
            if (numberFormat.Parse(cell, out double value) is null)
            {
                values.Add(value);
            }
        }
        return values.Count < (cells.Count + 1) / 2
            ? new(name, given, numberFormat)
            : NumericTimes.Find(name, [.. values], isFirst: true, isAsked: true) is { } found
                ? new(null, null, found.IsUtc, found, numberFormat, null)
                : new(null, null, false, null, numberFormat, "the numbers are no unix times, dates such as 20200131, Excel days or years; "
                    + "write times as 2020-01-31 13:00.");
    }

    /// <summary>Reads a cell that is not missing.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="moment">The moment.</param>
    /// <param name="isUtc">Whether it is in UTC; otherwise it names no zone.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public string? Parse(ReadOnlySpan<char> cell, out DateTime moment, out bool isUtc)
    {
        if (openName is not null)
        {
            (moment, isUtc) = default((DateTime, bool));
            decided ??= Find(openName, [cell.ToString()], order, numberFormat) is { openName: null } found ? found : null;
            return decided is null ? $"{TableException.Quote(cell)} is not a readable time; write it as 2020-01-31 13:00."
                : decided.Parse(cell, out moment, out isUtc);
        }
        // In a long table many rows have the time of the row above.
        if (lastLength == cell.Length && cell.SequenceEqual(lastText.AsSpan(0, lastLength)))
        {
            (moment, isUtc) = last;
            return null;
        }
        string? wrong = problem ?? (numbers is null ? ParseText(cell, out last) : ParseNumber(cell, out last));
        (moment, isUtc) = last;
        lastLength = -1;
        if (wrong is null)
        {
            if (lastText.Length < cell.Length)
            {
                lastText = new char[Math.Max(cell.Length, 32)];
            }
            cell.CopyTo(lastText);
            lastLength = cell.Length;
        }
        return wrong;
    }

    private string? ParseNumber(ReadOnlySpan<char> cell, out (DateTime Moment, bool IsUtc) read)
    {
        read = default;
        if (numberFormat.Parse(cell, out double value) is { } wrong)
        {
            return wrong;
        }
        if (numbers!.ToMoment(value) is not { } moment)
        {
            return $"{TableException.Quote(cell)} is none of the {numbers.Name} that the first rows show; correct it.";
        }
        read = (moment, numbers.IsUtc);
        return null;
    }

    private string? ParseText(ReadOnlySpan<char> cell, out (DateTime Moment, bool IsUtc) read)
    {
        read = default;
        DateTime moment;
        TimeSpan? offset;
        bool isZoned;
        if (form == TimeForm.Date && TimeText.TryParseIso(cell, out DateTime local, out offset))
        {
            (moment, isZoned) = (local, offset is not null);
            if (offset is { } shift)
            {
                moment = Shift(local, shift);
            }
        }
        else
        {
            string text = cell.ToString();
            if (!TimeText.TryParse(text, out TimeText time))
            {
                return $"{TableException.Quote(cell)} is not a readable time; write it as 2020-01-31 13:00.";
            }
            if (time.Form != form)
            {
                return $"{TableException.Quote(cell)} is written in another form than the rows above; write all times of a column alike.";
            }
            if (time.ToInstant(order ?? DateOrder.DayFirst) is not { } instant)
            {
                return $"{TableException.Quote(cell)} does not have its day where the rows above have it; set TableOptions.DateOrder, or "
                    + "write 2020-01-31.";
            }
            if (time.Zone is not null && time.Offset is null)
            {
                return $"the zone {TableException.Quote(time.Zone)} is not known; write offsets such as +01:00.";
            }
            (moment, isZoned) = (instant, time.Zone is not null);
        }
        hasZone ??= isZoned;
        if (isZoned != hasZone)
        {
            return $"of {TableException.Quote(cell)} and the times above only one names its zone; write all times of a column alike.";
        }
        read = (moment, isZoned);
        return null;
    }

    private static DateTime Shift(DateTime local, TimeSpan offset) =>
        new(Math.Clamp(local.Ticks - offset.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks));
}
