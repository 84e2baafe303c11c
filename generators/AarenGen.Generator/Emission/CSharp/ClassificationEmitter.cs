using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints the labels of a model with [Classify].</summary>
internal static class ClassificationEmitter
{
    public static void Emit(CodeWriter code, ClassificationPlan task, TypeNames types)
    {
        string label = task.Label.ValueType;
        code.Line($"private static readonly {label}[] {TaskPlan.DefinitionField} =");
        using (code.Indent())
        {
            Values(code, task.Label, types, ";");
        }
        code.Line();
        code.Line(
            $"static global::System.Collections.Generic.IReadOnlyList<{label}> {types.Runtime}{task.Definition}<{label}>.Labels => "
            + $"{TaskPlan.DefinitionField};");
        code.Line();
    }

    /// <summary>Prints a field with the values that a predicted category has, and their numbers.</summary>
    public static void Labels(CodeWriter code, ColumnPlan column, string field, TypeNames types)
    {
        code.Line($"private static readonly {types.Runtime}ClassLabels<{column.ValueType}> {field} = new(");
        using (code.Indent())
        {
            Values(code, column, types, ");");
        }
        code.Line();
    }

    /// <summary>Prints an array of the values that a predicted category has.</summary>
    private static void Values(CodeWriter code, ColumnPlan column, TypeNames types, string end)
    {
        string type = column.ValueType;
        if (column.Property.Kind.IsInteger())
        {
            code.Line($"{types.Runtime}RecordValues.WholeNumbers<{type}>({Number(column.ValueCount)}){end}");
            return;
        }
        code.Line($"new {type}[]");
        using CodeWriter.Block values = code.OpenBlock(end);
        IEnumerable<string> all = column.Property switch
        {
            { Enum: { } of } => of.Members.Select(m => $"{of.Type}.{Identifier.Escape(m.Name)}"),
            { Kind: RecordValueKind.Boolean } => ["false", "true"],
            _ => column.Names.Select(Text),
        };
        foreach (string value in all)
        {
            code.Line(value + ",");
        }
    }
}
