using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints what a model with [Forecast] has for its users: a step for a record, and the typed view of a forecast.</summary>
internal static class ForecastEmitter
{
    public static void Emit(CodeWriter code, Plan plan, ForecastPlan task, TypeNames types)
    {
        Step(code, plan, task, types);
        View(code, task, types);
        string definition = $"{types.Runtime}{task.Definition}<{ForecastPlan.ViewName}>";
        code.Line($"static {ForecastPlan.ViewName} {definition}.View({types.Runtime}ForecastOutput output) => new(output);");
        code.Line();
        Task(code, task, types, definition);
        code.Line();
    }

    private static void Step(CodeWriter code, Plan plan, ForecastPlan task, TypeNames types)
    {
        bool hasAhead = task.Of(ColumnRole.KnownAhead).Count > 0;
        code.Summary("Takes the next record of a series and forecasts.");
        code.Line("/// <param name=\"state\">The state of the series, by CreateSeriesState.</param>");
        code.Line("/// <param name=\"record\">The record, later than those before it.</param>");
        if (hasAhead)
        {
            code.Line(
                "/// <param name=\"ahead\">Records of later times, in their order: of them the values count that are known ahead.</param>");
        }
        code.Line("/// <returns>The forecast, valid until the next step; null where no interval is complete yet.</returns>");
        code.Line($"/// <exception cref=\"{types.Runtime}RecordException\">The record cannot be used.</exception>");
        string ahead = $", global::System.ReadOnlySpan<{task.Record.Type}> ahead";
        code.Line(
            $"public {ForecastPlan.ViewName}? Step({types.Runtime}SeriesState<{plan.Name}> state, {task.Record.Type} record"
            + $"{(hasAhead ? ahead : "")}) => StepRecord(state, record, {(hasAhead ? "ahead" : "default")});");
        code.Line();
    }

    private static void View(CodeWriter code, ForecastPlan task, TypeNames types)
    {
        const string Field = ForecastPlan.ViewField;
        string last = Number(task.Horizon - 1);
        string intervals = task.Horizon == 1 ? $"interval of {task.Every}" : $"{Number(task.Horizon)} intervals of {task.Every}";
        code.Summary($"A forecast of the next {intervals}, by the names of the targets; valid until the stream goes on.");
        using (code.Open($"public readonly struct {ForecastPlan.ViewName}"))
        {
            code.Line($"private readonly {types.Runtime}ForecastOutput {Field};");
            code.Line();
            code.Line($"internal {ForecastPlan.ViewName}({types.Runtime}ForecastOutput {Field}) => this.{Field} = {Field};");
            code.Line();
            code.Summary("The beginning of the last complete interval, in UTC: the first forecast value is of the interval after it.");
            code.Line($"public global::System.DateTimeOffset Origin => {Field}.Origin;");
            IReadOnlyList<ColumnPlan> targets = task.Of(ColumnRole.Target);
            for (int t = 0; t < targets.Count; t++)
            {
                string what = task.HasDistributions ? "The predicted distributions" : "The predicted values";
                code.Line();
                code.Summary($"{what} of {targets[t].Property.Name}, one for each interval, 0 to {last}.");
                code.Line(
                    $"public {types.Runtime}{(task.HasDistributions ? "PredictedSeries" : "PredictedValues")} "
                    + $"{Identifier.Escape(targets[t].Property.Name)} => "
                    + $"{Field}.{(task.HasDistributions ? "Distributions" : "Values")}({Number(t)});");
            }
            code.Line();
            code.Summary("The beginning of a forecast interval, in UTC.");
            code.Line($"/// <param name=\"step\">Intervals after the first forecast one, 0 to {last}.</param>");
            code.Line($"public global::System.DateTimeOffset TimeOf(int step) => {Field}.TimeOf(step);");
        }
        code.Line();
    }

    /// <summary>The task is made when it is first asked for, so that a zone that the machine lacks is an error of its own.</summary>
    private static void Task(CodeWriter code, ForecastPlan task, TypeNames types, string definition)
    {
        string type = $"{types.Runtime}ForecastTask", field = $"{types.Runtime}CalendarField";
        code.Line($"private static {type}? {TaskPlan.DefinitionField};");
        code.Line();
        using CodeWriter.Block property = code.Open($"static {type} {definition}.Task");
        using CodeWriter.Block getter = code.Open("get");
        using (code.Open($"if ({TaskPlan.DefinitionField} is {{ }} made)"))
        {
            code.Line("return made;");
        }
        code.Line($"{TypeNames.Zone} zone = {TypeNames.FindZone(task.TimeZone)};");
        code.Line($"return {TaskPlan.DefinitionField} = new()");
        using CodeWriter.Block initializer = code.OpenBlock(";");
        code.Line($"Horizon = {Number(task.Horizon)},");
        code.Line($"Grid = {types.Runtime}TimeGrid.Parse(\"{task.Every}\", zone),");
        code.Line("Zone = zone,");
        if (task.MaxGap is { } gap)
        {
            code.Line($"MaxGap = {Number(gap)},");
        }
        code.Line($"Columns = {TaskPlan.RecordColumns},");
        code.Line($"Calendar = new {field}[] {{ {string.Join(", ", task.Calendar.Select(f => $"{field}.{f}"))} }},");
        code.Line($"IsAggregated = {Bool(task.IsAggregated)},");
    }
}
