using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints what a model with [NextEvent] has for its users: the typed view of the next event.</summary>
internal static class EventEmitter
{
    private const string Field = EventPlan.ViewField;

    public static void Emit(CodeWriter code, EventPlan task, TypeNames types)
    {
        if (task.Mark is { } mark)
        {
            ClassificationEmitter.Labels(code, mark, EventPlan.MarksField, types);
        }
        View(code, task, types);
        string definition = $"{types.Runtime}{task.Definition}<{EventPlan.ViewName}>";
        code.Line($"static {EventPlan.ViewName} {definition}.View({types.Runtime}EventOutput output) => new(output);");
        code.Line();
        // Made when it is first asked for: the columns are initialised further down.
        code.Line($"private static {types.Runtime}EventTask? {TaskPlan.DefinitionField};");
        code.Line();
        code.Line($"static {types.Runtime}EventTask {definition}.Task => {TaskPlan.DefinitionField} ??= new()");
        using (code.OpenBlock(";"))
        {
            code.Line($"Unit = new global::System.TimeSpan({Number(task.UnitTicks)}L),");
            code.Line($"Resolution = new global::System.TimeSpan({Number(task.ResolutionTicks)}L),");
            code.Line($"EncodesTime = {Bool(task.EncodesTime)},");
            code.Line($"Columns = {TaskPlan.RecordColumns},");
            code.Line($"Marks = {(task.Mark is null ? "global::System.Array.Empty<string>()" : $"{EventPlan.MarksField}.Names")},");
        }
        code.Line();
    }

    private static void View(CodeWriter code, EventPlan task, TypeNames types)
    {
        code.Summary("What is predicted of the next event; valid until the stream goes on.");
        using (code.Open($"public readonly struct {EventPlan.ViewName}"))
        {
            code.Line($"private readonly {types.Runtime}EventOutput {Field};");
            code.Line();
            code.Line($"internal {EventPlan.ViewName}({types.Runtime}EventOutput {Field}) => this.{Field} = {Field};");
            code.Line();
            code.Summary("The time of the last event, from which the wait counts, in UTC.");
            code.Line($"public global::System.DateTimeOffset Time => {Field}.Time;");
            code.Line();
            code.Summary("The time until the next event.");
            code.Line($"public {types.Runtime}PredictedWait Wait => {Field}.Wait;");
            code.Line();
            if (task.Mark is { } mark)
            {
                code.Summary($"The {mark.Property.Name} of the next event.");
                code.Line($"public {types.Runtime}PredictedMark<{mark.ValueType}> Mark => {Field}.Mark({EventPlan.MarksField});");
                code.Line();
            }
            code.Summary("How unusual the last event was under the prediction before it: 3 is as one in a thousand.");
            code.Line($"public double Anomaly => {Field}.Anomaly;");
        }
        code.Line();
    }
}
