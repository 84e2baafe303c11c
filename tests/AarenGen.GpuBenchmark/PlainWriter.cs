using System.Text.Json;
using System.Text.Json.Nodes;

namespace AarenGen.Benchmarks;

/// <summary>
/// Shows sections as Markdown and writes them to a folder: all tables as a page, all numbers as one file of JSON. It needs no reflection.
/// </summary>
internal sealed class PlainWriter(string folder, string command)
{
    private readonly MarkdownPage page = new(command);
    private readonly JsonObject numbers = new() { ["date"] = DateTime.UtcNow.ToString("O") };

    public void Write(Section section)
    {
        Console.Write(MarkdownPage.Render(section));
        page.Add(section);
        numbers[section.Name] = (JsonNode)section.Data;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "results.md"), page.ToString());
        using FileStream file = File.Create(Path.Combine(folder, "results.json"));
        using var json = new Utf8JsonWriter(file, new() { Indented = true });
        numbers.WriteTo(json);
    }
}
