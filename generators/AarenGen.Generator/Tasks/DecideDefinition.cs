using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;
using AarenGen.Generator.Preprocessing;

namespace AarenGen.Generator.Tasks;

/// <summary>
/// [Decide&lt;TRecord&gt;(maxSteps, Width = …)]: the next action of an episode, from the return still to reach and what is observed.
/// </summary>
internal sealed class DecideDefinition() : RecordTaskDefinition(
    "Decide", DecisionPlan.ModelName,
    new(
        [ColumnRole.Observed, ColumnRole.Category, ColumnRole.Action, ColumnRole.Reward], needsKey: true, needsTime: false,
        areAggregated: false))
{
    private const string StepsArgument = "MaxSteps", WidthArgument = "Width", MinArgument = "Min", MaxArgument = "Max";
    private const int DefaultWidth = 64;

    /// <summary>The hyperbolic tangent, from −1 to 1 as actions in tokens: its number in the runtime's enumeration.</summary>
    private const int Tanh = 3;

    /// <summary>The modality of observations, behind that of returns.</summary>
    private const int Observations = 1;

    public override DerivedModel? Derive(ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (task.Record is not { } record || !task.Has(StepsArgument))
        {
            return null;
        }
        int steps = diagnostics.InRange(task, StepsArgument, 1, Limits.Cardinality);
        int width = task.Has(WidthArgument) ? diagnostics.InRange(task, WidthArgument, 1, Limits.Width) : DefaultWidth;
        RecordBinding binding = Bind(record, task, declaration, diagnostics);
        // As declared; one of another type is a mistake already.
        ColumnPlan[] actions = [.. record.Properties
            .Select(p => binding.Columns.FirstOrDefault(c => c.Role == ColumnRole.Action && ReferenceEquals(c.Property, p)))
            .OfType<ColumnPlan>()
            .Where(static a => a.Property.Kind.IsReal() || a.Property.Kind is RecordValueKind.Enum or RecordValueKind.Text)];
        List<ActionRange> ranges = CheckActions(binding, actions);
        if (binding.IsComplete)
        {
            CheckRoles(binding, actions.Length);
        }
        binding.CheckViewNames(actions, DecisionPlan.ViewMembers, declaration);
        // After a mistake, a stand-in.
        int choices = actions.FirstOrDefault(static a => a.Cardinality > 0) is { } choice ? Math.Max(2, choice.Cardinality) : 0;
        List<ComponentDeclaration> components = [.. TokenInputs(task, binding, Math.Max(1, actions.Length), choices, steps, width)];
        components.AddRange(Rest(task, declaration, Math.Max(1, actions.Length), choices, diagnostics));
        return ModelOf(
            declaration, components,
            binding.IsComplete
                ? new DecisionPlan(record, binding.SeriesKey, binding.Time, new(binding.Columns), steps, new(ranges)) : null,
            diagnostics);
    }

    private static void CheckRoles(RecordBinding binding, int actions)
    {
        if (actions == 0)
        {
            binding.ReportMissing(nameof(ColumnRole.Action), "what is decided: one or more numbers, or one enum or bool");
        }
        if (binding.Columns.All(static c => c.Role != ColumnRole.Reward))
        {
            binding.ReportMissing(nameof(ColumnRole.Reward), "the number that a step was worth");
        }
        if (binding.Columns.All(static c => c.Role is ColumnRole.Action or ColumnRole.Reward))
        {
            binding.ReportMissing(nameof(ColumnRole.Observed), "a property that the action follows from, or one with [Category]");
        }
    }

    /// <summary>Numbers, each with its range, or one category.</summary>
    private static List<ActionRange> CheckActions(RecordBinding binding, ColumnPlan[] actions)
    {
        var ranges = new List<ActionRange>();
        foreach (ColumnPlan action in actions)
        {
            ComponentDeclaration attribute = action.Property.Attributes[0];
            if (action.Cardinality > 0)
            {
                if (attribute.Has(MinArgument))
                {
                    Report(
                        action, "[0]", $"bounds are of numbers, and {action.Property.TypeName} has categories",
                        "write [Action], or make it a float");
                }
                else if (action != actions[0])
                {
                    Report(
                        action, null, $"'{actions[0].Property.Name}' is an action already, and a category is decided alone",
                        "decide one enum that names all combinations, or numbers only");
                }
                continue;
            }
            if (action != actions[0] && actions[0].Cardinality > 0)
            {
                Report(
                    action, null, $"the categories of '{actions[0].Property.Name}' are decided already, and alone",
                    "decide one enum, or numbers only");
            }
            if (attribute.Has("Cardinality") || attribute.Has("Names"))
            {
                Report(
                    action, "[0]", $"{action.Property.TypeName} is on a real scale, without categories",
                    "write its bounds, such as [Action(-1, 1)], or make it an int");
            }
            else
            {
                ranges.Add(Range(action, attribute));
            }
        }
        return ranges;

        ActionRange Range(ColumnPlan action, ComponentDeclaration attribute)
        {
            var range = new ActionRange(attribute.Number(MinArgument, -1), attribute.Number(MaxArgument, 1));
            foreach ((string argument, double bound) in new[] { (MinArgument, range.Min), (MaxArgument, range.Max) })
            {
                if (!(Math.Abs(bound) <= Limits.MaxPositive))
                {
                    Report(
                        action, "[0]." + argument, FormattableString.Invariant($"the bound {bound} is no usable number"),
                        FormattableString.Invariant($"write one from {-Limits.MaxPositive} to {Limits.MaxPositive}"));
                    return new(-1, 1);
                }
            }
            if (!((float)range.Min < (float)range.Max))
            {
                Report(
                    action, "[0]." + MaxArgument, FormattableString.Invariant($"no float lies above {range.Min} and up to {range.Max}"),
                    "write the smallest value, then the largest");
                return new(-1, 1);
            }
            return range;
        }

        void Report(ColumnPlan action, string? argument, string problem, string fix) =>
            binding.ReportColumn(action, argument, DiagnosticDescriptors.BadAction, action.Property.Name, problem, fix);
    }

    /// <summary>
    /// The modalities: a return; the observed numbers, or the first category where there are none; an action. Then, shared by all tokens of
    /// a step, the other categories and its number.
    /// </summary>
    private static IEnumerable<ComponentDeclaration> TokenInputs(
        ComponentDeclaration task, RecordBinding binding, int actions, int choices, int steps, int width)
    {
        yield return Derived(task, "Continuous", ("Features", 1));
        Queue<ComponentDeclaration> observed = new(Inputs(task, binding));
        // After a mistake, a stand-in.
        yield return observed.Count > 0 ? observed.Dequeue() : Derived(task, "Continuous", ("Features", 1));
        yield return choices > 0
            ? Derived(task, "Categorical", ("Cardinality", choices)) : Derived(task, "Continuous", ("Features", actions));
        int shared = observed.Count + 1;
        foreach (ComponentDeclaration category in observed)
        {
            yield return category;
        }
        yield return Derived(task, "Categorical", ("Cardinality", steps));
        yield return Derived(task, "Interleave", ("Width", width), ("Shared", shared));
    }

    /// <summary>The layers of the user, a last one and the loss.</summary>
    private static List<ComponentDeclaration> Rest(
        ComponentDeclaration task, Declaration declaration, int actions, int choices, DiagnosticBag diagnostics)
    {
        LossRule rule = choices > 0
            ? new("CrossEntropy", static (component, _) => component.Name == "CrossEntropy", "decides on a category, by [CrossEntropy]",
                origin => [Derived(origin, "Dense", ("Units", choices))], Adapt)
            : new("MeanSquaredError", static (_, loss) => !loss.HasDistribution,
                "decides on numbers, by [MeanSquaredError], [MeanAbsoluteError] or [Huber]",
                origin => [Derived(origin, "Dense", ("Units", actions), ("Activation", Tanh))], Adapt);
        return LayersAndLoss(task, declaration, rule, diagnostics);

        ComponentDeclaration? Adapt(ComponentDeclaration component, ComponentDefinition? definition)
        {
            switch (definition)
            {
                case StandardizeDefinition when StandardizeDefinition.PerSeries(component):
                    ReportUnfit(
                        component, declaration, "has new episodes to decide in, of which no statistics are known", diagnostics,
                        StandardizeDefinition.PerSeriesArgument);
                    return component;
                case StandardizeDefinition:
                    // Returns have a scale of their own, and actions their bounds.
                    return component with
                    {
                        Arguments = new(component.Arguments.Append(new(StandardizeDefinition.ModalityArgument, Observations))),
                        Origin = component,
                    };
                case PreprocessingDefinition:
                    ReportUnfit(component, declaration, "interleaves tokens of returns, observations and actions", diagnostics);
                    return null;
                case LayerDefinition { IsPerSequence: true }:
                    ReportUnfit(component, declaration, "decides at every step, not once for a whole sequence", diagnostics);
                    return null;
                default:
                    return component;
            }
        }
    }
}
