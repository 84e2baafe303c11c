using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Tasks;

/// <summary>[NextEvent&lt;TRecord&gt;(unit, Resolution = …, …)]: when the next event comes, and its mark.</summary>
internal sealed class NextEventDefinition() : RecordTaskDefinition(
    "NextEvent", EventPlan.ModelName,
    new([ColumnRole.Observed, ColumnRole.Category, ColumnRole.Mark], needsKey: false, needsTime: true, areAggregated: false))
{
    private const string UnitArgument = "Unit", ResolutionArgument = "Resolution", ComponentsArgument = "Components";
    private const string TimeArgument = "TimeEncoding";

    /// <summary>Numbers of a mark's learned row.</summary>
    private const int MarkWidth = 16;

    private const int DefaultComponents = 16, MaxComponents = 256, MaxTimeWidth = 1024;

    /// <summary>In units of time: about as many waits as a series has in training.</summary>
    private const double LongestPeriod = 1000;

    /// <summary>The resolution where none is written, as a fraction of the unit.</summary>
    private const long DefaultFraction = 1_000_000;

    public override DerivedModel? Derive(ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (task.Record is not { } record || !task.Has(UnitArgument))
        {
            return null;
        }
        long? unit = Ticks(task, UnitArgument, diagnostics), resolution = null;
        if (task.Text(ResolutionArgument) is not null)
        {
            resolution = Ticks(task, ResolutionArgument, diagnostics);
        }
        int mixture = task.Has(ComponentsArgument)
            ? diagnostics.InRange(task, ComponentsArgument, 1, MaxComponents) : DefaultComponents;
        int timeWidth = task.Has(TimeArgument) ? diagnostics.InRange(task, TimeArgument, 0, MaxTimeWidth) : 0;
        RecordBinding binding = Bind(record, task, declaration, diagnostics);
        ColumnPlan? mark = binding.Columns.FirstOrDefault(static c => c.Role == ColumnRole.Mark);
        List<ComponentDeclaration> components = [.. TokenInputs(task, binding, MissingNumbers(task, diagnostics), mark, timeWidth)];
        foreach ((ComponentDeclaration component, ComponentDefinition? definition) in Fitting(task, declaration, diagnostics))
        {
            if (definition is HeadDefinition or LossDefinition)
            {
                ReportUnfit(
                    component, declaration, "has a head for the wait and one for the mark, which follow from the task", diagnostics);
            }
            else if (definition is LayerDefinition { IsPerSequence: true })
            {
                ReportUnfit(component, declaration, "has outputs at every event, not one of a whole sequence", diagnostics);
            }
            else
            {
                if (definition is LayerDefinition layer && layer.NeverForgets(component))
                {
                    diagnostics.Add(DiagnosticInfo.At(
                        diagnostics.LocationOf(component), DiagnosticDescriptors.NeverForgets, component.Name, declaration.Name));
                }
                components.Add(component);
            }
        }
        components.AddRange([
            Derived(task, "Head", ("Name", EventPlan.WaitHead)), Derived(task, "Dense", ("Units", 3 * mixture)),
            Derived(task, "LogNormalMixture"),
        ]);
        if (mark is not null)
        {
            components.AddRange([
                Derived(task, "Head", ("Name", EventPlan.MarkHead)), Derived(task, "Dense", ("Units", Math.Max(2, mark.ValueCount))),
                Derived(task, "CrossEntropy"),
            ]);
        }
        return ModelOf(
            declaration, components,
            binding is { IsComplete: true, Time: { } time } && unit is { } ticks ? new EventPlan(
                record, binding.SeriesKey, time, new(binding.Columns), ticks, resolution ?? Math.Max(1, ticks / DefaultFraction),
                task.Text(UnitArgument)!.Trim(), timeWidth > 0) : null,
            diagnostics);
    }

    /// <summary>The wait, which is missing before the first event; the observed numbers; the time; the mark; the categories.</summary>
    private static IEnumerable<ComponentDeclaration> TokenInputs(
        ComponentDeclaration task, RecordBinding binding, MissingValues missing, ColumnPlan? mark, int timeWidth)
    {
        yield return Derived(task, "Continuous", ("Features", 1), ("Missing", (int)MissingValues.MeanWithIndicator));
        ComponentDeclaration[] inputs = [.. Inputs(task, binding, missing)];
        foreach (ComponentDeclaration numbers in inputs.Where(static i => i.Name == "Continuous"))
        {
            yield return numbers;
        }
        if (timeWidth > 0)
        {
            yield return Derived(task, "TimeEncoding", ("Width", timeWidth), ("LongestPeriod", LongestPeriod));
        }
        if (mark is not null)
        {
            yield return Derived(task, "Categorical", ("Cardinality", mark.Cardinality), ("Width", MarkWidth));
        }
        foreach (ComponentDeclaration category in inputs.Where(static i => i.Name != "Continuous"))
        {
            yield return category;
        }
    }

    /// <summary>A length of time; null where the text names none.</summary>
    private static long? Ticks(ComponentDeclaration task, string argument, DiagnosticBag diagnostics)
    {
        const long TicksPerMillisecond = 10_000, MillisecondsPerDay = 86_400_000;
        var interval = TimeInterval.Parse(task.Text(argument));
        if (interval is { Unit: TimeUnit.Milliseconds or TimeUnit.Days })
        {
            return interval.Count * TicksPerMillisecond * (interval.Unit == TimeUnit.Days ? MillisecondsPerDay : 1);
        }
        diagnostics.Add(DiagnosticInfo.At(
            diagnostics.LocationOf(task, argument), DiagnosticDescriptors.BadInterval, task.Text(argument) ?? "null",
            TimeInterval.FixedUnits));
        return null;
    }
}
