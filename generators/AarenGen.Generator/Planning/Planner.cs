using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Layers;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>From the declaration to the plan: shapes, names, places and costs. Decides everything that is printed.</summary>
internal static class Planner
{
    /// <summary>Members that generated code or its base class declares.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        ".ctor", ".cctor", "InputWidth", "OutputWidth", "ParameterCount", "StateBytes", "FlopsPerToken", "TrainingFloatsPerToken",
        "Prepare", "Infer", "Train", "FinishGradients",
        "Description", "Create", "Load", "Save", "CreateState", "Step", "StepMany", "Forward", "Fit", "Evaluate",
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
        (int inputWidth, List<PartDeclaration> layers, Loss? loss) = Sort(declaration, problems);
        var builders = new List<(PartDeclaration Part, LayerDefinition Definition, LayerBuilder Builder, int Repeat, string Name)>();
        int width = inputWidth, blocks = 0;
        for (int i = 0; i < layers.Count; i++)
        {
            var definition = (LayerDefinition)Registry.Find(layers[i].Name)!;
            var builder = new LayerBuilder(width, problems);
            int repeat = definition.Repeat(layers[i], problems);
            definition.Plan(layers[i], builder);
            width = builder.OutputWidth;
            builders.Add((layers[i], definition, builder, repeat, NameOf(layers, i, definition, problems)));
        }
        CheckMembers(declaration, builders.Select(static b => b.Definition.Name), problems);
        if (loss is null || builders.Count == 0)
        {
            return null;
        }

        int parameterFloats = 0, packed = 0, state = 0, memory = 0, packedTraining = 0, derived = 0;
        foreach ((_, _, LayerBuilder b, int repeat, _) in builders)
        {
            parameterFloats = checked(parameterFloats + b.Weights * repeat);
            packed = checked(packed + b.Packed * repeat);
        }
        int packedFloats = packed, weightsAt = 0;
        packed = 0;
        int border = checked(Sizes.Pad(inputWidth));
        foreach ((_, _, LayerBuilder b, _, _) in builders)
        {
            border = Math.Max(border, Sizes.Pad(b.OutputWidth));
        }
        int scratch = checked(2 * border * Limits.RowsPerPass), widestScratch = 0;

        var plans = new List<LayerPlan>();
        var parameters = new List<Parameter>();
        for (int i = 0; i < builders.Count; i++)
        {
            (PartDeclaration part, LayerDefinition definition, LayerBuilder b, int repeat, string name) = builders[i];
            var memoryExtent = new Extent(memory, b.MemoryFloats);
            int outputMemory = memoryExtent.End(repeat);
            int gradientMemory = new Extent(outputMemory, Sizes.Pad(b.OutputWidth)).End(repeat);
            var layer = new LayerPlan(
                definition.Name + i.ToString(CultureInfo.InvariantCulture), name, b.Summary, repeat, b.Input.Width, b.OutputWidth, i == 0,
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
                string prefix = definition.IsBlock && part.Text("Name") is null ? $"blocks.{blocks++}" : repeat > 1 ? $"{name}.{block}" : name;
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
            PartDeclaration culprit = builders.Last(b => twice.Key.StartsWith(b.Name + ".", StringComparison.Ordinal)).Part;
            problems.Add(Problem.At(problems.SiteOf(culprit, "Name"), Descriptors.DuplicateName, twice.Key));
            break;
        }

        long flops = plans.Sum(static l => l.Repeat * l.Operations.Sum(static o => o.Operation.Flops));
        long count = parameters.Sum(static p => (long)p.Rows * p.Columns);
        return new(
            declaration.HintName, declaration.Namespace, declaration.ContainingTypes, declaration.Name, inputWidth, width,
            new(parameters), parameterFloats, checked(parameterFloats + derived), packedFloats, checked(packedFloats + packedTraining),
            Limits.RowsPerPass, checked(scratch + widestScratch), checked(memory + 2 * border), state, count, flops,
            ModelCard.Write(declaration.Name, inputWidth, plans, loss, count, state, flops), Fingerprint(inputWidth, plans, parameters, loss),
            border, new([memory, checked(memory + border)]), new(plans), loss);
    }

    /// <summary>Tells input, layers and loss apart, and that each stands where it belongs.</summary>
    private static (int Width, List<PartDeclaration> Layers, Loss? Loss) Sort(Declaration declaration, ProblemList problems)
    {
        EquatableArray<PartDeclaration> parts = declaration.Parts;
        int width = 1;
        Loss? loss = null;
        var layers = new List<PartDeclaration>();
        bool hasInput = false, hasLoss = false, hasLayer = false;
        for (int i = 0; i < parts.Count; i++)
        {
            PartDeclaration part = parts[i];
            switch (Registry.Find(part.Name))
            {
                case InputDefinition input:
                    if (i > 0)
                    {
                        problems.Add(Problem.At(new Site(i), Descriptors.MisplacedInput, part.Name, declaration.Name));
                    }
                    if (!hasInput)
                    {
                        width = input.Width(part, problems);
                    }
                    hasInput = true;
                    break;
                case LossDefinition definition:
                    if (i < parts.Count - 1)
                    {
                        problems.Add(Problem.At(new Site(i), Descriptors.MisplacedLoss, part.Name, declaration.Name));
                    }
                    loss = definition.Loss;
                    hasLoss = true;
                    break;
                case LayerDefinition:
                    layers.Add(part);
                    hasLayer = true;
                    break;
                default:
                    problems.Add(Problem.At(new Site(i), Descriptors.UnknownPart, part.Name));
                    break;
            }
        }
        if (!hasInput)
        {
            problems.Add(Problem.At(new Site(), Descriptors.MissingInput, declaration.Name));
        }
        if (!hasLayer)
        {
            problems.Add(Problem.At(new Site(), Descriptors.NoLayer, declaration.Name));
        }
        if (!hasLoss)
        {
            problems.Add(Problem.At(new Site(), Descriptors.MissingLoss, declaration.Name));
        }
        return (width, layers, loss);
    }

    private static string NameOf(List<PartDeclaration> layers, int index, LayerDefinition definition, ProblemList problems)
    {
        if (layers[index].Text("Name") is { } name)
        {
            if (!IsName(name))
            {
                problems.Add(Problem.At(problems.SiteOf(layers[index], "Name"), Descriptors.BadName, name));
            }
            return name;
        }
        bool isDense = definition.Name == "Dense";
        return definition.IsBlock ? "blocks"
            : isDense && index == layers.Count - 1 ? "head"
            : isDense && index == 0 ? "embed"
            : $"layers.{index.ToString(CultureInfo.InvariantCulture)}";
    }

    private static bool IsName(string name) => name.Length > 0
        && name.Split('.').All(static s => s.Length > 0 && s.All(static c => c is '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z')));

    private static void CheckMembers(Declaration declaration, IEnumerable<string> layers, ProblemList problems)
    {
        var written = new HashSet<string>(Reserved, StringComparer.Ordinal);
        foreach ((string layer, int i) in layers.Select(static (l, i) => (l, i)))
        {
            written.UnionWith(LayerMethods.Suffixes.Select(s => $"{layer}{i.ToString(CultureInfo.InvariantCulture)}{s}"));
        }
        foreach (string member in declaration.UserMembers.Where(written.Contains))
        {
            problems.Add(Problem.At(new Site(Member: member), Descriptors.MemberExists, declaration.Name, member is ".ctor" or ".cctor" ? "a constructor" : member));
        }
    }

    /// <summary>Of what decides weights and states: not of the class's name, nor of dropout.</summary>
    private static string Fingerprint(int inputWidth, List<LayerPlan> layers, List<Parameter> parameters, Loss loss)
    {
        var text = new StringBuilder("aarengen 1\n").Append(inputWidth.ToString(CultureInfo.InvariantCulture)).Append('\n');
        foreach (LayerPlan layer in layers)
        {
            text.Append(FormattableString.Invariant($"{layer.Summary}; {layer.Repeat}; {layer.InputWidth}; {layer.OutputWidth}\n"));
        }
        foreach (Parameter p in parameters)
        {
            text.Append(FormattableString.Invariant($"{p.Name} {p.Rows} {p.Columns}\n"));
        }
        text.Append(loss.Summary);
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
