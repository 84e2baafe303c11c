using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using AarenGen.Tool.Files;
using Spectre.Console;

namespace AarenGen.Tool.Commands;

/// <summary><c>aarengen inspect</c>: what a file holds, without the class of its model.</summary>
internal static class InspectCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "Weights, a compiled model, a checkpoint, or states" };
        Option<bool> json = new("--json") { Description = "Write the report as JSON" };
        var command = new Command("inspect", "Shows what a file holds, and whether it is undamaged.") { file, json };
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
            report.CheckChecksum();
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    private static void Show(FileReport report)
    {
        ModelFileInfo info = report.Info;
        Console.WriteLine($"{report.Path}: {report.Kind}, {report.Bytes:N0} bytes"
            + (report.HoldsStates ? $", {info.States.Count:N0} in all"
                : $", {info.Tensors.Count:N0} tensors, {report.Parameters:N0} weights")
            + (report.Rows is { } rows ? $", after {rows:N0} rows" : ""));
        Console.WriteLine($"declaration: {info.DeclarationFingerprint ?? "unknown"}");
        ShowIfKnown("weights", info.WeightFingerprint);
        ShowIfKnown("precision", info.Precision?.ToString());
        ShowIfKnown("fitted until", info.FittedUntil?.ToString("O", CultureInfo.InvariantCulture));
        ShowIfKnown("return scale", info.ReturnScale?.ToString(CultureInfo.InvariantCulture));
        Console.WriteLine($"checksum: {report.HasRightChecksum switch { true => "right", false => "wrong", null => "none" }}");
        foreach ((string key, string value) in info.Metadata)
        {
            Console.WriteLine($"{key}: {(value.Length <= 200 ? value : value[..200] + "…").ReplaceLineEndings(" ")}");
        }
        ShowTable(
            info.Tensors, ["tensor", "type", "shape", "bytes"],
            static t => [t.Name, t.Type, $"[{string.Join(", ", t.Shape)}]", $"{t.Bytes:N0}"]);
        ShowTable(
            info.States, ["series", "weights", "tokens", "bytes"],
            static s => [s.Series ?? "", s.WeightFingerprint ?? "", $"{s.TokenCount:N0}", $"{s.Bytes:N0}"]);
    }

    private static void ShowIfKnown(string name, string? value)
    {
        if (value is not null)
        {
            Console.WriteLine($"{name}: {value}");
        }
    }

    private static void ShowTable<T>(IReadOnlyList<T> rows, string[] columns, Func<T, string[]> cells)
    {
        if (rows.Count == 0)
        {
            return;
        }
        Table table = new Table().Border(TableBorder.Simple).AddColumns(columns);
        table.Columns[^1].Alignment = Justify.Right;
        foreach (T row in rows)
        {
            table.AddRow([.. cells(row).Select(Markup.Escape)]);
        }
        AnsiConsole.Write(table);
    }

    private static void WriteJson(FileReport report) => Console.WriteLine(JsonSerializer.Serialize(
        new
        {
            report.Kind, report.Bytes, Declaration = report.Info.DeclarationFingerprint, report.Info.WeightFingerprint,
            Precision = report.Info.Precision?.ToString(), report.Info.FittedUntil, report.Info.ReturnScale,
            report.HasRightChecksum, report.Rows, report.Info.Metadata, report.Info.Tensors, report.Info.States,
        }, Json));
}
