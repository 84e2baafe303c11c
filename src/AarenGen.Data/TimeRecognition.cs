namespace AarenGen.Data;

/// <summary>Recognises the moments that a column of texts or numbers holds.</summary>
internal static class TimeRecognition
{
    /// <summary>If at least this fraction of cells are times, the column holds times, and unreadable cells are mistakes.</summary>
    private const double TimeFraction = 0.5;

    /// <summary>Factor by which one order of day and month must space the rows more evenly than another.</summary>
    private const double ClearlyMore = 0.1;

    /// <summary>Whether at least half of the first cells are written as times.</summary>
    public static bool LooksLikeTimes(IReadOnlyList<string> cells)
    {
        int looked = Math.Min(cells.Count, 100);
        return cells.Take(looked).Count(static cell => TimeText.TryParse(cell, out _)) >= TimeFraction * looked;
    }

    /// <summary>Whether the first cell that can be read names a time of day, or a span, without a day.</summary>
    public static bool IsOfDay(IReadOnlyList<string> cells) =>
        cells.Select(static cell => TimeText.TryParse(cell, out TimeText text) ? text.Form : (TimeForm?)null)
            .FirstOrDefault(static form => form is not null) is TimeForm.TimeOfDay or TimeForm.Elapsed;

    /// <summary>Reads a column that is written as times.</summary>
    /// <param name="name">The column.</param>
    /// <param name="cells">Its cells, at least one.</param>
    /// <param name="time">The moments; null where a cell cannot be read.</param>
    /// <param name="given">The order of day, month and year; null: as the cells show.</param>
    /// <returns>The first row that cannot be read, and why; null: all were.</returns>
    public static (int Row, string Problem)? Read(string name, IReadOnlyList<string> cells, out TimeColumn? time, DateOrder? given = null)
    {
        time = null;
        var texts = new TimeText[cells.Count];
        for (int row = 0; row < texts.Length; row++)
        {
            if (!TimeText.TryParse(cells[row], out texts[row]))
            {
                return (row, cells[row].Length == 0
                    ? "the time is empty; fill it or remove the row."
                    : $"{TableException.Quote(cells[row])} is not a readable time; write it as 2020-01-31 13:00, or pass the "
                        + "column over by naming no time column (none).");
            }
            if (texts[row].Form != texts[0].Form)
            {
                return (row, $"{TableException.Quote(cells[row])} and {TableException.Quote(cells[0])} are written in "
                    + "different forms; write all times of a column alike.");
            }
            if (texts[row].Zone is null != texts[0].Zone is null)
            {
                return (row, $"of {TableException.Quote(cells[row])} and {TableException.Quote(cells[0])} only one names its zone; "
                    + "write all times of a column alike.");
            }
            bool isUnknown = texts[row].Offset is null;
            if ((isUnknown || texts[0].Offset is null)
                && !string.Equals(texts[row].Zone, texts[0].Zone, StringComparison.OrdinalIgnoreCase))
            {
                return (row, $"the zone '{texts[isUnknown ? row : 0].Zone}' is not known, and other rows have another one; write offsets "
                    + "such as +01:00.");
            }
        }
        DateOrder order = DateOrder.DayFirst;
        if (texts[0].Form == TimeForm.UnorderedDate && given is { } asked)
        {
            int wrong = Array.FindIndex(texts, t => t.ToInstant(asked) is null);
            if (wrong >= 0)
            {
                return (wrong, $"{TableException.Quote(cells[wrong])} does not fit the given order of day, month and year (DateOrder); "
                    + "correct it, or write 2020-01-31.");
            }
            order = asked;
        }
        else if (texts[0].Form == TimeForm.UnorderedDate)
        {
            if (Ordered(cells, texts, out (int Row, string Problem)? problem) is not { } found)
            {
                return problem;
            }
            order = found;
        }
        DateTime[] instants = [.. texts.Select(t => t.ToInstant(order)!.Value)];
        bool isOfDay = texts[0].Form == TimeForm.TimeOfDay;
        if (isOfDay && instants.Length > 2
            && instants.Zip(instants.Skip(1)).Count(static p => p.First > p.Second) > 0.5 * (instants.Length - 1))
        {
            return (1, $"the times of day fall from row to row ({TableException.Quote(cells[0])}, then {TableException.Quote(cells[1])}); "
                + "put the earliest row first.");
        }
        for (int row = 1; isOfDay && row < instants.Length; row++)
        {
            while (instants[row] < instants[row - 1])
            {
                // Midnight has passed. The file has no days, so a jump cannot be longer than a day.
                instants[row] = instants[row].AddDays(Math.Max(1, (instants[row - 1] - instants[row]).Days));
            }
        }
        string zone = texts[0].Zone is null ? "" : texts[0].Offset is null ? $", zone {texts[0].Zone} as local time" : ", in UTC";
        time = new(name, texts[0].Form switch
        {
            TimeForm.Month => "months",
            TimeForm.Quarter => "quarters",
            TimeForm.Week => "ISO weeks",
            TimeForm.TimeOfDay => "times of day",
            TimeForm.Elapsed => "elapsed times",
            TimeForm.UnorderedDate => order switch
            {
                DateOrder.DayFirst => "day first",
                DateOrder.MonthFirst => "month first",
                _ => "year first",
            },
            _ => "dates",
        } + zone, instants, !isOfDay, texts[0].Offset is not null);
        return null;
    }

    /// <summary>The one order of day, month and year that all rows allow and that puts them at even distances.</summary>
    public static DateOrder? Ordered(IReadOnlyList<string> cells, TimeText[] texts, out (int Row, string Problem)? problem)
    {
        problem = null;
        if (texts[0].HasPoints && texts.All(static t => t.ToInstant(DateOrder.DayFirst) is not null))
        {
            return DateOrder.DayFirst;
        }
        DateOrder[] possible = [.. Enum.GetValues<DateOrder>().Where(order =>
            texts.All(t => (order != DateOrder.YearFirst || t.C <= 31) && t.ToInstant(order) is not null))];
        if (possible.Length == 0)
        {
            // The first row that rules out the last order that the rows above it allow.
            DateOrder[] left = Enum.GetValues<DateOrder>();
            for (int row = 0; row < texts.Length; row++)
            {
                left = [.. left.Where(order => (order != DateOrder.YearFirst || texts[row].C <= 31)
                    && texts[row].ToInstant(order) is not null)];
                if (left.Length == 0)
                {
                    problem = (row, $"{TableException.Quote(cells[row])} does not have its day where {TableException.Quote(cells[0])} "
                        + "has it; write 2020-01-31.");
                    return null;
                }
            }
        }
        (DateOrder Order, bool IsSorted, double Share)[] ranked =
        [
            .. possible.Select(order =>
            {
                DateTime[] instants = [.. texts.Select(t => t.ToInstant(order)!.Value)];
                bool isSorted = instants.Zip(instants.Skip(1)).All(static p => p.First <= p.Second)
                    || instants.Zip(instants.Skip(1)).All(static p => p.First >= p.Second);
                return (order, isSorted, TimeStep.Find([.. instants.Order()])?.Share ?? 0);
            }).OrderByDescending(static r => r.isSorted).ThenByDescending(static r => r.Item3),
        ];
        if (ranked.Length == 1 || (ranked[0].IsSorted && !ranked[1].IsSorted) || ranked[0].Share > ranked[1].Share + ClearlyMore
            || (ranked[0].Share == 1 && ranked[1].Share < 1))
        {
            return ranked[0].Order;
        }
        problem = (0, $"{TableException.Quote(cells[0])} may have its day or its month first, and no other row tells; write 2020-01-31.");
        return null;
    }
}
