using System.Text;

namespace AarenGen.Benchmarks;

/// <summary>All tables of a run as one page of Markdown, with the command that made them.</summary>
internal sealed class MarkdownPage(string command)
{
    private readonly StringBuilder page = new($"# Measured: {Subject(command)}\n\nMade by `{command}` on {DateTime.UtcNow:yyyy-MM-dd}.\n");

    public void Add(Section section) => page.Append(Render(section));

    public override string ToString() => page.ToString();

    /// <summary>Which benchmarks the command runs: the first word behind "--".</summary>
    private static string Subject(string command) => command[(command.IndexOf(" -- ", StringComparison.Ordinal) + 4)..].Split(' ')[0];

    /// <summary>One section: heading, table, notes, pictures.</summary>
    public static string Render(Section section)
    {
        var text = new StringBuilder($"\n## {section.Title}\n\n");
        AddRow(section.Columns);
        AddRow([.. section.Columns.Select(static (_, i) => i == 0 ? "---" : "---:")]);
        foreach (IReadOnlyList<string> row in section.Rows)
        {
            AddRow(row);
        }
        foreach (string note in section.Notes)
        {
            text.Append($"\n{note}\n");
        }
        foreach ((string name, _) in section.Figures)
        {
            text.Append($"\n![{section.Title}]({section.Name}-{name}.svg)\n");
        }
        return text.ToString();

        void AddRow(IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }
}
