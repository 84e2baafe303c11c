using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;
using AarenGen.Generator.Preprocessing;

namespace AarenGen.Generator.Tasks;

/// <summary>[Classify&lt;TRecord&gt;]: the label of a sequence of records.</summary>
internal sealed class ClassifyDefinition : RecordTaskDefinition
{
    /// <summary>The mean: the number of it in the runtime's enumeration.</summary>
    private const int MeanPooling = 1;

    private const string PerSeries = "PerSeries";

    private static readonly RecordRoles Roles = new(
        [ColumnRole.Observed, ColumnRole.Category, ColumnRole.Label], needsKey: true, needsTime: false, areAggregated: false);

    public override string Name => "Classify";

    public override string BaseModel => $"AarenGen.{ClassificationPlan.ModelName}`3";

    public override DerivedModel? Derive(ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (task.Record is not { } record)
        {
            return null;
        }
        RecordBinding binding = RecordBinding.Of(record, task, declaration.Name.TrimStart('@'), Roles, diagnostics);
        ColumnPlan? label = binding.Columns.FirstOrDefault(static c => c.Role == ColumnRole.Label);
        if (label is null && binding.IsComplete)
        {
            binding.ReportMissing(nameof(ColumnRole.Label), "the property that is predicted");
        }
        if (binding.IsComplete && binding.Columns.Count < 2)
        {
            binding.ReportMissing(nameof(ColumnRole.Observed), "a property that the label follows from, or one with [Category]");
        }
        ComponentDeclaration[] inputs = [.. Inputs(task, binding, MissingNumbers(task, diagnostics))];
        // After a mistake, a stand-in.
        List<ComponentDeclaration> components = inputs.Length > 0 ? [.. inputs] : [Derived(task, "Continuous", ("Features", 1))];
        components.AddRange(Rest(task, declaration, Math.Max(2, label?.Cardinality ?? 2), diagnostics));
        declaration = declaration with { Components = new(components) };
        return binding.IsComplete
            ? new(declaration, new ClassificationPlan(record, binding.SeriesKey, binding.Time, new(binding.Columns)))
            // A mistake that only the compiler reports leaves nothing to plan.
            : diagnostics.HasErrors ? new(declaration, null) : null;
    }

    /// <summary>What the user wrote beside the task, with the layers before the loss, and the loss where there is none.</summary>
    private static List<ComponentDeclaration> Rest(
        ComponentDeclaration task, Declaration declaration, int classes, DiagnosticBag diagnostics)
    {
        var components = new List<ComponentDeclaration>();
        bool isPooled = false, hasLoss = false;
        foreach ((ComponentDeclaration component, ComponentDefinition? definition) in Fitting(task, declaration, diagnostics))
        {
            switch (definition)
            {
                case HeadDefinition:
                    ReportUnfit(component, declaration, "has one loss, without a head", diagnostics);
                    continue;
                case LossDefinition when hasLoss:
                    ReportUnfit(component, declaration, "has one loss", diagnostics);
                    continue;
                case LossDefinition:
                    hasLoss = true;
                    AddLast(component);
                    if (component.Name == "CrossEntropy")
                    {
                        components.Add(component);
                        continue;
                    }
                    ReportUnfit(component, declaration, "predicts a class, by [CrossEntropy]", diagnostics);
                    components.Add(Derived(component, "CrossEntropy"));
                    continue;
                case StandardizeDefinition when component.Flag(PerSeries):
                    ReportUnfit(
                        component, declaration, "has new sequences to classify, of which no statistics are known", diagnostics, PerSeries);
                    break;
                case LayerDefinition { IsPerSequence: true }:
                    isPooled = true;
                    break;
            }
            components.Add(component);
        }
        if (!hasLoss)
        {
            AddLast(task);
            components.Add(Derived(task, "CrossEntropy"));
        }
        return components;

        void AddLast(ComponentDeclaration origin)
        {
            if (!isPooled)
            {
                components.Add(Derived(origin, "Pool", ("Pooling", MeanPooling)));
            }
            components.Add(Derived(origin, "Dense", ("Units", classes)));
        }
    }
}
