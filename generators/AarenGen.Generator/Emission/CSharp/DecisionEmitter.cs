using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints what a model with [Decide] has for its users: the typed view of a decision.</summary>
internal static class DecisionEmitter
{
    private const string Field = DecisionPlan.ViewField, Choices = DecisionPlan.ChoicesField;

    public static void Emit(CodeWriter code, DecisionPlan task, TypeNames types)
    {
        if (task.Choice is { } choice)
        {
            ClassificationEmitter.Labels(code, choice, Choices, types);
        }
        View(code, task, types);
        string definition = $"{types.Runtime}{task.Definition}<{DecisionPlan.ViewName}>";
        code.Line($"static {DecisionPlan.ViewName} {definition}.View({types.Runtime}DecisionOutput output) => new(output);");
        code.Line();
        // Made when it is first asked for: the columns are initialised further down.
        code.Line($"private static {types.Runtime}DecisionTask? {TaskPlan.DefinitionField};");
        code.Line();
        code.Line($"static {types.Runtime}DecisionTask {definition}.Task => {TaskPlan.DefinitionField} ??= new()");
        using (code.OpenBlock(";"))
        {
            code.Line($"MaxSteps = {Number(task.MaxSteps)},");
            code.Line($"Columns = {TaskPlan.RecordColumns},");
            code.Line($"Choices = {(task.Choice is null ? "global::System.Array.Empty<string>()" : $"{Choices}.Names")},");
            code.Line($"Ranges = new {types.Runtime}ActionRange[]");
            using CodeWriter.Block ranges = code.OpenBlock(",");
            foreach (ActionRange range in task.Ranges)
            {
                code.Line($"new({Literal.Double(range.Min)}, {Literal.Double(range.Max)}),");
            }
        }
        code.Line();
    }

    private static void View(CodeWriter code, DecisionPlan task, TypeNames types)
    {
        code.Summary("What is to be done now, by the names of the actions; valid until the stream goes on.");
        using (code.Open($"public readonly struct {DecisionPlan.ViewName}"))
        {
            code.Line($"private readonly {types.Runtime}DecisionOutput {Field};");
            code.Line();
            code.Line($"internal {DecisionPlan.ViewName}({types.Runtime}DecisionOutput {Field}) => this.{Field} = {Field};");
            if (task.Choice is { } choice)
            {
                Choice(code, choice, types);
            }
            else
            {
                for (int a = 0; a < task.Actions.Count; a++)
                {
                    string name = task.Actions[a].Property.Name;
                    code.Line();
                    code.Summary($"The {name} to take, from {task.Ranges[a]}.");
                    code.Line($"public float {Identifier.Escape(name)} => {Field}.Value({Number(a)});");
                }
            }
        }
        code.Line();
    }

    private static void Choice(CodeWriter code, ColumnPlan choice, TypeNames types)
    {
        string type = choice.ValueType, name = choice.Property.Name;
        code.Line();
        code.Summary($"The most probable {name}, which the stream takes for done unless told of another.");
        code.Line($"public {type} {Identifier.Escape(name)} => {Field}.Choose({Choices});");
        code.Line();
        code.Summary("The probability of an action.");
        code.Line("/// <param name=\"action\">One of the model's actions.</param>");
        code.Line("/// <exception cref=\"global::System.ArgumentException\">The model has no such action.</exception>");
        code.Line($"public double Probability({type} action) => {Field}.Probability({Choices}, action);");
        code.Line();
        code.Summary("All actions with their probabilities, the most probable first.");
        code.Line($"public global::System.Collections.Generic.IReadOnlyList<({type} Action, double Probability)> Rank() => "
            + $"{Field}.Rank({Choices});");
        code.Line();
        code.Summary("Draws an action by its probability; the stream takes it for done.");
        code.Line("/// <param name=\"random\">The source; seed it for repeatable actions.</param>");
        code.Line($"public {type} Sample(global::System.Random random) => {Field}.Sample({Choices}, random);");
    }
}
