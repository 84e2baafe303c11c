using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Layers;
using AarenGen.Generator.Layers.Input;
using AarenGen.Generator.Layers.Losses;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>From the declaration to the plan: shapes, names, places and costs. Decides everything that is printed.</summary>
internal static class Planner
{
    private const string Blocks = "blocks";

    /// <summary>Members that generated code or its base class declares.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        ".ctor", ".cctor", "InputWidth", "OutputWidth", "ParameterCount", "StateBytes", "FlopsPerToken", "TrainingFloatsPerToken",
        "Prepare", "Infer", "Train", "FinishGradients",
        "TargetWidth", "Description", "Create", "Load", "Save", "CreateState", "Step", "StepMany", "Forward", "Fit", "Evaluate",
    };

    public static PlanResult Plan(Declaration declaration)
    {
        var problems = new ProblemList(declaration, declaration.Problems);
        try
        {
            Plan? plan = Plan(declaration, problems);
            return new(problems.All.Count == 0 ? plan : null, new(problems.All));
        }
        catch (OverflowException)
        {
            problems.Add(Problem.At(new Site(), Descriptors.TooLarge, "The memory", declaration.Name, "over 2^31 numbers", "2^31 - 1"));
            return new(null, new(problems.All));
        }
    }

    private static Plan? Plan(Declaration declaration, ProblemList problems)
    {
        Outline outline = Outline.Sort(declaration, problems);
        TokenShape shape = TokenShape.Plain;
        foreach ((PartDeclaration part, ShapingDefinition definition) in outline.Shaping)
        {
            shape = definition.Apply(part, shape, Math.Max(1, outline.Columns), problems);
        }
        int rowsPerPass = Math.Max(1, Limits.RowsPerPass / shape.Channels) * shape.Channels;
        int features = Math.Max(1, outline.Columns / shape.Channels), rowInput = checked(features * shape.PatchLength);

        var drafts = new List<LayerDraft>();
        int blocks = 0, width = PlanInputs(outline, rowInput, rowsPerPass, drafts, problems);
        bool branches = outline.Heads.Any(static h => h.Part is not null);
        width = PlanLayers(outline.Trunk, width, head: null, branches);
        int trunkLayers = drafts.Count, targets = 0, outputs = 0;
        var heads = new List<(HeadOutline Outline, int Layers, HeadPlan Plan)>();
        foreach (HeadOutline head in outline.Heads)
        {
            int first = drafts.Count;
            int headWidth = PlanLayers(head.Layers, width, head.Name, branches);
            if (head is not { LossPart: { } lossPart, Loss: { } definition })
            {
                continue;
            }
            Loss loss = definition.Plan(lossPart, headWidth, problems);
            if (shape.Normalization != NormalizationSpan.None && definition.Roles(lossPart) is null)
            {
                problems.Add(Problem.At(problems.SiteOf(lossPart), Descriptors.NotNormalizable, lossPart.Name, declaration.Name));
            }
            if (OutputLayer.IsNeeded(definition, lossPart, shape))
            {
                var builder = new LayerBuilder(headWidth, rowsPerPass, problems);
                OutputLayer.Plan(definition, lossPart, shape.Normalization == NormalizationSpan.None ? 0 : features, builder);
                drafts.Add(new(null, $"{OutputLayer.Name}{Number(drafts.Count)}", "output", false, builder, 1));
            }
            bool isPerSequence = outline.Trunk.Concat(head.Layers).Any(static l => l.Definition.IsPerSequence);
            double weight = head.Part is null ? 1 : problems.Positive(head.Part, "Weight", 1);
            heads.Add((head, drafts.Count - first, new(head.Name, weight, isPerSequence, new([]), outputs, headWidth, targets, loss)));
            outputs = checked(outputs + headWidth);
            targets = checked(targets + loss.TargetWidth);
        }
        if (!branches)
        {
            trunkLayers = drafts.Count;
        }
        CheckMembers(declaration, drafts.Select(static d => d.Method), outline.Heads.Select(static h => h.Name ?? "Prediction"), problems);
        if (!outline.IsComplete)
        {
            return null;
        }

        int parameterFloats = 0, packed = 0, state = 0, memory = 0, packedTraining = 0, derived = 0;
        int border = Sizes.Pad(rowInput);
        foreach (LayerDraft draft in drafts)
        {
            parameterFloats = checked(parameterFloats + draft.Builder.Weights * draft.Repeat);
            packed = checked(packed + draft.Builder.Packed * draft.Repeat);
            border = Math.Max(border, Sizes.Pad(draft.Builder.OutputWidth));
        }
        int packedFloats = packed, weightsAt = 0;
        packed = 0;
        // A head's layers take turns with two memories of their own, while the trunk's output waits in one of its two.
        int scratch = checked((branches ? 4 : 2) * border * rowsPerPass), widestScratch = 0;

        var plans = new List<LayerPlan>();
        var parameters = new List<Parameter>();
        for (int i = 0; i < drafts.Count; i++)
        {
            (PartDeclaration? part, string method, string name, bool isBlock, LayerBuilder b, int repeat) = drafts[i];
            var memoryExtent = new Extent(memory, b.MemoryFloats);
            int outputMemory = memoryExtent.End(repeat);
            int gradientMemory = new Extent(outputMemory, Sizes.Pad(b.OutputWidth)).End(repeat);
            var layer = new LayerPlan(
                method, name, b.Summary, repeat, b.Input.Width, b.OutputWidth, i == 0 && trunkLayers > 0,
                Weights: new(weightsAt, b.Weights),
                Derived: new(checked(parameterFloats + derived), b.DerivedFloats),
                Packed: new(packed, b.Packed),
                PackedTraining: new(checked(packedFloats + packedTraining), b.PackedTraining),
                Memory: memoryExtent,
                State: new(state, b.StateDoubles),
                outputMemory, gradientMemory,
                new(b.Parameters),
                new(b.Values.Select(v => v with { Scratch = scratch + v.Scratch })),
                new(b.Steps()));
            plans.Add(layer);
            for (int block = 0; block < repeat; block++)
            {
                string prefix = isBlock && name == Blocks && part?.Text("Name") is null ? $"{name}.{Number(blocks++)}" : repeat > 1 ? $"{name}.{Number(block)}" : name;
                parameters.AddRange(b.Parameters.Select(p => p with { Name = $"{prefix}.{p.Name}", Offset = weightsAt + block * b.Weights + p.Offset }));
            }
            weightsAt = layer.Weights.End(repeat);
            derived = checked(derived + b.DerivedFloats * repeat);
            packed = layer.Packed.End(repeat);
            packedTraining = checked(packedTraining + b.PackedTraining * repeat);
            state = layer.State.End(repeat);
            memory = checked(gradientMemory + b.Gradients);
            widestScratch = Math.Max(widestScratch, b.Scratch);
        }
        foreach (IGrouping<string, Parameter> twice in parameters.GroupBy(static p => p.Name, StringComparer.Ordinal).Where(static g => g.Count() > 1))
        {
            PartDeclaration culprit = drafts.Last(d => d.Part is not null && twice.Key.StartsWith(d.Name + ".", StringComparison.Ordinal)).Part!;
            problems.Add(Problem.At(problems.SiteOf(culprit, "Name"), Descriptors.DuplicateName, twice.Key));
            break;
        }

        int next = trunkLayers;
        var headPlans = new List<HeadPlan>();
        foreach ((_, int layers, HeadPlan head) in heads)
        {
            headPlans.Add(branches ? head with { Layers = new(plans.Skip(next).Take(layers)) } : head);
            next += layers;
        }
        CheckState(declaration, shape.StateDoubles(outline.Columns) + (long)state * shape.Channels, problems);
        int samples = shape.StateDoubles(outline.Columns), gradients = branches ? 3 : 2;
        long flops = plans.Sum(static l => l.Repeat * l.Operations.Sum(static o => o.Operation.Flops)) * shape.Channels / shape.PatchStride;
        var plan = new Plan(
            declaration.HintName, declaration.Namespace, declaration.ContainingTypes, declaration.Name, shape,
            new(outline.Inputs.Select((input, i) => new Category(input.Column, input.Definition.Cardinality(input.Part), outline.Interleave is null ? 0 : i, outline.Kinds)).Where(static c => c.Cardinality > 0)),
            outline.Columns, checked(outputs * shape.Channels), checked(targets * shape.Channels),
            new(parameters), parameterFloats, checked(parameterFloats + derived), packedFloats, checked(packedFloats + packedTraining),
            rowsPerPass, checked(scratch + widestScratch), checked(memory + gradients * border),
            checked(samples + state * shape.Channels), samples, parameters.Sum(static p => (long)p.Rows * p.Columns), flops, "", "",
            border, new(Enumerable.Range(0, gradients).Select(i => checked(memory + i * border))), new(plans.Take(trunkLayers)), new(headPlans));
        return plan with { Card = ModelCard.Write(plan), Fingerprint = Fingerprint(plan) };

        int PlanLayers(List<(PartDeclaration Part, LayerDefinition Definition)> layers, int input, string? head, bool branches)
        {
            for (int i = 0; i < layers.Count; i++)
            {
                (PartDeclaration part, LayerDefinition definition) = layers[i];
                var builder = new LayerBuilder(input, rowsPerPass, problems);
                int repeat = definition.Repeat(part, problems);
                definition.Plan(part, builder);
                input = builder.OutputWidth;
                string name = NameOf(layers, i, head, branches, problems);
                drafts.Add(new(part, definition.Name + Number(drafts.Count), name, definition.IsBlock, builder, repeat));
            }
            return input;
        }
    }

    /// <summary>The layer that embeds the inputs, where they are more than numbers as they are; the width of its rows.</summary>
    private static int PlanInputs(Outline outline, int rowInput, int rowsPerPass, List<LayerDraft> drafts, ProblemList problems)
    {
        if (outline.Inputs.Count == 0 || (outline.Interleave is null && outline.Inputs.Count == 1 && outline.Inputs[0].Definition.IsRaw(outline.Inputs[0].Part)))
        {
            return rowInput;
        }
        var builder = new LayerBuilder(rowInput, rowsPerPass, problems);
        InputLayer.Plan(outline, builder);
        drafts.Add(new(null, InputLayer.Name + Number(drafts.Count), "inputs", false, builder, 1));
        return builder.OutputWidth;
    }

    /// <summary>A layer before its places are known. Part: its declaration, where it has one.</summary>
    private sealed record LayerDraft(PartDeclaration? Part, string Method, string Name, bool IsBlock, LayerBuilder Builder, int Repeat);

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static string NameOf(
        List<(PartDeclaration Part, LayerDefinition Definition)> layers, int index, string? head, bool branches, ProblemList problems)
    {
        (PartDeclaration part, LayerDefinition definition) = layers[index];
        if (part.Text("Name") is { } name)
        {
            if (!IsName(name))
            {
                problems.Add(Problem.At(problems.SiteOf(part, "Name"), Descriptors.BadName, name));
            }
            return name;
        }
        if (head is not null)
        {
            return layers.Count == 1 ? $"heads.{head}" : $"heads.{head}.{Number(index)}";
        }
        bool isDense = definition.Name == "Dense";
        return definition.IsBlock ? Blocks
            : isDense && !branches && index == layers.Count - 1 ? "head"
            : isDense && index == 0 ? "embed"
            : $"layers.{Number(index)}";
    }

    private static bool IsName(string name) => name.Length > 0
        && name.Split('.').All(static s => s.Length > 0 && s.All(static c => c is '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z')));

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

    private static void CheckMembers(Declaration declaration, IEnumerable<string> methods, IEnumerable<string> predictions, ProblemList problems)
    {
        var written = new HashSet<string>(Reserved, StringComparer.Ordinal);
        written.UnionWith(predictions);
        foreach (string method in methods)
        {
            written.UnionWith(LayerMethods.Suffixes.Select(s => method + s));
        }
        foreach (string member in declaration.UserMembers.Where(written.Contains))
        {
            problems.Add(Problem.At(new Site(Member: member), Descriptors.MemberExists, declaration.Name, member is ".ctor" or ".cctor" ? "a constructor" : member));
        }
    }

    /// <summary>Of what decides weights and states: not of the class's name, nor of dropout.</summary>
    private static string Fingerprint(Plan plan)
    {
        var text = new StringBuilder("aarengen 2\n").Append(Number(plan.InputWidth)).Append('\n').Append(plan.Tokens).Append('\n');
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
        return string.Concat(sha.ComputeHash(Encoding.UTF8.GetBytes(text.ToString())).Select(static b => b.ToString("x2", CultureInfo.InvariantCulture)));
    }
}

/// <summary>A plan where there is no mistake, and all mistakes where there are.</summary>
internal sealed record PlanResult(Plan? Plan, EquatableArray<Problem> Problems);

/// <summary>What a layer's methods are called: the layer's own name and these.</summary>
internal static class LayerMethods
{
    public const string Infer = "", Forward = "Forward", Backward = "Backward", Prepare = "Prepare", Finish = "Finish";

    public static readonly string[] Suffixes = [Infer, Forward, Backward, Prepare, Finish];
}
