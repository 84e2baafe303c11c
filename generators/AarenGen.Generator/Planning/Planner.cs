using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Preprocessing;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Planning;

/// <summary>From the declaration to the plan: shapes, names, memory layout and costs. Decides everything that is printed.</summary>
internal static class Planner
{
    public static PlanResult Plan(Declaration declaration, CancellationToken cancellation = default)
    {
        var diagnostics = new DiagnosticBag(declaration, declaration.Diagnostics);
        if (declaration.IsUnfit)
        {
            return new(declaration, null, declaration.Diagnostics);
        }
        try
        {
            Plan? plan = Plan(declaration, diagnostics, cancellation);
            return new(declaration, diagnostics.HasErrors ? null : plan, new(diagnostics.All));
        }
        catch (OverflowException)
        {
            // After a mistake the sizes are stand-ins.
            if (!diagnostics.HasErrors)
            {
                diagnostics.Add(
                    DiagnosticInfo.At(
                        new DiagnosticLocation(), DiagnosticDescriptors.TooLarge, "The memory", declaration.Name,
                        "over 2^31 numbers", "2^31 - 1"));
            }
            return new(declaration, null, new(diagnostics.All));
        }
    }

    private static Plan? Plan(Declaration declaration, DiagnosticBag diagnostics, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (DerivedModel.Of(declaration, diagnostics) is not { } model)
        {
            return null;
        }
        declaration = model.Declaration;
        BoundModel bound = BoundModel.Sort(declaration, diagnostics);
        LoweredModel lowered = LoweredModel.Of(declaration, bound, diagnostics);
        GeneratedMembers.Check(declaration, lowered.Layers.Select(static d => d.Method), bound.Heads, model.Task, diagnostics);
        CheckName(declaration, diagnostics);
        if (!bound.IsComplete)
        {
            return null;
        }

        cancellation.ThrowIfCancellationRequested();
        TokenShape shape = lowered.Shape;
        var layout = new MemoryLayout(lowered);
        foreach (IGrouping<string, Parameter> twice in layout.Parameters.GroupBy(static p => p.Name, StringComparer.Ordinal)
            .Where(static g => g.Count() > 1))
        {
            // Rather a component that the user can name.
            ComponentDeclaration culprit = lowered.Layers.Select(static d => (d.Name, d.Component))
                .Where(d => d.Component is not null && twice.Key.StartsWith(d.Name + ".", StringComparison.Ordinal))
                .OrderBy(static d => d.Component!.Origin is null ? 1 : 0).Last().Component!;
            diagnostics.Add(DiagnosticInfo.At(diagnostics.LocationOf(culprit, "Name"), DiagnosticDescriptors.DuplicateName, twice.Key));
            break;
        }
        StandardizationPlan? standardization = Standardization(bound, lowered, declaration, diagnostics);
        int samples = shape.StateDoubles(bound.Columns);
        CheckState(declaration, samples + (long)layout.State * shape.Channels, diagnostics);
        long flops = layout.Layers.Sum(
            static l => l.Repeat * l.Operations.Sum(static o => o.Operation.Flops)) * shape.Channels / shape.PatchStride;
        var plan = new Plan(
            FileName.Of(declaration.FullName), declaration.WeightsFile, declaration.Namespace,
            declaration.ContainingTypes, declaration.Name,
            shape, new(Categories(bound)),
            bound.Columns, lowered.Outputs * shape.Channels, lowered.Targets * shape.Channels,
            new(layout.Parameters), layout.ParameterFloats, layout.WeightFloats, layout.PackedFloats, layout.PackedTrainingFloats,
            lowered.RowsPerPass, layout.ScratchFloats, layout.TrainingFloatsPerToken,
            samples + layout.State * shape.Channels, samples,
            layout.Parameters.Sum(static p => (long)p.Rows * p.Columns), flops, "", "", layout.WidestRow, layout.BoundaryGradients,
            new(layout.Layers.Take(lowered.TrunkLayers)), new(lowered.Heads.Select(layout.WithLayers)))
        {
            Modalities = bound.Modalities,
            Standardization = standardization,
            Task = model.Task,
            // A head is a method of the class, and so hides an alias of its name.
            TakenAliases = new(GeneratedAlias.All.Select(static a => a.Name)
                .Where(name => declaration.Members.TakenAliases.Contains(name) || lowered.Heads.Any(h => h.Plan.Name == name))),
        };
        return plan with { Card = ModelCard.Write(plan), Fingerprint = Fingerprint(plan) };
    }

    private static StandardizationPlan? Standardization(
        BoundModel bound, LoweredModel lowered, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (bound.Standardize is not { } component)
        {
            return null;
        }
        Standardization method = StandardizeDefinition.Method(component, diagnostics);
        StandardizedColumns[] columns = [.. bound.Inputs
            .Select((input, i) => (Input: input, Modality: bound.ModalityOf(i)))
            .Where(i => i.Input.Definition.IsNumeric
                && (StandardizeDefinition.Modality(component) is not { } only || i.Modality.Kind == only))
            .Select(static i => new StandardizedColumns(
                i.Input.Column, i.Input.Component.Clamped("Features", 1, Limits.Width), i.Modality.Kind, i.Modality.Kinds))];
        if (columns.Length == 0 && lowered.Heads.All(static h => h.Plan.Scaling.Count == 0))
        {
            diagnostics.Add(DiagnosticInfo.At(
                diagnostics.LocationOf(component), DiagnosticDescriptors.NothingToStandardize, declaration.Name));
        }
        return new(method, new(columns)) { PerSeries = StandardizeDefinition.PerSeries(component) };
    }

    private static IEnumerable<Category> Categories(BoundModel bound) => bound.Inputs
        .Select((input, i) => (Input: input, Modality: bound.ModalityOf(i)))
        .Select(static i => new Category(
            i.Input.Column, i.Input.Definition.Cardinality(i.Input.Component), i.Modality.Kind, i.Modality.Kinds))
        .Where(static c => c.Cardinality > 0);

    private static void CheckName(Declaration declaration, DiagnosticBag diagnostics)
    {
        int bytes = Encoding.UTF8.GetByteCount(declaration.FullName);
        if (bytes > Limits.NameBytes)
        {
            diagnostics.Add(
                DiagnosticInfo.At(new DiagnosticLocation(), DiagnosticDescriptors.NameTooLong, declaration.Name, bytes, Limits.NameBytes)
                    with { Replacement = Cut(declaration.Name, bytes - Limits.NameBytes) });
        }
    }

    /// <summary>The beginning of a name, so that that many bytes of UTF-8 go away; null where nothing is left of it.</summary>
    private static string? Cut(string name, int bytes)
    {
        int length = name.Length;
        while (length > 0 && Encoding.UTF8.GetByteCount(name.Substring(length)) < bytes)
        {
            length--;
        }
        // Not between the halves of a character.
        length -= length > 0 && char.IsLowSurrogate(name.ElementAtOrDefault(length)) ? 1 : 0;
        return length > (name.StartsWith("@", StringComparison.Ordinal) ? 1 : 0) ? name.Substring(0, length) : null;
    }

    private static void CheckState(Declaration declaration, long doubles, DiagnosticBag diagnostics)
    {
        long bytes = doubles * sizeof(double);
        if (bytes > Limits.StateBytes)
        {
            diagnostics.Add(DiagnosticInfo.At(
                new DiagnosticLocation(), DiagnosticDescriptors.TooLarge, "The state", declaration.Name,
                $"{Number(bytes)} bytes",
                $"{Number(Limits.StateBytes)} bytes"));
        }
    }

    /// <summary>Of what decides weights and states: not of the class's name, nor of dropout.</summary>
    private static string Fingerprint(Plan plan)
    {
        var text = new StringBuilder("aarengen 2\n").Append(Number(plan.InputWidth)).Append('\n')
            .Append(plan.Tokens).Append('\n');
        if (plan.Tokens.NormalizedColumns > 0)
        {
            text.Append(FormattableString.Invariant($"normalized {plan.Tokens.NormalizedColumns}\n"));
        }
        foreach (MissingColumns m in plan.Tokens.Missing)
        {
            text.Append(FormattableString.Invariant($"missing {m.First} {m.Count} {m.Kind} {m.Kinds} {m.Handling}\n"));
        }
        if (plan.Standardization is { } standardization)
        {
            text.Append(FormattableString.Invariant(
                $"standardized {standardization.Method}{(standardization.PerSeries ? " per series" : "")}\n"));
            foreach (StandardizedColumns columns in standardization.Columns)
            {
                text.Append(FormattableString.Invariant($"{columns.First} {columns.Count} {columns.Kind} {columns.Kinds}\n"));
            }
        }
        if (plan.Task is { } task)
        {
            Append(text, task);
        }
        foreach (LayerPlan layer in plan.Layers)
        {
            text.Append(FormattableString.Invariant($"{layer.Summary}; {layer.Repeat}; {layer.InputWidth}; {layer.OutputWidth}\n"));
        }
        foreach (Parameter p in plan.Parameters)
        {
            text.Append(FormattableString.Invariant($"{p.Name} {p.Rows} {p.Columns}\n"));
        }
        foreach (HeadPlan head in plan.Heads)
        {
            text.Append(FormattableString.Invariant($"{head.Name}; {head.IsPerSequence}; {head.Weight:R}; {head.Loss.Summary}\n"));
        }
        using var sha = SHA256.Create();
        return string.Concat(
            sha.ComputeHash(Encoding.UTF8.GetBytes(text.ToString())).Select(static b => b.ToString("x2", CultureInfo.InvariantCulture)));
    }

    /// <summary>Which number of a token means what: another property in a column's place would be nonsense to trained weights.</summary>
    private static void Append(StringBuilder text, TaskPlan task)
    {
        text.Append(task.Facts).Append('\n');
        foreach (ColumnPlan column in task.Columns)
        {
            text.Append(FormattableString.Invariant(
                $"{column.Property.Name} {column.Role} {column.Aggregation} {column.Cardinality} {column.HasMissingCategory}"));
            foreach (string category in column.Names.Concat(column.Property.Enum?.Members.Select(static m => m.Value) ?? []))
            {
                text.Append(' ').Append(Literal.Text(category));
            }
            text.Append('\n');
        }
    }
}

/// <summary>What became of a declaration: a plan where there is no mistake, and all mistakes where there are.</summary>
internal sealed record PlanResult(Declaration Declaration, Plan? Plan, EquatableArray<DiagnosticInfo> Diagnostics);
