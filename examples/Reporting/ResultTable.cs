using System.Globalization;
using Spectre.Console;

namespace Reporting;

/// <summary>A group as a table: one row per model, one column per score.</summary>
internal static class ResultTable
{
    private const int MaxDecimals = 4;

    /// <summary>The columns' names: the model, its scores, parameters, bytes of state, seconds of training, seeds.</summary>
    public static string[] Header(Group group) =>
        ["model", .. Scores(group), "parameters", "state, bytes", "training, s", "seeds"];

    /// <summary>The cells of a model; the best of each column are marked.</summary>
    public static (string Text, bool IsBest)[] Row(Group group, ModelSummary model) =>
    [
        (model.Model, false),
        .. Scores(group).Select(name => model.Scores.FirstOrDefault(s => s.Name == name) is { } score ? (Text(group, score), score.IsBest)
            : ("", false)),
        (model.Training is { } t ? Invariant($"{t.Parameters:N0}") : "", false),
        (model.Training is { } u ? Invariant($"{u.StateBytes:N0}") : "", false),
        (model.Seconds is { } s ? Invariant($"{s:F1}") : "", false), (Invariant($"{model.Runs.Count}"), false),
    ];

    /// <summary>
    /// The table in the console: one column per score if all fit the width, with headers broken only between words; otherwise one model
    /// after another, a line a score.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="width">Characters in a line.</param>
    public static Table ForConsole(Group group, int width)
    {
        string[] header = Header(group);
        (string Text, bool IsBest)[][] rows = [.. group.Models.Select(model => Row(group, model))];
        // Headers and names of models may break between words; scores may not.
        int[] widths = [.. header.Select(
            (name, c) => Math.Max(LongestWord(name), rows.Max(row => c == 0 ? LongestWord(row[c].Text) : row[c].Text.Length)))];
        // A cell has a space on either side, and a border after it.
        int free = width - widths.Sum(static w => w + 3) - 1;
        if (free < 0)
        {
            return AsRecords(group, header, rows);
        }
        widths[0] = Math.Min(widths[0] + free, rows.Max(static row => row[0].Text.Length));
        return AsColumns(group, header, rows, widths);
    }

    /// <summary>
    /// The mean of a score, with as many digits as suit its size, and more where the deviations of a column are smaller than these show.
    /// </summary>
    public static string Mean(Group group, ScoreSummary score) => Number(score.Mean, Decimals(group, score));

    private static int LongestWord(string text) => text.Split(' ').Max(static word => word.Length);

    private static Table AsColumns(Group group, string[] header, (string Text, bool IsBest)[][] rows, int[] widths)
    {
        Table table = Begin(group);
        for (int c = 0; c < header.Length; c++)
        {
            table.AddColumn(new TableColumn(
                Markup.Escape(header[c])) { Alignment = c == 0 ? Justify.Left : Justify.Right, Width = widths[c] });
        }
        foreach ((string Text, bool IsBest)[] row in rows)
        {
            table.AddRow([.. row.Select(MarkupOf)]);
        }
        return table;
    }

    private static Table AsRecords(Group group, string[] header, (string Text, bool IsBest)[][] rows)
    {
        Table table = Begin(group).HideHeaders().AddColumn("").AddColumn(new TableColumn("") { Alignment = Justify.Right });
        foreach ((string Text, bool IsBest)[] row in rows)
        {
            if (table.Rows.Count > 0)
            {
                table.AddEmptyRow();
            }
            table.AddRow($"[underline]{Markup.Escape(row[0].Text)}[/]", "");
            for (int c = 1; c < header.Length; c++)
            {
                if (row[c].Text.Length > 0)
                {
                    table.AddRow(Markup.Escape(header[c]), MarkupOf(row[c]));
                }
            }
        }
        return table;
    }

    private static Table Begin(Group group) => new Table().Title(Markup.Escape(group.Title)).Border(TableBorder.Rounded);

    private static string MarkupOf((string Text, bool IsBest) cell) =>
        cell.IsBest ? $"[bold]{Markup.Escape(cell.Text)}[/]" : Markup.Escape(cell.Text);

    private static string[] Scores(Group group) => [.. group.Models.SelectMany(static m => m.Scores).Select(static s => s.Name).Distinct()];

    private static string Text(Group group, ScoreSummary score) => score.Deviation is { } deviation
        ? $"{Mean(group, score)} ± {Number(deviation, Decimals(group, score))}" : Mean(group, score);

    /// <summary>Scores of one column that are about as large have equally many, so that the smallest deviation shows two digits.</summary>
    private static int Decimals(Group group, ScoreSummary score)
    {
        int ofSize = SizeDecimals(score.Mean);
        double? smallest = group.Models.SelectMany(static m => m.Scores)
            .Where(s => s.Name == score.Name && s.Deviation > 0 && SizeDecimals(s.Mean) == ofSize)
            .Min(static s => s.Deviation);
        return smallest is { } deviation ? Math.Clamp(1 - (int)Math.Floor(Math.Log10(deviation)), ofSize, MaxDecimals) : ofSize;
    }

    private static int SizeDecimals(double number) => Math.Abs(number) switch { >= 1000 => 0, >= 100 => 1, >= 10 => 2, _ => MaxDecimals };

    private static string Number(double number, int decimals) => number.ToString(Invariant($"N{decimals}"), CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
