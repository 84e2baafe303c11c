namespace Reporting;

/// <summary>The headline scores of all settings of a task: one row per model, one column per setting.</summary>
/// <param name="Task">The task.</param>
/// <param name="Header">The columns' names.</param>
/// <param name="Rows">The cells of each model; the best of each column are marked.</param>
internal sealed record Overview(string Task, string[] Header, IReadOnlyList<(string Text, bool IsBest)[]> Rows)
{
    /// <summary>Overviews of the tasks that have two settings or more.</summary>
    public static IReadOnlyList<Overview> Of(IReadOnlyList<Group> groups) =>
        [.. groups.GroupBy(static g => g.Task).Where(static task => task.Count() > 1).Select(static task => Of(task.Key, [.. task]))];

    private static Overview Of(string task, IReadOnlyList<Group> groups)
    {
        // A model that is a baseline in no setting comes before those that are.
        IEnumerable<string> models = groups.SelectMany(static g => g.Models).GroupBy(static m => m.Model)
            .OrderBy(static m => m.Any(static one => one.Training is null)).ThenBy(static m => m.Key, StringComparer.Ordinal)
            .Select(static m => m.Key);
        return new(
            task, ["model", .. groups.Select(static g => $"{g.Title}: {Headline(g)}")],
            [.. models.Select(name => ((string, bool)[])[(name, false), .. groups.Select(g => Cell(g, name))])]);
    }

    private static (string Text, bool IsBest) Cell(Group group, string model) =>
        group.Models.FirstOrDefault(m => m.Model == model)?.Scores.FirstOrDefault(s => s.Name == Headline(group)) is { } score
            ? (ResultTable.Mean(group, score), score.IsBest) : ("", false);

    private static string Headline(Group group) => group.Models[0].Scores[0].Name;
}
