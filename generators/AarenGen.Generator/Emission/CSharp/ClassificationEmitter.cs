using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints the labels of a model with [Classify].</summary>
internal static class ClassificationEmitter
{
    public static void Emit(CodeWriter code, ClassificationPlan task, TypeNames types)
    {
        string label = task.LabelType;
        if (task.Label.Property.Kind.IsInteger())
        {
            code.Line(
                $"private static readonly {label}[] {TaskPlan.DefinitionField} = "
                + $"{types.Runtime}RecordValues.WholeNumbers<{label}>({Number(task.Label.Cardinality)});");
        }
        else
        {
            code.Line($"private static readonly {label}[] {TaskPlan.DefinitionField} = new {label}[]");
            using CodeWriter.Block values = code.OpenBlock(";");
            foreach (string value in Values(task.Label))
            {
                code.Line(value + ",");
            }
        }
        code.Line();
        code.Line(
            $"static global::System.Collections.Generic.IReadOnlyList<{label}> {types.Runtime}{task.Definition}<{label}>.Labels => "
            + $"{TaskPlan.DefinitionField};");
        code.Line();
    }

    private static IEnumerable<string> Values(ColumnPlan label) => label.Property switch
    {
        { Enum: { } type } => type.Members.Select(m => $"{type.Type}.{Identifier.Escape(m.Name)}"),
        { Kind: RecordValueKind.Boolean } => ["false", "true"],
        _ => label.Names.Select(Text),
    };
}
