using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using AarenGen.Data;
using AarenGen.Tool.Projects;
using AarenGen.Tool.Schemas;
using AarenGen.Tool.Tables;
using Spectre.Console;

namespace AarenGen.Tool.Commands;

/// <summary><c>aarengen train</c>: from a table to a trained model and its project.</summary>
internal static class TrainCommand
{
    /// <summary>The version of the packages that belong to the tool.</summary>
    public static string Version => typeof(TrainCommand).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> table = new("table") { Description = "The table: CSV, perhaps with gzip, Parquet or Arrow" };
        Option<string[]> target = Columns<string[]>("--target", "The columns to forecast", table);
        target.Required = true;
        Option<int> horizon = new("--horizon") { Description = "How many intervals to forecast", Required = true };
        Option<string?> time = Columns<string?>("--time", "The column of the times; without it, it is found", table);
        Option<string?> key = Columns<string?>("--key", "The column that tells series apart; without it, it is found", table);
        Option<string[]> known = Columns<string[]>("--known", "Columns known for the horizon as well, such as a plan", table);
        Option<string?> every = new("--every") { Description = "The length of an interval, such as 15min, 1h or 1d" };
        Option<string?> zone = new("--time-zone") { Description = "The zone of times that name none, such as Europe/Berlin" };
        Option<DecimalMark?> mark = new("--decimal-mark") { Description = "Point or comma, where the table does not tell" };
        Option<DateOrder?> order = new("--date-order") { Description = "How 01/02/2026 is meant, where the table does not tell" };
        Option<string[]> missing = new("--missing") { Description = "Words for missing values, besides the usual ones, such as -9999" };
        Option<string?> output = new("--output") { Description = "The folder of the project; without it, one with the table's name" };
        Option<bool> force = new("--force") { Description = "Overwrite the files of the folder" };
        Option<int?> epochs = new("--epochs") { Description = "Rounds of training; without it, as long as they improve" };
        Option<int> seed = new("--seed") { Description = "Seed of the first weights", DefaultValueFactory = static _ => 1 };
        Option<string?> until = new("--until") { Description = "Leave what comes later to the backtest; without it, the last tenth" };
        Option<string?> source = new("--source") { Description = "A folder with AarenGen's packages" };
        Option<string> version = new("--package-version")
        {
            Description = "The version of AarenGen's packages", DefaultValueFactory = static _ => Version,
        };
        Option<bool> dry = new("--dry-run") { Description = "Only show what the columns become" };
        Option<bool> json = new("--json") { Description = "Write the result as JSON" };
        var command = new Command("train", "From a table to a trained model and a C# project that backtests and streams.")
        {
            table, target, horizon, time, key, known, every, zone, mark, order, missing, output, force, epochs, seed, until, source,
            version, dry, json,
        };
        command.Runs(async (parsed, stop) =>
        {
            var clock = Stopwatch.StartNew();
            string path = parsed.GetValue(table)!;
            // Shells complete the name of a folder with a separator.
            string folder = Path.TrimEndingDirectorySeparator(parsed.GetValue(output) ?? Stem(path));
            bool isJson = parsed.GetValue(json), isDry = parsed.GetValue(dry);
            if (!isDry)
            {
                ProjectFolder.CheckEmpty(folder, parsed.GetValue(force));
            }
            if (parsed.GetValue(source) is { } packages && !Directory.Exists(packages))
            {
                throw new UserException($"--source: {packages}: there is no such folder.", ExitCodes.Usage);
            }
            var request = new TableRequest(
                path, parsed.GetValue(target)!, parsed.GetValue(time), parsed.GetValue(key), parsed.GetValue(known),
                FindZone(parsed.GetValue(zone)))
            {
                Reading = new()
                {
                    DecimalMark = parsed.GetValue(mark), DateOrder = parsed.GetValue(order), MissingWords = parsed.GetValue(missing) ?? [],
                },
            };
            TableScan scan = TableScan.Read(request, stop);
            Schema schema = SchemaInference.Infer(
                scan, request, parsed.GetValue(horizon), parsed.GetValue(every), Path.GetFileName(Path.GetFullPath(folder)));
            double inferred = clock.Elapsed.TotalSeconds;
            if (!isJson)
            {
                Show(schema, scan);
            }
            if (isDry)
            {
                return Finish(ExitCodes.Done);
            }
            var project = ProjectFolder.Write(
                folder, new ProjectText(schema, parsed.GetValue(version)!, parsed.GetValue(source)).Files, parsed.GetValue(force));
            Console.Error.WriteLine($"building {folder} …");
            await project.BuildAsync(stop);
            double built = clock.Elapsed.TotalSeconds;
            Console.Error.WriteLine("training …");
            string[] options =
            [
                .. parsed.GetValue(epochs) is { } rounds ? [$"--epochs={rounds}"] : Array.Empty<string>(),
                .. parsed.GetValue(until) is { } moment ? [$"--until={moment}"] : Array.Empty<string>(),
                $"--seed={parsed.GetValue(seed)}",
            ];
            TextWriter standard = Console.Out;
            if (isJson)
            {
                Console.SetOut(Console.Error);
            }
            int code = project.Run(["train", path, .. options]);
            double trained = clock.Elapsed.TotalSeconds;
            if (code == ExitCodes.Done)
            {
                code = project.Run("backtest", path, "--html", Path.Combine(folder, "backtest.html"));
            }
            Console.SetOut(standard);
            return Finish(code, ("inferSeconds", inferred), ("buildSeconds", built - inferred), ("trainSeconds", trained - built));

            int Finish(int code, params (string Name, double Seconds)[] times)
            {
                if (isJson)
                {
                    WriteJson(schema, isDry ? null : folder, times);
                }
                else if (code == ExitCodes.Done && !isDry)
                {
                    Console.WriteLine($"""

                        {folder} has the project, its weights and backtest.html.
                        Next: aarengen stream {folder} --state {folder}/streams.state < ROWS
                        """);
                }
                return code;
            }
        });
        return command;
    }

    /// <summary>An option that names columns; the table's are offered for completion.</summary>
    private static Option<T> Columns<T>(string name, string description, Argument<string> table)
    {
        var option = new Option<T>(name)
        {
            Description = description, AllowMultipleArgumentsPerToken = typeof(T).IsArray, HelpName = "COLUMN",
        };
        option.CompletionSources.Add(context =>
        {
            try
            {
                using TableFile file = TableFile.Open(context.ParseResult.GetValue(table)!);
                return [.. file.Columns.Select(static c => new System.CommandLine.Completions.CompletionItem(c.Name))];
            }
            catch (Exception e) when (e is TableException or ArgumentException or InvalidOperationException)
            {
                return [];
            }
        });
        return option;
    }

    private static TimeZoneInfo? FindZone(string? name) => name is null ? null
        : TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? found) ? found
        : throw new UserException(
            $"--time-zone: this machine knows no zone '{name}'; write a name such as Europe/Berlin.", ExitCodes.Usage);

    private static string Stem(string path) => Path.GetFileName(path).Split('.')[0] is { Length: > 0 } stem ? $"{stem}-model" : "model";

    private static void Show(Schema schema, TableScan scan)
    {
        Console.WriteLine($"{scan.Path}: {scan.Format}, {scan.Rows:N0} rows, {schema.SeriesCount:N0} series, every {schema.Every}"
            + $"{(schema.IsDetected ? "" : " (--every)")}{(schema.IsAggregated ? ", several rows in an interval (their mean)" : "")}");
        foreach (string notice in scan.Notices)
        {
            Console.WriteLine($"note: {notice}");
        }
        Table table = new Table().Border(TableBorder.Simple).AddColumns("column", "property", "role", "");
        foreach (SchemaColumn column in schema.Columns)
        {
            string property = column.Property.Length == 0 ? "" : $"{column.Type} {column.Property}";
            table.AddRow([.. ((string[])[column.Header, property, ProjectText.NameOf(column.Role), column.Reason]).Select(Markup.Escape)]);
        }
        AnsiConsole.Write(table);
    }

    private static void WriteJson(Schema schema, string? folder, IEnumerable<(string Name, double Seconds)> times)
    {
        using var json = new Utf8JsonWriter(Console.OpenStandardOutput(), new() { Indented = true });
        json.WriteStartObject();
        json.WriteString("folder", folder);
        json.WriteString("every", schema.Every);
        json.WriteNumber("horizon", schema.Horizon);
        json.WriteNumber("series", schema.SeriesCount);
        json.WriteBoolean("aggregated", schema.IsAggregated);
        json.WriteStartArray("columns");
        foreach (SchemaColumn column in schema.Columns)
        {
            json.WriteStartObject();
            json.WriteString("column", column.Header);
            json.WriteString("role", ProjectText.NameOf(column.Role));
            json.WriteString("property", column.Property);
            json.WriteString("type", column.Type);
            json.WriteString("reason", column.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        foreach ((string name, double seconds) in times)
        {
            json.WriteNumber(name, Math.Round(seconds, 2));
        }
        json.WriteEndObject();
        json.Flush();
        Console.WriteLine();
    }
}
