using System.Globalization;
using System.Net;
using System.Text;

namespace Reporting;

/// <summary>The report of a folder of runs: one self-contained page, the same as Markdown with figures in files, and JSON.</summary>
internal static class Report
{
    /// <summary>The page's file name.</summary>
    public const string HtmlName = "report.html";

    private const string Style = """
        :root { color-scheme: light dark; --line: #8886; --best: #0072b2; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: bottom; }
        td { white-space: nowrap; } h2 { overflow-wrap: anywhere; }
        th:first-child, td:first-child { text-align: left; }
        .scroll { overflow-x: auto; } .best { font-weight: 700; }
        figure { margin: 1rem 0; overflow-x: auto; }
        img { width: 47.5rem; max-width: 100%; min-width: 30rem; height: auto; background: white; border-radius: 4px; }
        figcaption, .source { font-size: .85rem; opacity: .8; } pre { overflow-x: auto; font-size: .85rem; }
        """;

    /// <summary>Writes report.html, report.md with its pictures, and report.json.</summary>
    /// <param name="output">The folder.</param>
    /// <param name="results">The runs.</param>
    public static void Write(string output, IReadOnlyList<RunResult> results)
    {
        IReadOnlyList<Group> groups = Summary.Of(results);
        string pictures = Path.Combine(output, "figures");
        Directory.CreateDirectory(pictures);
        var html = new StringBuilder();
        var markdown = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture,
            $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, "
            + $"initial-scale=1\"/><title>Results</title><style>{Style}</style></head><body>\n<h1>Results</h1>\n");
        markdown.Append("# Results\n\n");
        const string intro = "Scores are mean ± sample standard deviation over seeds; the best mean of a column is bold. Models that are "
            + "named after a mixer differ only in it; if a recipe stands before the mixer, within the recipe.";
        html.Append(CultureInfo.InvariantCulture, $"<p>{(groups.Count == 0 ? "No run is finished." : intro)}</p>\n");
        markdown.Append(groups.Count == 0 ? "No run is finished.\n" : intro + "\n");
        foreach (Overview overview in Overview.Of(groups))
        {
            html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(overview.Task)}: overview</h2>\n");
            markdown.Append(CultureInfo.InvariantCulture, $"\n## {overview.Task}: overview\n\n");
            AppendTable(html, markdown, overview.Header, overview.Rows);
        }
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (Group group in groups)
        {
            Section(group, html, markdown, pictures, names);
        }
        html.Append("</body></html>\n");
        WholeFile.WriteText(Path.Combine(output, HtmlName), html.ToString());
        WholeFile.WriteText(Path.Combine(output, "report.md"), markdown.ToString());
        WholeFile.WriteText(Path.Combine(output, "report.json"), RunStore.ToJson(results));
    }

    private static void Section(Group group, StringBuilder html, StringBuilder markdown, string pictures, HashSet<string> names)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(group.Task)}: {Escape(group.Title)}</h2>\n");
        markdown.Append(CultureInfo.InvariantCulture, $"\n## {group.Task}: {Literal(group.Title)}\n\n");
        AppendTable(html, markdown, ResultTable.Header(group), group.Models.Select(model => ResultTable.Row(group, model)));
        foreach (string source in Sources(group))
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"source\">{Escape(source)}</p>\n");
            markdown.Append(CultureInfo.InvariantCulture, $"\n{Literal(source)}\n");
        }
        // One of the models for each way of training: those that share it differ only in the mixer.
        foreach (ModelSummary shown in group.Models.Where(static m => m.Training is not null)
            .DistinctBy(static m => m.Training!.Recipe))
        {
            Training training = shown.Training!;
            html.Append(CultureInfo.InvariantCulture,
                $"<details><summary>The declaration of {Escape(shown.Model)}, and how it was "
                + $"trained</summary><pre>{Escape(training.Declaration)}</pre><p>{Escape(training.Recipe)}</p></details>\n");
            markdown.Append(CultureInfo.InvariantCulture,
                $"\n{shown.Model}, trained by {training.Recipe}:\n\n```csharp\n{training.Declaration}\n```\n");
        }
        foreach ((string name, string caption, string svg) in Charts.Of(group))
        {
            string file = FileNames.Of($"{group.Task}-{group.Title}") + "-" + FileNames.Of(name);
            // Titles that give the same file name are numbered.
            file = Enumerable.Range(1, int.MaxValue)
                .Select(n => n == 1 ? $"{file}.svg" : string.Create(CultureInfo.InvariantCulture, $"{file}-{n}.svg")).First(names.Add);
            WholeFile.WriteText(Path.Combine(pictures, file), svg);
            // In separate images, the identifiers of figures cannot clash.
            string image = Convert.ToBase64String(Encoding.UTF8.GetBytes(svg));
            html.Append(
                CultureInfo.InvariantCulture,
                $"<figure><img alt=\"{Escape(caption)}\" src=\"data:image/svg+xml;base64,{image}\"/>"
                + $"<figcaption>{Escape(caption)} {Escape(Sources(group).Last())}</figcaption></figure>\n");
            markdown.Append(CultureInfo.InvariantCulture, $"\n![{Literal(caption)}](figures/{file})\n*{Literal(caption)}*\n");
        }
    }

    private static void AppendTable(
        StringBuilder html, StringBuilder markdown, string[] header, IEnumerable<(string Text, bool IsBest)[]> rows)
    {
        html.Append(CultureInfo.InvariantCulture,
            $"<div class=\"scroll\"><table><tr>{string.Concat(header.Select(static h => $"<th>{Escape(h)}</th>"))}</tr>\n");
        markdown.Append(CultureInfo.InvariantCulture,
            $"| {string.Join(" | ", header.Select(Literal))} |\n|---|{string.Concat(Enumerable.Repeat("---:|", header.Length - 1))}\n");
        foreach ((string Text, bool IsBest)[] cells in rows)
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<tr>{string.Concat(cells.Select(static c => $"<td{(c.IsBest ? " class=\"best\"" : "")}>{Escape(c.Text)}</td>"))}</tr>\n");
            markdown.Append(CultureInfo.InvariantCulture,
                $"| {string.Join(" | ", cells.Select(static c => c.IsBest ? $"**{Literal(c.Text)}**" : Literal(c.Text)))} |\n");
        }
        html.Append("</table></div>\n");
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

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
