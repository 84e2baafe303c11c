using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;
using AarenGen.Generator.Preprocessing;

namespace AarenGen.Generator.Tasks;

/// <summary>[Classify&lt;TRecord&gt;]: the label of a sequence of records.</summary>
internal sealed class ClassifyDefinition() : RecordTaskDefinition(
    "Classify", ClassificationPlan.ModelName,
    new([ColumnRole.Observed, ColumnRole.Category, ColumnRole.Label], needsKey: true, needsTime: false, areAggregated: false))
{
    /// <summary>The mean: the number of it in the runtime's enumeration.</summary>
    private const int MeanPooling = 1;

    public override DerivedModel? Derive(ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (task.Record is not { } record)
        {
            return null;
        }
        RecordBinding binding = Bind(record, task, declaration, diagnostics);
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
        return ModelOf(
            declaration, components,
            binding.IsComplete ? new ClassificationPlan(record, binding.SeriesKey, binding.Time, new(binding.Columns)) : null, diagnostics);
    }

    /// <summary>The layers of the user with a layer that pools, where there is none, and the loss.</summary>
    private static List<ComponentDeclaration> Rest(
        ComponentDeclaration task, Declaration declaration, int classes, DiagnosticBag diagnostics)
    {
        const string Loss = "CrossEntropy";
        bool isPooled = false;
        return LayersAndLoss(
            task, declaration,
            new(Loss, static (component, _) => component.Name == Loss, "predicts a class, by [CrossEntropy]", LastLayers, Adapt),
            diagnostics);

        IEnumerable<ComponentDeclaration> LastLayers(ComponentDeclaration origin)
        {
            if (!isPooled)
            {
                yield return Derived(origin, "Pool", ("Pooling", MeanPooling));
            }
            yield return Derived(origin, "Dense", ("Units", classes));
        }

        ComponentDeclaration Adapt(ComponentDeclaration component, ComponentDefinition? definition)
        {
            if (definition is StandardizeDefinition && StandardizeDefinition.PerSeries(component))
            {
                ReportUnfit(
                    component, declaration, "has new sequences to classify, of which no statistics are known", diagnostics,
                    StandardizeDefinition.PerSeriesArgument);
            }
            isPooled |= definition is LayerDefinition { IsPerSequence: true };
            return component;
        }
    }
}
