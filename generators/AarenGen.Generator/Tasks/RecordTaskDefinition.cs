using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Tasks;

/// <summary>A task on records.</summary>
/// <param name="name">Its name.</param>
/// <param name="model">The name of the class that models with the task derive from.</param>
/// <param name="roles">What properties of its records are.</param>
internal abstract class RecordTaskDefinition(string name, string model, RecordRoles roles) : TaskDefinition
{
    public sealed override string Name => name;

    public sealed override string BaseModel => $"AarenGen.{model}`3";

    /// <summary>Finds out how a model reads its records.</summary>
    /// <param name="record">Their type.</param>
    /// <param name="task">The task.</param>
    /// <param name="declaration">The model.</param>
    /// <param name="diagnostics">Takes mistakes.</param>
    protected RecordBinding Bind(
        RecordDeclaration record, ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics) =>
        RecordBinding.Of(record, task, declaration.Name.TrimStart('@'), roles, diagnostics);

    /// <summary>The model that a task was turned into; null after a mistake.</summary>
    /// <param name="declaration">The model.</param>
    /// <param name="components">Its inputs, layers and losses.</param>
    /// <param name="plan">The task; null after a mistake.</param>
    /// <param name="diagnostics">Has the mistakes.</param>
    protected static DerivedModel? ModelOf(
        Declaration declaration, List<ComponentDeclaration> components, TaskPlan? plan, DiagnosticBag diagnostics) =>
        // A mistake that only the compiler reports leaves nothing to plan.
        plan is not null || diagnostics.HasErrors ? new(declaration with { Components = new(components) }, plan) : null;

    /// <summary>What becomes of numbers that records lack; never an error, since null is one of their values.</summary>
    /// <param name="task">The task.</param>
    /// <param name="diagnostics">Takes mistakes.</param>
    protected static MissingValues MissingNumbers(ComponentDeclaration task, DiagnosticBag diagnostics)
    {
        const string argument = "Missing";
        var written = (MissingValues)task.Integer(argument);
        if (task.Has(argument) && written is not (MissingValues.CarryForward or MissingValues.MeanWithIndicator))
        {
            diagnostics.Add(DiagnosticInfo.At(
                diagnostics.LocationOf(task, argument), DiagnosticDescriptors.UndefinedValue, argument, task.Name, (int)written,
                $"{nameof(MissingValues.CarryForward)}, {nameof(MissingValues.MeanWithIndicator)}"));
        }
        return written == MissingValues.MeanWithIndicator ? written : MissingValues.CarryForward;
    }

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

    /// <summary>
    /// What the user wrote beside a task with one loss: the layers, the last ones, which follow from the task, and the loss.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="declaration">The model.</param>
    /// <param name="rule">Which losses and layers fit.</param>
    /// <param name="diagnostics">Takes mistakes.</param>
    protected static List<ComponentDeclaration> LayersAndLoss(
        ComponentDeclaration task, Declaration declaration, LossRule rule, DiagnosticBag diagnostics)
    {
        var components = new List<ComponentDeclaration>();
        bool hasLoss = false;
        foreach ((ComponentDeclaration component, ComponentDefinition? definition) in Fitting(task, declaration, diagnostics))
        {
            switch (definition)
            {
                case HeadDefinition:
                    ReportUnfit(component, declaration, "has one loss, without a head", diagnostics);
                    break;
                case LossDefinition when hasLoss:
                    ReportUnfit(component, declaration, "has one loss", diagnostics);
                    break;
                case LossDefinition loss:
                    hasLoss = true;
                    components.AddRange(rule.LastLayers(component));
                    bool fits = rule.IsFitting(component, loss);
                    if (!fits)
                    {
                        ReportUnfit(component, declaration, rule.Fact, diagnostics);
                    }
                    components.Add(fits ? component : Derived(component, rule.Standard));
                    break;
                default:
                    if (rule.Adapt(component, definition) is { } adapted)
                    {
                        components.Add(adapted);
                    }
                    break;
            }
        }
        if (!hasLoss)
        {
            components.AddRange(rule.LastLayers(task));
            components.Add(Derived(task, rule.Standard));
        }
        return components;
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

    /// <summary>Which losses and layers fit a task with one loss.</summary>
    /// <param name="Standard">The loss where there is none that fits.</param>
    /// <param name="IsFitting">Whether a loss fits.</param>
    /// <param name="Fact">What the task is, after "which", where one does not.</param>
    /// <param name="LastLayers">Turns a last layer of the declaration into the layers before the loss.</param>
    /// <param name="Adapt">What becomes of another component; null, after it was reported: nothing.</param>
    protected sealed record LossRule(
        string Standard, Func<ComponentDeclaration, LossDefinition, bool> IsFitting, string Fact,
        Func<ComponentDeclaration, IEnumerable<ComponentDeclaration>> LastLayers,
        Func<ComponentDeclaration, ComponentDefinition?, ComponentDeclaration?> Adapt);
}
