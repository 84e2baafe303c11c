using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;
using AarenGen.Generator.Preprocessing;

namespace AarenGen.Generator.Tasks;

/// <summary>[Forecast&lt;TRecord&gt;(horizon, every, TimeZone = …)]: the next intervals of a grid of time, from records.</summary>
internal sealed class ForecastDefinition() : RecordTaskDefinition(
    "Forecast", ForecastPlan.ModelName,
    new(
        [ColumnRole.Target, ColumnRole.Observed, ColumnRole.KnownAhead, ColumnRole.Category], needsKey: false, needsTime: true,
        areAggregated: true))
{
    private const string HorizonArgument = "Horizon", EveryArgument = "Every", ZoneArgument = "TimeZone", NormalizedArgument = "Columns";
    private const string GapArgument = "MaxGap";

    /// <summary>A horizon may not leave the runtime's calendar, which ends with the year 9999.</summary>
    private const int LongestHorizon = 1000;

    /// <summary>The runtime's bound of any gap.</summary>
    private const int LargestGap = 1 << 20;

    public override DerivedModel? Derive(ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (task.Record is not { } record || !task.Has(HorizonArgument) || !task.Has(EveryArgument))
        {
            return null;
        }
        int horizon = diagnostics.InRange(task, HorizonArgument, 1, Limits.Width);
        TimeInterval? interval = TimeInterval.Parse(task.Text(EveryArgument));
        if (interval is null)
        {
            diagnostics.Add(DiagnosticInfo.At(
                diagnostics.LocationOf(task, EveryArgument), DiagnosticDescriptors.BadInterval, task.Text(EveryArgument) ?? "null",
                TimeInterval.Units));
        }
        else if (interval.Years(horizon) > LongestHorizon)
        {
            // Where a single interval is longer, the interval is the mistake.
            string argument = interval.Years(1) > LongestHorizon ? EveryArgument : HorizonArgument;
            object value = argument == EveryArgument ? interval.Text : horizon;
            diagnostics.Add(DiagnosticInfo.At(
                diagnostics.LocationOf(task, argument), DiagnosticDescriptors.OutOfRange, argument, task.Name, value,
                FormattableString.Invariant($"less: a horizon ends within {LongestHorizon} years")));
        }
        string? zone = task.Text(ZoneArgument);
        if (zone is not null && !IsZone(zone))
        {
            diagnostics.Add(DiagnosticInfo.At(diagnostics.LocationOf(task, ZoneArgument), DiagnosticDescriptors.BadTimeZone, zone));
        }
        int? maxGap = task.Has(GapArgument) ? diagnostics.InRange(task, GapArgument, 1, LargestGap) : null;
        RecordBinding binding = Bind(record, task, declaration, diagnostics);
        List<CalendarField> calendar = [.. declaration.Components.Where(static c => Registry.Find(c.Name) is CalendarDefinition)
            .SelectMany(c => CalendarDefinition.Fields(c, interval, zone is null, diagnostics))];
        ColumnPlan[] targets = [.. binding.Columns.Where(static c => c.Role == ColumnRole.Target)];
        if (targets.Length == 0 && binding.IsComplete)
        {
            binding.ReportMissing(nameof(ColumnRole.Target), "a property that is forecast");
        }
        binding.CheckViewNames(targets, ForecastPlan.ViewMembers, declaration);

        List<ComponentDeclaration> components = [
            .. Inputs(task, declaration, binding, calendar, horizon, Math.Max(1, targets.Length), diagnostics)];
        (List<ComponentDeclaration> rest, LossDefinition? loss) = Rest(
            task, declaration, horizon, Math.Max(1, targets.Length), binding.Columns.Count + calendar.Count > targets.Length,
            binding.Columns.Any(static c => c.Role is ColumnRole.Observed or ColumnRole.KnownAhead), diagnostics);
        components.AddRange(rest);
        return ModelOf(
            declaration, components,
            binding is { IsComplete: true, Time: { } time } && interval is not null ? new ForecastPlan(
                record, binding.SeriesKey, time, new(binding.Columns), horizon, interval.Text, zone,
                new(calendar.Select(static f => f.ToString())), binding.IsAggregated, loss?.HasDistribution == true) { MaxGap = maxGap }
                : null,
            diagnostics);
    }

    /// <summary>Whether a text may be a zone's name: the IANA's, or that of Windows.</summary>
    private static bool IsZone(string zone) => zone.Length > 0 && zone.Trim() == zone && zone.All(static c =>
        c is ' ' or '/' or '_' or '-' or '+' or '.' or '(' or ')' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z'));

    /// <summary>The inputs that a token has.</summary>
    private static IEnumerable<ComponentDeclaration> Inputs(
        ComponentDeclaration task, Declaration declaration, RecordBinding binding, List<CalendarField> calendar, int horizon, int targets,
        DiagnosticBag diagnostics)
    {
        int observed = binding.Columns.Count(static c => c.Role == ColumnRole.Observed);
        long ahead = binding.Columns.Count(static c => c.Role == ColumnRole.KnownAhead) * (horizon + 1L);
        int numbers = Limited(targets + observed + ahead, targets, "The numbers of a token", task, declaration, diagnostics);
        MissingValues missing = MissingNumbers(task, diagnostics);
        yield return Derived(task, "Continuous", ("Features", numbers), ("Missing", (int)missing));
        foreach (int cardinality in binding.Columns.Where(static c => c.Role == ColumnRole.Category).Select(static c => c.Cardinality)
            .Concat(calendar.Select(CalendarDefinition.Cardinality)))
        {
            yield return Derived(task, "Categorical", ("Cardinality", cardinality));
        }
    }

    /// <summary>What the user wrote beside the task, as far as it fits one, with the layer before the loss; and the loss.</summary>
    private static (List<ComponentDeclaration> Components, LossDefinition? Loss) Rest(
        ComponentDeclaration task, Declaration declaration, int horizon, int targets, bool hasOthers, bool hasOtherNumbers,
        DiagnosticBag diagnostics)
    {
        var components = new List<ComponentDeclaration>();
        LossDefinition? loss = null;
        bool hasChannels = declaration.Components.Any(static c => Registry.Find(c.Name) is PreprocessingDefinition { SplitsSamples: true });
        bool isLate = false;
        foreach (ComponentDeclaration component in declaration.Components)
        {
            ComponentDefinition? definition = Registry.Find(component.Name);
            switch (definition)
            {
                case TaskOptionDefinition:
                    if (isLate)
                    {
                        Report(component, DiagnosticDescriptors.MisplacedPreprocessing, component.Name, declaration.Name);
                    }
                    continue;
                case InputDefinition or InputsDefinition:
                    Report(component, DiagnosticDescriptors.InputBesideTask, component.Name, declaration.Name, task.Name);
                    continue;
                case HeadDefinition:
                    ReportUnfit(component, declaration, "has one loss, without a head", diagnostics);
                    continue;
                case LayerDefinition { IsPerSequence: true }:
                    ReportUnfit(component, declaration, "has outputs at every interval, not one of a whole sequence", diagnostics);
                    continue;
                case LayerDefinition layer when layer.NeverForgets(component):
                    Report(component, DiagnosticDescriptors.NeverForgets, component.Name, declaration.Name);
                    break;
                case LossDefinition other when loss is not null:
                    ReportUnfit(component, declaration, "has one loss", diagnostics);
                    continue;
                case LossDefinition other when other.Roles(component) is not { } roles:
                    ReportUnfit(
                        component, declaration, "predicts numbers, by a loss such as [Quantiles], [Gaussian] or [MeanSquaredError]",
                        diagnostics);
                    // Nothing else is missing.
                    (loss, isLate) = (other, true);
                    components.Add(Derived(component, "MeanSquaredError"));
                    continue;
                case LossDefinition other:
                    loss = other;
                    int parameters = other.Roles(component)!.Count;
                    int outputs = Limited(
                        (long)horizon * (hasChannels ? 1 : targets) * parameters, parameters, "The outputs", task, declaration,
                        diagnostics);
                    components.Add(Derived(component, "Dense", ("Units", outputs)));
                    break;
                case PreprocessingDefinition { SplitsSamples: true } when hasOtherNumbers:
                    Report(component, DiagnosticDescriptors.ChannelWithoutTarget, component.Name, declaration.Name);
                    continue;
                case InstanceNormDefinition when component.Has(NormalizedArgument) && component.Integer(NormalizedArgument) != targets
                    && !hasChannels:
                    diagnostics.Add(DiagnosticInfo.At(
                        diagnostics.LocationOf(component, NormalizedArgument), DiagnosticDescriptors.OutOfRange, NormalizedArgument,
                        component.Name, component.Integer(NormalizedArgument),
                        FormattableString.Invariant($"{targets}, the number of targets")));
                    continue;
                case InstanceNormDefinition when !component.Has(NormalizedArgument) && hasOthers && !hasChannels:
                    components.Add(component with
                    {
                        Arguments = new(component.Arguments.Append(new(NormalizedArgument, targets))), Origin = component,
                    });
                    continue;
            }
            isLate |= definition is LayerDefinition or LossDefinition;
            components.Add(component);
        }
        return (components, loss);

        void Report(ComponentDeclaration component, string id, params object[] arguments) =>
            diagnostics.Add(DiagnosticInfo.At(diagnostics.LocationOf(component), id, arguments));
    }

    /// <summary>A width that follows from the horizon; <paramref name="standIn"/> where it is too large.</summary>
    private static int Limited(
        long width, int standIn, string what, ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (width <= Limits.Width)
        {
            return (int)width;
        }
        diagnostics.Add(DiagnosticInfo.At(
            diagnostics.LocationOf(task, HorizonArgument), DiagnosticDescriptors.TooLarge, what, declaration.Name,
            Literal.Number(width), Literal.Number(Limits.Width)));
        return standIn;
    }
}
