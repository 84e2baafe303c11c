using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints how the records of a task are read from a table.</summary>
internal static class TableEmitter
{
    private const string Enumerable = "global::System.Collections.Generic.IEnumerable";

    /// <summary>From rows, wherever they come from.</summary>
    public static void Emit(CodeWriter code, TaskPlan task, TypeNames types)
    {
        string record = task.Record.Type;
        RecordProperty[] properties = [.. task.Properties];
        code.Summary("Reads the records of a table, one for each row, while they are enumerated: once.");
        code.Line("/// <param name=\"table\">The table, before its first row; the caller disposes it.</param>");
        Exceptions(code, types);
        using (code.Open($"public static {Enumerable}<{record}> ReadTable({types.Runtime}ITableReader table)"))
        {
            code.Line("global::System.ArgumentNullException.ThrowIfNull(table);");
            for (int c = 0; c < properties.Length; c++)
            {
                string name = properties[c].Attributes[0].Text("Column") ?? properties[c].Name;
                code.Line($"int column{Number(c)} = {types.Runtime}TableReaderExtensions.GetColumn(table, {Text(name)});");
            }
            foreach (ColumnPlan column in task.Columns.Where(static c => c.Names.Count > 0))
            {
                int c = Array.IndexOf(properties, column.Property);
                code.Line($"string[] names{Number(c)} = new string[]");
                using CodeWriter.Block names = code.OpenBlock(";");
                foreach (string name in column.Names)
                {
                    code.Line(Text(name) + ",");
                }
            }
            code.Line("return Read();");
            code.Line();
            using CodeWriter.Block read = code.Open($"{Enumerable}<{record}> Read()");
            if (task.Key is { Kind: RecordValueKind.Text })
            {
                code.Line("string key = \"\";");
            }
            using CodeWriter.Block rows = code.Open("while (table.Read())");
            Record(code, task, properties, types);
        }
        code.Line();
    }

    /// <summary>A file of its own: from a file, where the project refers to the package that reads it.</summary>
    public static string EmitFile(Plan plan, TaskPlan task)
    {
        const string Data = "global::AarenGen.Data.";
        var code = new CodeWriter(CodeWriter.MaxColumns);
        var types = new TypeNames(plan);
        using (ModelEmitter.OpenFile(code, plan, TypeNames.Aliases(plan).Where(static a => a == GeneratedAlias.Runtime)))
        using (code.Open($"partial class {plan.Name}"))
        {
            string record = task.Record.Type;
            code.Summary("Reads the records of a file, one for each row, each time they are enumerated.");
            code.Line("/// <param name=\"path\">The file: CSV, perhaps compressed with gzip, Parquet or Arrow.</param>");
            code.Line("/// <param name=\"options\">How it is read; null: everything is found from the file.");
            code.Line($"/// Without a TimeZone, times that name no zone are in {task.TableZone ?? "UTC"}.</param>");
            Exceptions(code, types);
            using CodeWriter.Block method = code.Open(
                $"public static {Enumerable}<{record}> ReadTable(string path, {Data}TableOptions? options = null)");
            code.Line("global::System.ArgumentNullException.ThrowIfNull(path);");
            if (task.Key is not null || task.TableZone is not null)
            {
                code.Line($"options ??= new {Data}TableOptions();");
            }
            if (task.Key is { } key)
            {
                code.Line("// Each series has its own clock for local times.");
                code.Line($"options = options.SeriesKey is null ? options with {{ SeriesKey = "
                    + $"{Text(key.Attributes[0].Text("Column") ?? key.Name)} }} : options;");
            }
            if (task.TableZone is { } zone)
            {
                code.Line($"options = options.TimeZone is null ? options with {{ TimeZone = {TypeNames.FindZone(zone)} }} : options;");
            }
            code.Line("return Read();");
            code.Line();
            using CodeWriter.Block read = code.Open($"{Enumerable}<{record}> Read()");
            code.Line($"using {Data}TableFile table = {Data}TableFile.Open(path, options);");
            using CodeWriter.Block records = code.Open($"foreach ({record} record in ReadTable(table))");
            code.Line("yield return record;");
        }
        return code.ToString();
    }

    private static void Exceptions(CodeWriter code, TypeNames types) => code.Line(
        $"/// <exception cref=\"{types.Runtime}TableException\">A column is missing, or a cell cannot be used.</exception>");

    private static void Record(CodeWriter code, TaskPlan task, RecordProperty[] properties, TypeNames types)
    {
        RecordConstruction construction = task.Record.Construction;
        code.Line($"yield return new {task.Record.Type}{(construction.Arguments.Count == 0 ? "()" : "(")}");
        using (code.Indent())
        {
            for (int a = 0; a < construction.Arguments.Count; a++)
            {
                ConstructorArgument argument = construction.Arguments[a];
                code.Line($"{argument.Parameter}: {Cell(argument.Property)}{(a == construction.Arguments.Count - 1 ? ")" : ",")}");
            }
        }
        using CodeWriter.Block initializer = code.OpenBlock(";");
        foreach (string name in construction.Initialized)
        {
            code.Line($"{Identifier.Escape(name)} = {Cell(name)},");
        }

        string Cell(string name)
        {
            int c = Array.FindIndex(properties, p => p.Name == name);
            RecordProperty property = properties[c];
            ColumnPlan? column = task.Columns.FirstOrDefault(k => k.Property == property);
            string index = Number(c);
            return property.IsNullable
                ? $"table.IsMissing(column{index}) ? null : {Value("table", property, column, index, types)}"
                : Value($"{types.Runtime}RecordCells.Require(table, column{index}, \"{name}\")", property, column, index, types);
        }
    }

    /// <summary>The value of a cell that is present.</summary>
    private static string Value(string table, RecordProperty property, ColumnPlan? column, string index, TypeNames types)
    {
        string cells = $"{types.Runtime}RecordCells.", at = $"column{index}";
        if (property.Kind.IsInteger())
        {
            (string min, string max) = column?.Cardinality > 0
                ? ("0", Number(column.ValueCount - 1))
                : property.Kind == RecordValueKind.UInt64 ? ("0", "long.MaxValue")
                : ($"{property.Kind.Keyword()}.MinValue", $"{property.Kind.Keyword()}.MaxValue");
            return $"({property.Kind.Keyword()}){cells}GetWholeNumber({table}, {at}, {min}, {max})";
        }
        return property.Kind switch
        {
            RecordValueKind.Single => $"{cells}GetSingle({table}, {at})",
            RecordValueKind.Decimal => $"{cells}GetDecimal({table}, {at})",
            RecordValueKind.Double => $"{table}.GetDouble({at})",
            RecordValueKind.Boolean => $"{table}.GetBoolean({at})",
            RecordValueKind.Enum => $"{cells}GetEnum<{property.Enum!.Type}>({table}, {at})",
            RecordValueKind.Text when column is not null => $"{cells}GetCategory({table}, {at}, names{index})",
            RecordValueKind.Text => $"{cells}GetText({table}, {at}, ref key)",
            RecordValueKind.DateTime => $"{table}.GetTime({at}).UtcDateTime",
            _ => $"{table}.GetTime({at})",
        };
    }
}
