using System.Globalization;
using Spectre.Console;

namespace Reporting;

/// <summary>A group as a table: a row a model, a column a score.</summary>
internal static class Tables
{
    /// <summary>The columns' names: the model, its scores, parameters, bytes of state, seconds of training, seeds.</summary>
    public static string[] Header(Group group) =>
        ["model", .. Scores(group), "parameters", "state, bytes", "training, s", "seeds"];

    /// <summary>The cells of a model, and which of them are the best of their column.</summary>
    public static (string Text, bool IsBest)[] Row(Group group, ModelSummary model) =>
    [
        (model.Model, false),
        .. Scores(group).Select(name => model.Scores.FirstOrDefault(s => s.Name == name) is { } score ? (Text(score), score.IsBest) : ("", false)),
        (model.Training is { } t ? Invariant($"{t.Parameters:N0}") : "", false), (model.Training is { } u ? Invariant($"{u.StateBytes:N0}") : "", false),
        (model.Seconds is { } s ? Invariant($"{s:F1}") : "", false), (Invariant($"{model.Runs.Count}"), false),
    ];

    /// <summary>The table in the console.</summary>
    public static Table ForConsole(Group group)
    {
        Table table = new Table().Title(Markup.Escape(group.Title)).Border(TableBorder.Rounded);
        foreach (string name in Header(group))
        {
            table.AddColumn(new TableColumn(Markup.Escape(name)) { Alignment = name == "model" ? Justify.Left : Justify.Right });
        }
        foreach (ModelSummary model in group.Models)
        {
            table.AddRow([.. Row(group, model).Select(static cell => cell.IsBest ? $"[bold]{Markup.Escape(cell.Text)}[/]" : Markup.Escape(cell.Text))]);
        }
        return table;
    }

    private static string[] Scores(Group group) => [.. group.Models.SelectMany(static m => m.Scores).Select(static s => s.Name).Distinct()];

    private static string Text(ScoreSummary score)
    {
        string digits = Math.Abs(score.Mean) switch { >= 1000 => "N0", >= 100 => "F1", >= 10 => "F2", _ => "F4" };
        string mean = score.Mean.ToString(digits, CultureInfo.InvariantCulture);
        return score.Deviation is { } deviation ? $"{mean} ± {deviation.ToString(digits, CultureInfo.InvariantCulture)}" : mean;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
