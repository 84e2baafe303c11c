using System.Globalization;
using System.Text;

namespace Reporting;

/// <summary>The report of a folder of runs: one self-contained page, the same as Markdown with figures in files, and JSON.</summary>
internal static class Report
{
    /// <summary>The page's file name.</summary>
    public const string HtmlName = "report.html";

    /// <summary>Writes report.html, report.md with its pictures, and report.json.</summary>
    /// <param name="output">The folder.</param>
    /// <param name="results">The runs.</param>
    public static void Write(string output, IReadOnlyList<RunResult> results)
    {
        IReadOnlyList<Group> groups = Summary.Of(results);
        string pictures = Path.Combine(output, "figures");
        Directory.CreateDirectory(pictures);
        var html = new HtmlPage("Results");
        var markdown = new StringBuilder();
        markdown.Append("# Results\n\n");
        const string intro = "Scores are mean ± sample standard deviation over seeds; the best mean of a column is bold. Models that are "
            + "named after a mixer differ only in it; if a recipe stands before the mixer, within the recipe.";
        html.AddText(groups.Count == 0 ? "No run is finished." : intro);
        markdown.Append(groups.Count == 0 ? "No run is finished.\n" : intro + "\n");
        foreach (Overview overview in Overview.Of(groups))
        {
            html.AddHeading($"{overview.Task}: overview");
            markdown.Append(CultureInfo.InvariantCulture, $"\n## {overview.Task}: overview\n\n");
            AppendTable(html, markdown, overview.Header, overview.Rows);
        }
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (Group group in groups)
        {
            Section(group, html, markdown, pictures, names);
        }
        WholeFile.WriteText(Path.Combine(output, HtmlName), html.ToString());
        WholeFile.WriteText(Path.Combine(output, "report.md"), markdown.ToString());
        WholeFile.WriteText(Path.Combine(output, "report.json"), RunStore.ToJson(results));
    }

    private static void Section(Group group, HtmlPage html, StringBuilder markdown, string pictures, HashSet<string> names)
    {
        html.AddHeading($"{group.Task}: {group.Title}");
        markdown.Append(CultureInfo.InvariantCulture, $"\n## {group.Task}: {Literal(group.Title)}\n\n");
        AppendTable(html, markdown, ResultTable.Header(group), group.Models.Select(model => ResultTable.Row(group, model)));
        foreach (string source in Sources(group))
        {
            html.AddNote(source);
            markdown.Append(CultureInfo.InvariantCulture, $"\n{Literal(source)}\n");
        }
        // One of the models for each way of training: those that share it differ only in the mixer.
        foreach (ModelSummary shown in group.Models.Where(static m => m.Training is not null)
            .DistinctBy(static m => m.Training!.Recipe))
        {
            Training training = shown.Training!;
            html.AddDetails(
                $"The declaration of {shown.Model}, and how it was trained", training.Declaration, training.Recipe);
            // A declaration in C#, or the card of a model.
            string language = training.Declaration.StartsWith('[') ? "csharp" : "text";
            markdown.Append(CultureInfo.InvariantCulture,
                $"\n{shown.Model}, trained by {training.Recipe}:\n\n```{language}\n{training.Declaration}\n```\n");
        }
        foreach ((string name, string caption, string svg) in Charts.Of(group))
        {
            string file = FileNames.Of($"{group.Task}-{group.Title}") + "-" + FileNames.Of(name);
            // Titles that give the same file name are numbered.
            file = Enumerable.Range(1, int.MaxValue)
                .Select(n => n == 1 ? $"{file}.svg" : string.Create(CultureInfo.InvariantCulture, $"{file}-{n}.svg")).First(names.Add);
            WholeFile.WriteText(Path.Combine(pictures, file), svg);
            html.AddFigure(svg, caption, $"{caption} {Sources(group).Last()}");
            markdown.Append(CultureInfo.InvariantCulture, $"\n![{Literal(caption)}](figures/{file})\n\n*{Literal(caption)}*\n");
        }
    }

    private static void AppendTable(
        HtmlPage html, StringBuilder markdown, string[] header, IEnumerable<(string Text, bool IsBest)[]> rows)
    {
        (string Text, bool IsBest)[][] all = [.. rows];
        html.AddTable(header, all);
        markdown.Append(CultureInfo.InvariantCulture,
            $"| {string.Join(" | ", header.Select(Literal))} |\n|---|{string.Concat(Enumerable.Repeat("---:|", header.Length - 1))}\n");
        foreach ((string Text, bool IsBest)[] cells in all)
        {
            markdown.Append(CultureInfo.InvariantCulture,
                $"| {string.Join(" | ", cells.Select(static c => c.IsBest ? $"**{Literal(c.Text)}**" : Literal(c.Text)))} |\n");
        }
    }

    /// <summary>The origin of the group's figures, one line for each way in which they were made.</summary>
    private static IEnumerable<string> Sources(Group group) => group.Models.SelectMany(static m => m.Runs)
        .GroupBy(static r => (r.Provenance.Command, r.Provenance.Commit, r.Provenance.Machine))
        .Select(static g => string.Create(
            CultureInfo.InvariantCulture,
            $"Made by: {g.Key.Command}; commit {g.Key.Commit}; {g.Key.Machine}; {g.Min(static r => r.Provenance.Started):yyyy-MM-dd}; "
                + $"seeds {string.Join(", ", g.Select(static r => r.Key.Seed).Where(static s => s > 0).Distinct().Order())}."));

    /// <summary>Text escaped for Markdown: names of data may hold any character.</summary>
    private static string Literal(string text) =>
        string.Concat(text.Select(
            static c => c is '\\' or '|' or '*' or '`' or '[' or ']' or '<' or '>' ? $"\\{c}" : char.IsControl(c) ? " " : c.ToString()));
}
