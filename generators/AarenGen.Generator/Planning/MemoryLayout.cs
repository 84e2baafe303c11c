using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Planning;

/// <summary>
/// Where everything of a lowered model lies: parameters, derived weights, packed matrices, memory and state, layer after layer.
/// </summary>
internal sealed class MemoryLayout
{
    private readonly List<LayerPlan> layers = [];
    private readonly List<Parameter> parameters = [];
    private readonly bool branches;
    private int weights, derived, packed, packedTraining, state, memory, blocks, widestScratch;

    public MemoryLayout(LoweredModel lowered)
    {
        branches = lowered.Branches;
        WidestRow = Sizes.Pad(lowered.RowInput);
        foreach (LoweredLayer layer in lowered.Layers)
        {
            ParameterFloats += layer.Builder.Weights * layer.Repeat;
            PackedFloats += layer.Builder.Packed * layer.Repeat;
            WidestRow = Math.Max(WidestRow, Sizes.Pad(layer.Builder.OutputWidth));
        }
        // A head's layers take turns with two memories of their own, while the trunk's output waits in one of its two.
        int scratch = (branches ? 4 : 2) * WidestRow * lowered.RowsPerPass;
        foreach (LoweredLayer layer in lowered.Layers)
        {
            Place(layer, scratch, isFirst: layers.Count == 0 && lowered.TrunkLayers > 0);
        }
        ScratchFloats = scratch + widestScratch;
        TakeTurns(0, lowered.TrunkLayers, branches);
        foreach (LoweredHead head in lowered.Heads.Where(_ => branches))
        {
            TakeTurns(head.FirstLayer, head.Layers, isBeforeHeads: false);
        }
    }

    public IReadOnlyList<LayerPlan> Layers => layers;

    /// <summary>The parameters with their names in files and absolute offsets.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    public int ParameterFloats { get; }

    public int WeightFloats => ParameterFloats + derived;

    public int PackedFloats { get; }

    public int PackedTrainingFloats => PackedFloats + packedTraining;

    public int WidestRow { get; }

    public int ScratchFloats { get; }

    /// <summary>Doubles of state of the layers of one channel.</summary>
    public int State => state;

    /// <summary>Where the gradients at layer boundaries lie: two that alternate, and where heads branch off their sum.</summary>
    public BoundaryGradients BoundaryGradients =>
        new(memory, memory + WidestRow, branches ? memory + 2 * WidestRow : null);

    public int TrainingFloatsPerToken => memory + (branches ? 3 : 2) * WidestRow;

    /// <summary>A head with its layers; those of the only, unnamed head are the trunk's.</summary>
    public HeadPlan WithLayers(LoweredHead head) =>
        branches ? head.Plan with { Layers = new(layers.Skip(head.FirstLayer).Take(head.Layers)) } : head.Plan;

    /// <summary>Alternates the gradients' buffers, from the last layer of the trunk or of a head.</summary>
    private void TakeTurns(int first, int count, bool isBeforeHeads)
    {
        int after = 0;
        for (int i = first + count - 1; i >= first; i--)
        {
            layers[i] = layers[i] with { Turns = new(after, isBeforeHeads) };
            after += layers[i].Repeat;
        }
    }

    private void Place(LoweredLayer lowered, int scratch, bool isFirst)
    {
        LayerBuilder b = lowered.Builder;
        int repeat = lowered.Repeat;
        var memoryRegion = new StridedRegion(memory, b.MemoryFloats);
        int outputMemory = memoryRegion.End(repeat);
        int gradientMemory = new StridedRegion(outputMemory, Sizes.Pad(b.OutputWidth)).End(repeat);
        bool isCounted = lowered.IsBlock && lowered.Name == LoweredModel.Blocks && lowered.Component?.Text("Name") is null;
        int? firstNumber = isCounted ? blocks : repeat > 1 ? 0 : null;
        blocks += isCounted ? repeat : 0;
        var layer = new LayerPlan(
            lowered.Method, lowered.Name, firstNumber, b.Summary, repeat, b.Input.Width, b.OutputWidth, isFirst,
            Weights: new(weights, b.Weights),
            Derived: new(ParameterFloats + derived, b.DerivedFloats),
            Packed: new(packed, b.Packed),
            PackedTraining: new(PackedFloats + packedTraining, b.PackedTraining),
            Memory: memoryRegion,
            State: new(state, b.StateDoubles),
            outputMemory, gradientMemory,
            new(b.Parameters),
            new(b.Values.Select(v => v with { Scratch = scratch + v.Scratch })),
            new(b.Steps()))
        {
            Remark = b.Remark,
        };
        layers.Add(layer);
        for (int block = 0; block < repeat; block++)
        {
            string prefix = firstNumber is { } number ? $"{lowered.Name}.{Number(number + block)}" : lowered.Name;
            parameters.AddRange(
                b.Parameters.Select(p => p with { Name = $"{prefix}.{p.Name}", Offset = weights + block * b.Weights + p.Offset }));
        }
        weights = layer.Weights.End(repeat);
        derived += b.DerivedFloats * repeat;
        packed = layer.Packed.End(repeat);
        packedTraining += b.PackedTraining * repeat;
        state = layer.State.End(repeat);
        memory = gradientMemory + b.Gradients;
        widestScratch = Math.Max(widestScratch, b.Scratch);
    }
}
