using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Inputs;
using AarenGen.Generator.Losses;
using AarenGen.Generator.Model;
using AarenGen.Generator.Preprocessing;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Planning;

/// <summary>A layer whose memory is not laid out yet. Component: its declaration, where it has one.</summary>
internal sealed record LoweredLayer(
    ComponentDeclaration? Component, string Method, string Name, bool IsBlock, LayerBuilder Builder, int Repeat);

/// <summary>A head whose layers' memory is not laid out yet: a range of the lowered model's layers.</summary>
internal sealed record LoweredHead(int FirstLayer, int Layers, HeadPlan Plan);

/// <summary>The layers of a model, each lowered to operations: shapes and names are known, memory is not laid out yet.</summary>
internal sealed class LoweredModel
{
    /// <summary>What blocks are called in files, all of them counted together.</summary>
    public const string Blocks = "blocks";

    private readonly DiagnosticBag diagnostics;
    private readonly List<LoweredLayer> layers = [];
    private readonly List<LoweredHead> heads = [];

    private LoweredModel(TokenShape shape, bool branches, DiagnosticBag diagnostics)
    {
        Shape = shape;
        Branches = branches;
        this.diagnostics = diagnostics;
    }

    public TokenShape Shape { get; }

    /// <summary>Whether heads branch off, rather than one loss ending the trunk.</summary>
    public bool Branches { get; }

    /// <summary>The layers of the trunk, then those of the heads.</summary>
    public IReadOnlyList<LoweredLayer> Layers => layers;

    public IReadOnlyList<LoweredHead> Heads => heads;

    public int TrunkLayers { get; private set; }

    /// <summary>Numbers in a row that the layers see.</summary>
    public int RowInput { get; private set; }

    /// <summary>Numbers in a row's outputs, of all heads.</summary>
    public int Outputs { get; private set; }

    /// <summary>Numbers in a row's targets, of all heads.</summary>
    public int Targets { get; private set; }

    public int RowsPerPass => Math.Max(1, Limits.RowsPerPass / Shape.Channels) * Shape.Channels;

    public static LoweredModel Of(Declaration declaration, BoundModel bound, DiagnosticBag diagnostics)
    {
        TokenShape shape = TokenShape.Plain;
        // Channels first, since they decide how many features a row has.
        foreach ((ComponentDeclaration component, PreprocessingDefinition definition) in bound.Preprocessing
            .OrderBy(static p => p.Definition.SplitsSamples ? 0 : 1))
        {
            shape = definition.Apply(component, shape, Math.Max(1, bound.LeadingNumbers), diagnostics);
        }
        int features = Math.Max(1, bound.Columns / shape.Channels);
        if (shape.NormalizedColumns == features)
        {
            shape = shape with { NormalizedColumns = 0 };
        }
        shape = shape with { Missing = new(bound.Missing) };
        var lowered = new LoweredModel(shape, bound.Heads.Any(static h => h.Component is not null), diagnostics);
        lowered.RowInput = shape.RowWidth(bound.Columns);
        int width = lowered.PlanLayers(bound.Trunk, lowered.PlanInputs(bound, lowered.RowInput), head: null);
        lowered.TrunkLayers = lowered.layers.Count;
        bool isPooled = bound.Trunk.Any(static l => l.Definition.IsPerSequence);
        bool areTargetsStandardized = bound.Standardize is { } standardize && StandardizeDefinition.Modality(standardize) is null;
        foreach (BoundHead head in bound.Heads)
        {
            lowered.PlanHead(declaration, head, width, isPooled, shape.Normalized(features), areTargetsStandardized);
        }
        if (!lowered.Branches)
        {
            lowered.TrunkLayers = lowered.layers.Count;
        }
        return lowered;
    }

    private void PlanHead(Declaration declaration, BoundHead head, int width, bool isPooled, int normalized, bool isStandardized)
    {
        int first = layers.Count;
        width = PlanLayers(head.Layers, width, head.Name);
        if (head is not { LossComponent: { } component, Loss: { } definition })
        {
            return;
        }
        bool isNormalized = normalized > 0;
        Loss loss = definition.Plan(component, width, diagnostics);
        if (isNormalized && definition.Roles(component) is null)
        {
            diagnostics.Add(
                DiagnosticInfo.At(
                    diagnostics.LocationOf(component), DiagnosticDescriptors.NotNormalizable, component.Name, declaration.Name));
        }
        if (OutputLayer.IsNeeded(definition, component, Shape))
        {
            var builder = new LayerBuilder(width, RowsPerPass, diagnostics);
            OutputLayer.Plan(definition, component, normalized, builder);
            layers.Add(new(null, $"{OutputLayer.Name}{Number(layers.Count)}", "output", false, builder, 1));
        }
        bool isPerSequence = isPooled || head.Layers.Any(static l => l.Definition.IsPerSequence);
        double weight = head.Component is null ? 1 : diagnostics.Positive(head.Component, "Weight", 1);
        heads.Add(new(first, layers.Count - first, new(head.Name, weight, isPerSequence, new([]), Outputs, width, Targets, loss)
        {
            Scaling = isStandardized && definition.Roles(component) is { } roles ? new(roles.Select(static r => (int)r)) : new([]),
        }));
        Outputs += width;
        Targets += loss.TargetWidth;
    }

    private int PlanLayers(List<(ComponentDeclaration Component, LayerDefinition Definition)> components, int width, string? head)
    {
        for (int i = 0; i < components.Count; i++)
        {
            (ComponentDeclaration component, LayerDefinition definition) = components[i];
            var builder = new LayerBuilder(width, RowsPerPass, diagnostics);
            int repeat = definition.Repeat(component, diagnostics);
            definition.Plan(component, builder);
            width = builder.OutputWidth;
            layers.Add(new(
                component, definition.Name + Number(layers.Count), NameOf(components, i, head), definition.IsBlock, builder, repeat));
        }
        return width;
    }

    /// <summary>The layer that embeds the inputs, where they are more than numbers as they are; the width of its rows.</summary>
    private int PlanInputs(BoundModel bound, int rowInput)
    {
        if (bound.Inputs.Count == 0
            || (bound.Interleave is null && bound.Inputs.Count == 1 && bound.Inputs[0].Definition.IsRaw(bound.Inputs[0].Component)))
        {
            return rowInput;
        }
        var builder = new LayerBuilder(rowInput, RowsPerPass, diagnostics);
        InputLayer.Plan(bound, builder);
        layers.Add(new(null, InputLayer.Name + Number(layers.Count), "inputs", false, builder, 1));
        return builder.OutputWidth;
    }

    private string NameOf(
        List<(ComponentDeclaration Component, LayerDefinition Definition)> components, int index, string? head)
    {
        (ComponentDeclaration component, LayerDefinition definition) = components[index];
        if (component.Text("Name") is { } name)
        {
            if (!IsName(name))
            {
                diagnostics.Add(DiagnosticInfo.At(diagnostics.LocationOf(component, "Name"), DiagnosticDescriptors.BadName, name)
                    with { Replacement = Literal.Text(ToName(name)) });
            }
            return name;
        }
        if (head is not null)
        {
            return components.Count == 1 ? $"heads.{head}" : $"heads.{head}.{Number(index)}";
        }
        string? own = definition.IsBlock ? Blocks
            : !Branches && index == components.Count - 1 && definition.NameAsLast is { } last ? last
            : index == 0 ? definition.NameAsFirst : null;
        return own ?? $"layers.{Number(index)}";
    }

    private static bool IsName(string name) => name.Split('.').All(static s => s.Length > 0 && s.All(IsNameCharacter));

    private static bool IsNameCharacter(char c) => c is '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');

    /// <summary>The name with underscores in the place of all that cannot be used, as in <c>my_layer</c> for <c>my layer</c>.</summary>
    private static string ToName(string name) => string.Join(".", name.Split('.')
        .Select(static s => s.Length == 0 ? "_" : string.Concat(s.Select(static c => IsNameCharacter(c) ? c : '_'))));
}
