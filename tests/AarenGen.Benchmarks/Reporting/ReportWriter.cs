using System.Text.Json;
using Spectre.Console;

namespace AarenGen.Benchmarks;

/// <summary>
/// Shows sections on the console and writes them to a folder: numbers as JSON, pictures as SVG, and all tables, with the command that
/// made them, as one page of Markdown.
/// </summary>
internal sealed class ReportWriter(string folder, string command)
{
    private readonly MarkdownPage page = new(command);

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public void Write(Section section)
    {
        // Tables must not be folded where the output is a file.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
        var table = new Table { Title = new(Markup.Escape(section.Title)) };
        for (int i = 0; i < section.Columns.Count; i++)
        {
            var column = new TableColumn(Markup.Escape(section.Columns[i]));
            table.AddColumn(i == 0 ? column : column.RightAligned());
        }
        foreach (IReadOnlyList<string> row in section.Rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }
        AnsiConsole.Write(table);
        foreach (string note in section.Notes)
        {
            AnsiConsole.WriteLine(note);
        }
        AnsiConsole.WriteLine();
        Directory.CreateDirectory(folder);
        page.Add(section);
        File.WriteAllText(Path.Combine(folder, "results.md"), page.ToString());
        File.WriteAllText(Path.Combine(folder, section.Name + ".json"), JsonSerializer.Serialize(section.Data, Json) + "\n");
        foreach ((string name, string svg) in section.Figures)
        {
            File.WriteAllText(Path.Combine(folder, $"{section.Name}-{name}.svg"), svg);
        }
    }
}
