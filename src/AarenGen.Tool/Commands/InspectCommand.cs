using System.CommandLine;
using System.Text.Json;
using AarenGen.Tool.Files;
using Spectre.Console;

namespace AarenGen.Tool.Commands;

/// <summary><c>aarengen inspect</c>: what a file holds, without the class of its model.</summary>
internal static class InspectCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "Weights, a compiled model, a checkpoint, or states" };
        Option<bool> json = new("--json") { Description = "Write the report as JSON" };
        var command = new Command("inspect", "Shows what a file holds: its kind, tensors and metadata.") { file, json };
        command.Runs((parsed, _) =>
        {
            var report = FileReport.Read(parsed.GetValue(file)!);
            if (parsed.GetValue(json))
            {
                WriteJson(report);
            }
            else
            {
                Show(report);
            }
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    private static void Show(FileReport report)
    {
        Console.WriteLine($"{report.Path}: {report.Kind}, {report.Bytes:N0} bytes"
            + (report.Tensors.Count == 0 ? "" : $", {report.Tensors.Count:N0} tensors, {report.Parameters:N0} weights")
            + (report.Rows is { } rows ? $", after {rows:N0} rows" : ""));
        Console.WriteLine($"declaration: {report.Declaration ?? "not told"}");
        foreach ((string key, string value) in report.Metadata.OrderBy(static m => m.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{key}: {(value.Length <= 200 ? value : value[..200] + "…").ReplaceLineEndings(" ")}");
        }
        if (report.Tensors.Count > 0)
        {
            Table table = new Table().Border(TableBorder.Simple).AddColumns("tensor", "type", "shape", "bytes");
            table.Columns[3].Alignment = Justify.Right;
            foreach (SavedTensor tensor in report.Tensors)
            {
                table.AddRow(
                    Markup.Escape(tensor.Name), tensor.Type, Markup.Escape($"[{string.Join(", ", tensor.Shape)}]"), $"{tensor.Bytes:N0}");
            }
            AnsiConsole.Write(table);
        }
    }

    private static void WriteJson(FileReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("kind", report.Kind);
            json.WriteNumber("bytes", report.Bytes);
            json.WriteString("declaration", report.Declaration);
            if (report.Rows is { } rows)
            {
                json.WriteNumber("rows", rows);
            }
            json.WriteStartObject("metadata");
            foreach ((string key, string value) in report.Metadata)
            {
                json.WriteString(key, value);
            }
            json.WriteEndObject();
            json.WriteStartArray("tensors");
            foreach (SavedTensor tensor in report.Tensors)
            {
                json.WriteStartObject();
                json.WriteString("name", tensor.Name);
                json.WriteString("type", tensor.Type);
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                {
                    json.WriteNumberValue(size);
                }
                json.WriteEndArray();
                json.WriteNumber("bytes", tensor.Bytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        Console.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
