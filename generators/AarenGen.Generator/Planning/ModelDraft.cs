using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Inputs;
using AarenGen.Generator.Losses;
using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Planning;

/// <summary>A layer before its places are known. Part: its declaration, where it has one.</summary>
internal sealed record LayerDraft(PartDeclaration? Part, string Method, string Name, bool IsBlock, LayerBuilder Builder, int Repeat);

/// <summary>A head before its layers' places are known: they are so many of the draft's, from the first.</summary>
internal sealed record HeadDraft(int FirstLayer, int Layers, HeadPlan Plan);

/// <summary>The layers of a model, each lowered to operations: shapes and names are known, places are not.</summary>
internal sealed class ModelDraft
{
    /// <summary>What blocks are called in files, all of them counted together.</summary>
    public const string Blocks = "blocks";

    private readonly ProblemList problems;
    private readonly List<LayerDraft> layers = [];
    private readonly List<HeadDraft> heads = [];

    private ModelDraft(TokenShape shape, bool branches, ProblemList problems)
    {
        Shape = shape;
        Branches = branches;
        this.problems = problems;
    }

    public TokenShape Shape { get; }

    /// <summary>Whether heads branch off, rather than one loss ending the trunk.</summary>
    public bool Branches { get; }

    /// <summary>The layers of the trunk, then those of the heads.</summary>
    public IReadOnlyList<LayerDraft> Layers => layers;

    public IReadOnlyList<HeadDraft> Heads => heads;

    public int TrunkLayers { get; private set; }

    /// <summary>Numbers in a row that the layers see.</summary>
    public int RowInput { get; private set; }

    /// <summary>Numbers in a row's outputs, of all heads.</summary>
    public int Outputs { get; private set; }

    /// <summary>Numbers in a row's targets, of all heads.</summary>
    public int Targets { get; private set; }

    public int RowsPerPass => Math.Max(1, Limits.RowsPerPass / Shape.Channels) * Shape.Channels;

    public static ModelDraft Of(Declaration declaration, Outline outline, ProblemList problems)
    {
        TokenShape shape = TokenShape.Plain;
        foreach ((PartDeclaration part, ShapingDefinition definition) in outline.Shaping)
        {
            shape = definition.Apply(part, shape, Math.Max(1, outline.Columns), problems);
        }
        var draft = new ModelDraft(shape, outline.Heads.Any(static h => h.Part is not null), problems);
        int features = Math.Max(1, outline.Columns / shape.Channels);
        draft.RowInput = checked(features * shape.PatchLength);
        int width = draft.PlanLayers(outline.Trunk, draft.PlanInputs(outline, draft.RowInput), head: null);
        draft.TrunkLayers = draft.layers.Count;
        bool isPooled = outline.Trunk.Any(static l => l.Definition.IsPerSequence);
        foreach (HeadOutline head in outline.Heads)
        {
            draft.PlanHead(declaration, head, width, isPooled, features);
        }
        if (!draft.Branches)
        {
            draft.TrunkLayers = draft.layers.Count;
        }
        return draft;
    }

    private void PlanHead(Declaration declaration, HeadOutline head, int width, bool isPooled, int features)
    {
        int first = layers.Count;
        width = PlanLayers(head.Layers, width, head.Name);
        if (head is not { LossPart: { } part, Loss: { } definition })
        {
            return;
        }
        bool isNormalized = Shape.Normalization != NormalizationSpan.None;
        Loss loss = definition.Plan(part, width, problems);
        if (isNormalized && definition.Roles(part) is null)
        {
            problems.Add(Problem.At(problems.SiteOf(part), Descriptors.NotNormalizable, part.Name, declaration.Name));
        }
        if (OutputLayer.IsNeeded(definition, part, Shape))
        {
            var builder = new LayerBuilder(width, RowsPerPass, problems);
            OutputLayer.Plan(definition, part, isNormalized ? features : 0, builder);
            layers.Add(new(null, $"{OutputLayer.Name}{Number(layers.Count)}", "output", false, builder, 1));
        }
        bool isPerSequence = isPooled || head.Layers.Any(static l => l.Definition.IsPerSequence);
        double weight = head.Part is null ? 1 : problems.Positive(head.Part, "Weight", 1);
        heads.Add(new(first, layers.Count - first, new(head.Name, weight, isPerSequence, new([]), Outputs, width, Targets, loss)));
        Outputs = checked(Outputs + width);
        Targets = checked(Targets + loss.TargetWidth);
    }

    private int PlanLayers(List<(PartDeclaration Part, LayerDefinition Definition)> parts, int width, string? head)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            (PartDeclaration part, LayerDefinition definition) = parts[i];
            var builder = new LayerBuilder(width, RowsPerPass, problems);
            int repeat = definition.Repeat(part, problems);
            definition.Plan(part, builder);
            width = builder.OutputWidth;
            layers.Add(new(part, definition.Name + Number(layers.Count), NameOf(parts, i, head), definition.IsBlock, builder, repeat));
        }
        return width;
    }

    /// <summary>The layer that embeds the inputs, where they are more than numbers as they are; the width of its rows.</summary>
    private int PlanInputs(Outline outline, int rowInput)
    {
        if (outline.Inputs.Count == 0
            || (outline.Interleave is null && outline.Inputs.Count == 1 && outline.Inputs[0].Definition.IsRaw(outline.Inputs[0].Part)))
        {
            return rowInput;
        }
        var builder = new LayerBuilder(rowInput, RowsPerPass, problems);
        InputLayer.Plan(outline, builder);
        layers.Add(new(null, InputLayer.Name + Number(layers.Count), "inputs", false, builder, 1));
        return builder.OutputWidth;
    }

    private string NameOf(
        List<(PartDeclaration Part, LayerDefinition Definition)> parts, int index, string? head)
    {
        (PartDeclaration part, LayerDefinition definition) = parts[index];
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
            return parts.Count == 1 ? $"heads.{head}" : $"heads.{head}.{Number(index)}";
        }
        bool isDense = definition.Name == "Dense";
        return definition.IsBlock ? Blocks
            : isDense && !Branches && index == parts.Count - 1 ? "head"
            : isDense && index == 0 ? "embed"
            : $"layers.{Number(index)}";
    }

    private static bool IsName(string name) => name.Length > 0
        && name.Split('.')
        .All(static s => s.Length > 0 && s.All(static c => c is '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z')));
}
