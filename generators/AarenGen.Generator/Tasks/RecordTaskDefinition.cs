using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Tasks;

/// <summary>A task in which each record is a token.</summary>
internal abstract class RecordTaskDefinition : TaskDefinition
{
    /// <summary>The inputs of the values of records: the observed numbers, then the categories.</summary>
    /// <param name="task">The task.</param>
    /// <param name="binding">The values.</param>
    /// <param name="missing">What becomes of missing numbers.</param>
    protected static IEnumerable<ComponentDeclaration> Inputs(
        ComponentDeclaration task, RecordBinding binding, MissingValues missing = MissingValues.CarryForward)
    {
        int numbers = binding.Columns.Count(static c => c.Role == ColumnRole.Observed);
        if (numbers > 0)
        {
            yield return Derived(task, "Continuous", ("Features", numbers), ("Missing", (int)missing));
        }
        foreach (ColumnPlan category in binding.Columns.Where(static c => c.Role == ColumnRole.Category))
        {
            yield return Derived(task, "Categorical", ("Cardinality", category.Cardinality));
        }
    }

    /// <summary>A component that stands for what the user wrote.</summary>
    protected static ComponentDeclaration Derived(
        ComponentDeclaration origin, string name, params (string Name, object Value)[] arguments) =>
        new(name, new(arguments.Select(static a => new Argument(a.Name, a.Value)))) { Origin = origin };

    /// <summary>
    /// What the user wrote beside the task, without what no task on single records has: inputs, a calendar, channels. Each is reported.
    /// </summary>
    protected static IEnumerable<(ComponentDeclaration Component, ComponentDefinition? Definition)> Fitting(
        ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics)
    {
        foreach (ComponentDeclaration component in declaration.Components)
        {
            ComponentDefinition? definition = Registry.Find(component.Name);
            switch (definition)
            {
                case InputDefinition or InputsDefinition:
                    diagnostics.Add(DiagnosticInfo.At(
                        diagnostics.LocationOf(component), DiagnosticDescriptors.InputBesideTask, component.Name, declaration.Name,
                        task.Name));
                    break;
                case TaskOptionDefinition:
                    ReportUnfit(component, declaration, "has no intervals of time", diagnostics);
                    break;
                case PreprocessingDefinition { SplitsSamples: true }:
                    ReportUnfit(component, declaration, "predicts from all values of a record together", diagnostics);
                    break;
                default:
                    yield return (component, definition);
                    break;
            }
        }
    }

    /// <summary>Reports a component that does not fit the task.</summary>
    /// <param name="component">The component.</param>
    /// <param name="declaration">The model.</param>
    /// <param name="fact">What the task is, after "which".</param>
    /// <param name="diagnostics">Takes the mistake.</param>
    /// <param name="argument">The argument that does not fit; null: the component.</param>
    protected static void ReportUnfit(
        ComponentDeclaration component, Declaration declaration, string fact, DiagnosticBag diagnostics, string? argument = null) =>
        diagnostics.Add(DiagnosticInfo.At(
            diagnostics.LocationOf(component, argument), DiagnosticDescriptors.NotOfTask, component.Name, declaration.Name, fact));
}
