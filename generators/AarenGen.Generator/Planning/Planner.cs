using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>From the declaration to the plan: shapes, names, places and costs. Decides everything that is printed.</summary>
internal static class Planner
{
    public static PlanResult Plan(Declaration declaration, CancellationToken cancellation = default)
    {
        var problems = new ProblemList(declaration, declaration.Problems);
        if (declaration.IsUnfit)
        {
            return new(declaration, null, declaration.Problems);
        }
        try
        {
            Plan? plan = Plan(declaration, problems, cancellation);
            return new(declaration, problems.All.Count == 0 ? plan : null, new(problems.All));
        }
        catch (OverflowException)
        {
            // After a mistake the sizes are stand-ins.
            if (problems.All.Count == 0)
            {
                problems.Add(Problem.At(new Site(), Descriptors.TooLarge, "The memory", declaration.Name, "over 2^31 numbers", "2^31 - 1"));
            }
            return new(declaration, null, new(problems.All));
        }
    }

    private static Plan? Plan(Declaration declaration, ProblemList problems, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Outline outline = Outline.Sort(declaration, problems);
        ModelDraft draft = ModelDraft.Of(declaration, outline, problems);
        GeneratedMembers.Check(declaration, draft.Layers.Select(static d => d.Method), outline.Heads, problems);
        CheckName(declaration, problems);
        if (!outline.IsComplete)
        {
            return null;
        }

        cancellation.ThrowIfCancellationRequested();
        TokenShape shape = draft.Shape;
        var places = new Places(draft);
        foreach (IGrouping<string, Parameter> twice in places.Parameters.GroupBy(static p => p.Name, StringComparer.Ordinal)
            .Where(static g => g.Count() > 1))
        {
            PartDeclaration culprit = draft.Layers.Last(
                d => d.Part is not null && twice.Key.StartsWith(d.Name + ".", StringComparison.Ordinal)).Part!;
            problems.Add(Problem.At(problems.SiteOf(culprit, "Name"), Descriptors.DuplicateName, twice.Key));
            break;
        }
        int samples = shape.StateDoubles(outline.Columns);
        CheckState(declaration, samples + (long)places.State * shape.Channels, problems);
        long flops = places.Layers.Sum(
            static l => l.Repeat * l.Operations.Sum(static o => o.Operation.Flops)) * shape.Channels / shape.PatchStride;
        var plan = new Plan(
            FileName.Of(declaration.FullName), declaration.WeightsFile, declaration.Namespace,
            declaration.ContainingTypes, declaration.Name,
            shape, new(Categories(outline)),
            outline.Columns, checked(draft.Outputs * shape.Channels), checked(draft.Targets * shape.Channels),
            new(places.Parameters), places.ParameterFloats, places.WeightFloats, places.PackedFloats, places.PackedTrainingFloats,
            draft.RowsPerPass, places.ScratchFloats, places.TrainingFloatsPerToken,
            checked(samples + places.State * shape.Channels), samples,
            places.Parameters.Sum(static p => (long)p.Rows * p.Columns), flops, "", "", places.WidestRow, places.BoundaryGradients,
            new(places.Layers.Take(draft.TrunkLayers)), new(draft.Heads.Select(places.WithLayers)))
        {
            // A head is a method of the class, and so hides an alias of its name.
            TakenAliases = new(GeneratedAlias.All.Select(static a => a.Name)
                .Where(name => declaration.Members.TakenAliases.Contains(name) || draft.Heads.Any(h => h.Plan.Name == name))),
        };
        return plan with { Card = ModelCard.Write(plan), Fingerprint = Fingerprint(plan) };
    }

    private static IEnumerable<Category> Categories(Outline outline) => outline.Inputs
        .Select((input, i) => outline.Interleave is not null && i < outline.Kinds
            ? new Category(input.Column, input.Definition.Cardinality(input.Part), i, outline.Kinds)
            : new Category(input.Column, input.Definition.Cardinality(input.Part), 0, 1))
        .Where(static c => c.Cardinality > 0);

    private static void CheckName(Declaration declaration, ProblemList problems)
    {
        int bytes = Encoding.UTF8.GetByteCount(declaration.FullName);
        if (bytes > Limits.NameBytes)
        {
            problems.Add(Problem.At(new Site(), Descriptors.NameTooLong, declaration.Name, bytes, Limits.NameBytes));
        }
    }

    private static void CheckState(Declaration declaration, long doubles, ProblemList problems)
    {
        long bytes = doubles * sizeof(double);
        if (bytes > Limits.StateBytes)
        {
            problems.Add(Problem.At(
                new Site(), Descriptors.TooLarge, "The state", declaration.Name, $"{bytes.ToString(CultureInfo.InvariantCulture)} bytes",
                $"{Limits.StateBytes.ToString(CultureInfo.InvariantCulture)} bytes"));
        }
    }

    /// <summary>Of what decides weights and states: not of the class's name, nor of dropout.</summary>
    private static string Fingerprint(Plan plan)
    {
        var text = new StringBuilder("aarengen 2\n").Append(plan.InputWidth.ToString(CultureInfo.InvariantCulture)).Append('\n')
            .Append(plan.Tokens).Append('\n');
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
}

/// <summary>What became of a declaration: a plan where there is no mistake, and all mistakes where there are.</summary>
internal sealed record PlanResult(Declaration Declaration, Plan? Plan, EquatableArray<Problem> Problems);
