using System.Globalization;
using System.Reflection;
using System.Text;
using AarenGen.Tool.Schemas;

namespace AarenGen.Tool.Projects;

/// <summary>The files of a project, as text.</summary>
/// <param name="schema">The declaration.</param>
/// <param name="version">The version of AarenGen's packages.</param>
/// <param name="source">A folder of packages; null: the user's sources alone.</param>
internal sealed class ProjectText(Schema schema, string version, string? source)
{
    /// <summary>What a forecast's line of JSON has beside its targets.</summary>
    private static readonly string[] LineNames = ["row", "series", "origin", "times"];

    private const string Skia = "SkiaSharp.NativeAssets.Linux.NoDependencies";

    /// <summary>The files by their names.</summary>
    public IReadOnlyDictionary<string, string> Files
    {
        get
        {
            var files = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [$"{schema.Project}.csproj"] = Project(),
                [$"{schema.Record}.cs"] = Record(),
                // Of a fixed name, so that --force replaces it whatever the target is.
                ["Model.cs"] = Model(),
                ["Program.cs"] = Template("Program.cs.txt"),
                ["Jobs.cs"] = Template("Jobs.cs.txt"),
                ["Live.cs"] = Template("Live.cs.txt"),
                ["README.md"] = Template("README.md.txt"),
                [".gitignore"] = "bin/\nobj/\n",
            };
            if (source is not null)
            {
                files["nuget.config"] = NuGet(source);
            }
            return files;
        }
    }

    /// <summary>The columns and what they become, as a table of Markdown.</summary>
    private string Columns => string.Join('\n', (string[])[
        "| column | property | role | |", "|---|---|---|---|",
        .. schema.Columns.Select(static c => $"| {c.Header.Replace("|", "\\|", StringComparison.Ordinal)} | "
            + $"{(c.Property.Length == 0 ? "" : $"`{c.Property}`")} | {NameOf(c.Role)} | {c.Reason} |")]);

    /// <summary>A role in plain words.</summary>
    public static string NameOf(ColumnRole role) => role switch
    {
        ColumnRole.KnownAhead => "known ahead",
        _ => role.ToString().ToLowerInvariant(),
    };

    private static string Version(string package) => typeof(ProjectText).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(m => m.Key == package).Value!;

    private static string NuGet(string folder) => $"""
        <configuration>
          <packageSources>
            <add key="aarengen" value="{System.Security.SecurityElement.Escape(Path.GetFullPath(folder))}" />
          </packageSources>
        </configuration>

        """;

    private string Project() => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <RootNamespace>{schema.Project}</RootNamespace>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <InvariantGlobalization>true</InvariantGlobalization>
            <SatelliteResourceLanguages>en</SatelliteResourceLanguages>
            <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="AarenGen" Version="{version}" />
            <PackageReference Include="AarenGen.Data" Version="{version}" />
            <PackageReference Include="AarenGen.Onnx" Version="{version}" />
            <PackageReference Include="AarenGen.Reports" Version="{version}" />
            <PackageReference Include="System.CommandLine" Version="{Version("System.CommandLine")}" />
            <!-- Draws the pictures of reports on Linux. -->
            <PackageReference Include="{Skia}" Version="{Version(Skia)}" />
          </ItemGroup>
        </Project>

        """;

    private string Record()
    {
        var text = new StringBuilder($"using AarenGen;\n\nnamespace {schema.Project};\n");
        foreach (SchemaColumn column in schema.Columns.Where(static c => c.Enum is not null))
        {
            // Weights know categories by their numbers.
            text.Append(CultureInfo.InvariantCulture, $"\npublic enum {column.Enum}\n{{\n");
            for (int i = 0; i < column.Categories.Count; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {Identifiers.Escape(column.Categories[i])} = {i},\n");
            }
            text.Append("}\n");
        }
        text.Append("\n/// <summary>A row of the table.</summary>\n");
        text.Append(CultureInfo.InvariantCulture, $"public sealed record {schema.Record}\n{{\n");
        foreach (SchemaColumn column in schema.Columns.Where(static c => c.Role != ColumnRole.Ignored))
        {
            string required = column.Role is ColumnRole.Key or ColumnRole.Time ? "required " : "";
            text.Append(CultureInfo.InvariantCulture,
                $"    [{AttributeOf(column)}]\n    public {required}{column.Type} {column.Property} {{ get; init; }}\n\n");
        }
        text.Length--;
        return text.Append("}\n").ToString();
    }

    private string AttributeOf(SchemaColumn column)
    {
        string name = column.Role switch
        {
            ColumnRole.Key => "SeriesKey",
            ColumnRole.Time => "Timestamp",
            _ => column.Role.ToString(),
        };
        List<string> arguments = [];
        if (column is { Categories.Count: > 0, Enum: null })
        {
            arguments.AddRange(column.Categories.Select(Identifiers.Literal));
        }
        if (column.Role == ColumnRole.Target && schema.IsAggregated)
        {
            arguments.Add("Aggregation = Aggregation.Mean");
        }
        if (column.NeedsHeader)
        {
            arguments.Add($"Column = {Identifiers.Literal(column.Header)}");
        }
        return arguments.Count == 0 ? name : $"{name}({string.Join(", ", arguments)})";
    }

    private string Model()
    {
        string zone = schema.TimeZone is { } id ? $", TimeZone = {Identifiers.Literal(id)}" : "";
        string calendar = schema.Calendar.Count == 0 ? ""
            : $"[Calendar({string.Join(", ", schema.Calendar.Select(static f => $"CalendarField.{f}"))})]\n";
        string standardize = schema.Key is null ? "Standardize" : "Standardize(PerSeries = true)";
        return $"""
            using AarenGen;

            namespace {schema.Project};

            /// <summary>Forecasts the next {schema.Horizon} intervals of {schema.Every}.</summary>
            [SequenceModel, Forecast<{schema.Record}>({schema.Horizon}, {Identifiers.Literal(schema.Every)}{zone})]
            {calendar}[{standardize}]
            [Dense(64), Dropout(0.2), Aaren(Repeat = 2, Forget = true, Convolution = 4), Dropout(0.2), Quantiles(0.1, 0.5, 0.9)]
            public sealed partial class {schema.Model};

            """;
    }

    private string Template(string name)
    {
        using var reader = new StreamReader(typeof(ProjectText).Assembly.GetManifestResourceStream(name)!);
        var text = new StringBuilder(reader.ReadToEnd());
        foreach ((string mark, string value) in Values())
        {
            text.Replace($"__{mark}__", value);
        }
        return text.ToString();
    }

    private IEnumerable<(string Mark, string Value)> Values()
    {
        string time = schema.Time.Property;
        SchemaColumn[] targets = [.. schema.Of(ColumnRole.Target)];
        string targetList = string.Join(", ", targets.Select(static t => t.Header));
        yield return ("Title", Identifiers.Literal($"Forecasts {targetList}.")[1..^1]);
        yield return ("Record", schema.Record);
        yield return ("Model", schema.Model);
        yield return ("Project", schema.Project);
        yield return ("Time", time);
        yield return ("TargetList", targetList);
        yield return ("Horizon", schema.Horizon.ToString(CultureInfo.InvariantCulture));
        yield return ("Every", schema.Every);
        yield return ("Columns", Columns);
        string words = string.Join(", ", schema.Reading.MissingWords.Select(Identifiers.Literal));
        yield return ("Missing", words.Length == 0 ? "" : $", [{words}]");
        string[] reading =
        [
            .. schema.Reading.DecimalMark is { } mark ? [$"DecimalMark = DecimalMark.{mark}"] : Array.Empty<string>(),
            .. schema.Reading.DateOrder is { } order ? [$"DateOrder = DateOrder.{order}"] : Array.Empty<string>(),
            .. words.Length > 0 ? [$"MissingWords = [{words}]"] : Array.Empty<string>(),
        ];
        yield return ("Reading", reading.Length == 0 ? "" : $", new() {{ {string.Join(", ", reading)} }}");
        yield return ("BenchKey", schema.Key is null ? "" : schema.Key.Type == "long" ? "0" : "bench");
        yield return ("NoAhead", schema.IsKnownAhead ? ", []" : "");
        yield return ("KnownAhead", !schema.IsKnownAhead ? ""
            : "A row without any target tells what is known ahead of its time: it belongs to the next row of its series\n"
                + "that has a target.\n");
        yield return ("Key", schema.Key switch
        {
            null => "\"\"",
            { Type: "long" } key => $"record.{key.Property}.ToString(System.Globalization.CultureInfo.InvariantCulture)",
            var key => $"record.{key.Property}",
        });
        string grid = $"{schema.Model}.Task.Grid";
        string[] sample =
        [
            .. schema.Key is { } k ? [$"{k.Property} = {(k.Type == "long" ? "0" : "\"bench\"")}"] : Array.Empty<string>(),
            $"{time} = {grid}.StartOf({grid}.IndexOf(DateTimeOffset.UnixEpoch) + i)",
            .. targets.Select(static t => $"{t.Property} = {(t.Type == "bool?" ? "i % 2 == 0" : "i % 24")}"),
        ];
        yield return ("Sample", string.Join(",\n            ", sample) + ",");
        yield return ("Targets", string.Join('\n', targets.Select(
            t => $"            Write(json, {Identifiers.Literal(JsonName(t.Header))}, forecast.{t.Property});")));
        yield return ("PlanMembers", schema.IsKnownAhead ? PlanMembers() : "");
        yield return ("Step", schema.IsKnownAhead ? StepWithAhead(targets) : """
                    if (model.Step(state, record) is { } forecast)
                    {
                        Write(key, forecast);
                    }
            """);
    }

    /// <summary>A target's name in a line of JSON, which has each name once.</summary>
    private string JsonName(string header)
    {
        string name = header;
        while (LineNames.Contains(name) || (name != header && schema.Of(ColumnRole.Target).Any(t => t.Header == name)))
        {
            name += "_";
        }
        return name;
    }

    /// <summary>
    /// Rows without a target wait for the next one that has some. Those of earlier intervals were never followed by their own row: they
    /// become its record.
    /// </summary>
    private string StepWithAhead(IEnumerable<SchemaColumn> targets)
    {
        string time = schema.Time.Property, isPlan = string.Join(", ", targets.Select(static t => $"{t.Property}: null"));
        string grid = $"{schema.Model}.Task.Grid";
        return $$"""
                    if (!ahead.TryGetValue(key, out List<{{schema.Record}}>? plan))
                    {
                        ahead[key] = plan = [];
                    }
                    if (record is { {{isPlan}} })
                    {
                        // What is wrong with it is told now, not when another row uses it.
                        model.Step(model.CreateSeriesState(key), record, []);
                        if (!IsComplete(record))
                        {
                            Plan(plan, record);
                        }
                        return;
                    }
                    while (plan.Count > 0 && Slot(plan[0]) <= Slot(record))
                    {
                        {{schema.Record}} missed = plan[0];
                        plan.RemoveAt(0);
                        if (Slot(missed) < Slot(record) && !IsComplete(missed))
                        {
                            model.Step(state, missed, []);
                        }
                    }
                    if (model.Step(state, record, CollectionsMarshal.AsSpan(plan)) is { } forecast)
                    {
                        Write(key, forecast);
                    }
                    plan.Clear();

                    // By intervals, since the last time is the beginning of one.
                    bool IsComplete({{schema.Record}} other) =>
                        state.LastTime is { } last && {{grid}}.IndexOf(other.{{time}}) <= {{grid}}.IndexOf(last);
            """;
    }

    /// <summary>What keeps the rows that wait in order: one for each interval, or each time where an interval takes several.</summary>
    private string PlanMembers()
    {
        string time = schema.Time.Property;
        string merged = string.Join(
            ", ", schema.Of(ColumnRole.KnownAhead).Select(static c => $"{c.Property} = record.{c.Property} ?? plan[at].{c.Property}"));
        return $$"""

                /// <summary>Adds a row known ahead in the order of time. What it tells replaces what an earlier row told.</summary>
                private static void Plan(List<{{schema.Record}}> plan, {{schema.Record}} record)
                {
                    int at = plan.FindLastIndex(p => Slot(p) <= Slot(record));
                    if (at >= 0 && Slot(plan[at]) == Slot(record))
                    {
                        plan[at] = record with { {{merged}} };
                    }
                    else
                    {
                        plan.Insert(at + 1, record);
                    }
                }

                /// <summary>What a series has one row for: an interval, or a time where intervals take several.</summary>
                private static long Slot({{schema.Record}} record) => {{schema.Model}}.Task.IsAggregated
                    ? record.{{time}}.UtcTicks : {{schema.Model}}.Task.Grid.IndexOf(record.{{time}});

            """;
    }
}
