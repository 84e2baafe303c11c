using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints how the runtime reads the records of a task.</summary>
internal static class RecordEmitter
{
    public static void Emit(CodeWriter code, Plan plan, TaskPlan task, TypeNames types)
    {
        string record = task.Record.Type, binding = Binding(task, types);
        Columns(code, task, types);
        code.Line($"static global::System.Collections.Generic.IReadOnlyList<{types.Runtime}RecordColumn> {binding}.Columns => "
            + $"{TaskPlan.RecordColumns};");
        code.Line();
        code.Line($"static string {binding}.GetKey({record} record) => {Key(task, types)};");
        code.Line();
        code.Line($"static bool {binding}.HasKey({record} record, string key) => {HasKey(task, types)};");
        code.Line();
        if (task.Time is null)
        {
            code.Line($"static bool {binding}.HasTime => false;");
            code.Line();
        }
        code.Line($"static global::System.DateTimeOffset {binding}.GetTime({record} record) => {Time(plan, task, types)};");
        code.Line();
        using (code.Open($"static void {binding}.GetValues({record} record, global::System.Span<double> values)"))
        {
            for (int c = 0; c < task.Columns.Count; c++)
            {
                Value(code, task.Columns[c], c, types);
            }
        }
        code.Line();
        using (code.Open($"static object? {binding}.GetValue({record} record, int column)"))
        {
            Values(code, task);
        }
        code.Line();
    }

    private static void Values(CodeWriter code, TaskPlan task)
    {
        if (task.Columns.Count == 0)
        {
            code.Line("return null;");
            return;
        }
        code.Line("return column switch");
        using CodeWriter.Block arms = code.OpenBlock(";");
        for (int c = 0; c < task.Columns.Count; c++)
        {
            // As an object, so that no value takes the type of another one.
            string arm = c == task.Columns.Count - 1 ? "_ => (object?)" : $"{Number(c)} => ";
            code.Line($"{arm}record.{Identifier.Escape(task.Columns[c].Property.Name)},");
        }
    }

    /// <summary>The interface that the binding implements.</summary>
    public static string Binding(TaskPlan task, TypeNames types) => $"{types.Runtime}IRecordBinding<{task.Record.Type}>";

    private static void Columns(CodeWriter code, TaskPlan task, TypeNames types)
    {
        string column = $"{types.Runtime}RecordColumn";
        code.Line($"private static readonly {column}[] {TaskPlan.RecordColumns} = new {column}[]");
        using (code.OpenBlock(";"))
        {
            code.Line("// name, role, aggregation, categories, whether the last of them is that of missing values");
            foreach (ColumnPlan c in task.Columns)
            {
                string categories = c.Cardinality == 0 ? "" : $", {Number(c.Cardinality)}{(c.HasMissingCategory ? ", true" : "")}";
                code.Line(
                    $"new(\"{c.Property.Name}\", {types.Runtime}RecordRole.{c.Role}, {types.Runtime}Aggregation.{c.Aggregation}"
                    + $"{categories}),");
            }
        }
        code.Line();
    }

    private static string Key(TaskPlan task, TypeNames types) => task.Key switch
    {
        null => "\"\"",
        { Kind: RecordValueKind.Text, Name: var name } =>
            $"record.{Identifier.Escape(name)} ?? throw {types.Runtime}RecordValues.NoKey(\"{name}\")",
        { Name: var name } =>
            $"record.{Identifier.Escape(name)}.ToString(global::System.Globalization.CultureInfo.InvariantCulture)",
    };

    private static string HasKey(TaskPlan task, TypeNames types) => task.Key switch
    {
        null => "key.Length == 0",
        { Kind: RecordValueKind.Text, Name: var name } => $"record.{Identifier.Escape(name)} == key",
        { Name: var name } => $"{types.Runtime}RecordValues.AreSame(record.{Identifier.Escape(name)}, key)",
    };

    private static string Time(Plan plan, TaskPlan task, TypeNames types)
    {
        if (task.Time is not { } property)
        {
            return "default";
        }
        string time = $"record.{Identifier.Escape(property.Name)}";
        return property.Kind == RecordValueKind.DateTimeOffset ? time
            : $"{types.Runtime}RecordValues.Utc<{plan.Name}, {task.Record.Type}>(record, {time}, \"{property.Name}\")";
    }

    private static void Value(CodeWriter code, ColumnPlan column, int index, TypeNames types)
    {
        RecordProperty property = column.Property;
        string value = $"record.{Identifier.Escape(property.Name)}", target = $"values[{Number(index)}] = ";
        bool isCategory = column.Cardinality > 0;
        if (property.Kind == RecordValueKind.Boolean)
        {
            string truth = $"truth{Number(index)}";
            code.Line(target + (property.IsNullable
                ? $"{value} is {{ }} {truth} ? ({truth} ? 1 : 0) : double.NaN;" : $"{value} ? 1 : 0;"));
        }
        else if (property.Enum is { } type)
        {
            Switch(code, target + value, property.IsNullable, type.Members.Select(m => $"{type.Type}.{Identifier.Escape(m.Name)}"));
        }
        else if (property.Kind == RecordValueKind.Text)
        {
            Switch(code, target + value, property.IsNullable, column.Names.Select(Text));
        }
        else if (isCategory)
        {
            string category = $"{types.Runtime}RecordValues.Category(";
            string number = $"number{Number(index)}";
            code.Line(target + (property.IsNullable
                ? $"{value} is {{ }} {number} ? {category}{number}, {Number(column.ValueCount)}) : double.NaN;"
                : $"{category}{value}, {Number(column.ValueCount)});"));
        }
        else
        {
            string cast = property.Kind == RecordValueKind.Decimal ? property.IsNullable ? "(double?)" : "(double)" : "";
            code.Line($"{target}{cast}{value}{(property.IsNullable ? " ?? double.NaN" : "")};");
        }
    }

    /// <summary>The number of a category; infinity for another value, which is reported where it is read.</summary>
    private static void Switch(CodeWriter code, string value, bool isNullable, IEnumerable<string> categories)
    {
        code.Line($"{value} switch");
        using (code.OpenBlock(";"))
        {
            int number = 0;
            foreach (string category in categories)
            {
                code.Line($"{category} => {Number(number++)},");
            }
            if (isNullable)
            {
                code.Line("null => double.NaN,");
            }
            code.Line("_ => double.PositiveInfinity,");
        }
    }
}
