using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Planning;

/// <summary>
/// Where everything of a drafted model lies: parameters, derived weights, packed matrices, memory and state, layer after layer.
/// </summary>
internal sealed class Places
{
    private readonly List<LayerPlan> layers = [];
    private readonly List<Parameter> parameters = [];
    private readonly bool branches;
    private int weights, derived, packed, packedTraining, state, memory, blocks, widestScratch;

    public Places(ModelDraft draft)
    {
        branches = draft.Branches;
        WidestRow = Sizes.Pad(draft.RowInput);
        foreach (LayerDraft layer in draft.Layers)
        {
            ParameterFloats = checked(ParameterFloats + layer.Builder.Weights * layer.Repeat);
            PackedFloats = checked(PackedFloats + layer.Builder.Packed * layer.Repeat);
            WidestRow = Math.Max(WidestRow, Sizes.Pad(layer.Builder.OutputWidth));
        }
        // A head's layers take turns with two memories of their own, while the trunk's output waits in one of its two.
        int scratch = checked((branches ? 4 : 2) * WidestRow * draft.RowsPerPass);
        foreach (LayerDraft layer in draft.Layers)
        {
            Place(layer, scratch, isFirst: layers.Count == 0 && draft.TrunkLayers > 0);
        }
        ScratchFloats = checked(scratch + widestScratch);
    }

    public IReadOnlyList<LayerPlan> Layers => layers;

    /// <summary>The parameters with their names in files and absolute offsets.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    public int ParameterFloats { get; }

    public int WeightFloats => checked(ParameterFloats + derived);

    public int PackedFloats { get; }

    public int PackedTrainingFloats => checked(PackedFloats + packedTraining);

    public int WidestRow { get; }

    public int ScratchFloats { get; }

    /// <summary>Doubles that the layers of one channel remember.</summary>
    public int State => state;

    /// <summary>Where the gradients at the layers' borders lie: two that take turns, and where heads branch off their sum.</summary>
    public BoundaryGradients BoundaryGradients =>
        new(memory, checked(memory + WidestRow), branches ? checked(memory + 2 * WidestRow) : null);

    public int TrainingFloatsPerToken => checked(memory + (branches ? 3 : 2) * WidestRow);

    /// <summary>A head with its layers; those of the only, unnamed head are the trunk's.</summary>
    public HeadPlan WithLayers(HeadDraft head) =>
        branches ? head.Plan with { Layers = new(layers.Skip(head.FirstLayer).Take(head.Layers)) } : head.Plan;

    private void Place(LayerDraft draft, int scratch, bool isFirst)
    {
        LayerBuilder b = draft.Builder;
        int repeat = draft.Repeat;
        var memoryExtent = new Extent(memory, b.MemoryFloats);
        int outputMemory = memoryExtent.End(repeat);
        int gradientMemory = new Extent(outputMemory, Sizes.Pad(b.OutputWidth)).End(repeat);
        bool isCounted = draft.IsBlock && draft.Name == ModelDraft.Blocks && draft.Part?.Text("Name") is null;
        int? firstNumber = isCounted ? blocks : repeat > 1 ? 0 : null;
        blocks += isCounted ? repeat : 0;
        var layer = new LayerPlan(
            draft.Method, draft.Name, firstNumber, b.Summary, repeat, b.Input.Width, b.OutputWidth, isFirst,
            Weights: new(weights, b.Weights),
            Derived: new(checked(ParameterFloats + derived), b.DerivedFloats),
            Packed: new(packed, b.Packed),
            PackedTraining: new(checked(PackedFloats + packedTraining), b.PackedTraining),
            Memory: memoryExtent,
            State: new(state, b.StateDoubles),
            outputMemory, gradientMemory,
            new(b.Parameters),
            new(b.Values.Select(v => v with { Scratch = scratch + v.Scratch })),
            new(b.Steps()));
        layers.Add(layer);
        for (int block = 0; block < repeat; block++)
        {
            string prefix = firstNumber is { } number ? $"{draft.Name}.{Number(number + block)}" : draft.Name;
            parameters.AddRange(
                b.Parameters.Select(p => p with { Name = $"{prefix}.{p.Name}", Offset = weights + block * b.Weights + p.Offset }));
        }
        weights = layer.Weights.End(repeat);
        derived = checked(derived + b.DerivedFloats * repeat);
        packed = layer.Packed.End(repeat);
        packedTraining = checked(packedTraining + b.PackedTraining * repeat);
        state = layer.State.End(repeat);
        memory = checked(gradientMemory + b.Gradients);
        widestScratch = Math.Max(widestScratch, b.Scratch);
    }
}
