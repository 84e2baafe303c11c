using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>From a plan to a plan of kernels: each operation lowers itself, passes fuse, and every operand gets its memory.</summary>
internal sealed class CudaLowering
{
    /// <summary>What is done to the nodes of each layer, in order.</summary>
    public static readonly IReadOnlyList<ICudaPass> Passes =
    [
        new ElideGradientCopies(),
        new NormalizeOnLoad(),
        new ScheduleWeightGradients(),
        new FuseSiblingLinears(),
        new FuseActivation(),
        new ChainNarrowLayers(),
        new OverlapWeightGradients(),
        new AssignPartialGradients(),
        new KeepOperands(),
    ];

    private readonly Plan plan;
    private readonly List<(LayerKernels Kernels, long Partials)> layers = [];
    private readonly List<CudaKernel> kernels = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly List<CudaLaunch> prepare = [], forward = [], evaluate = [], backward = [], update = [];
    private long partialFloats;
    private int gradientNormPartials;

    private CudaLowering(Plan plan) => this.plan = plan;

    /// <summary>The first operation that no device can run, of all layers and losses; null where there is none.</summary>
    public static string? ObstacleOf(Plan plan) =>
        plan.Layers.SelectMany(static l => l.Operations
            .Where(static s => s.Operation is not ILowersToCuda).Select(s => $"{l.Name} ({s.Operation.GetType().Name})"))
            .Concat(plan.Heads.Where(static h => h.Loss.Device is null).Select(static h => h.Loss.Summary)).FirstOrDefault();

    /// <summary>The kernels of a plan whose operations a device can run.</summary>
    public static CudaPlan Lower(Plan plan, CancellationToken cancellation = default)
    {
        var lowering = new CudaLowering(plan);
        foreach (LayerPlan layer in plan.Layers)
        {
            cancellation.ThrowIfCancellationRequested();
            LayerKernels kernels = Passes.Aggregate(LayerKernels.Of(layer), static (kernels, pass) => pass.Run(kernels));
            lowering.layers.Add((kernels, lowering.partialFloats));
            lowering.partialFloats += kernels.PartialFloats * layer.Repeat;
        }
        return lowering.Lower();
    }

    private CudaPlan Lower()
    {
        int next = 0;
        List<CudaLaunch> trunkBackward = Chain(plan.Trunk, ref next, new TokensPointer());
        DevicePointer trunk = OutputOf(plan.Trunk, new TokensPointer());
        for (int i = 0; i < plan.Heads.Count; i++)
        {
            Head(i, ref next, trunk);
        }
        backward.AddRange(trunkBackward);
        CudaLaunch finish = Add(new FinishLossNode(plan.Heads.Count));
        evaluate.Add(finish);
        update.Add(finish);
        Reduce();
        foreach ((LayerKernels layer, long partials) in layers)
        {
            prepare.AddRange(Once(layer, partials, layer.Prepare));
            update.AddRange(Once(layer, partials, layer.Update));
        }
        bool keepsOperands = kernels.Any(static k => k.Node is TileKernel { IsWide: true });
        CudaLaunch[] begin = keepsOperands ? [Add(new RoundWeightsNode(plan.ParameterFloats))] : [];
        update.Add(Add(new AdamWNode(plan.ParameterFloats, new(plan.DecayRuns), gradientNormPartials, keepsOperands)));
        return new(
            new(plan.FileName, plan.Namespace, plan.ContainingTypes, plan.Name),
            new(kernels.SelectMany(static k => k.Node.Libraries).Append("rows").Distinct().OrderBy(static l => l, StringComparer.Ordinal)),
            new(kernels), partialFloats, gradientNormPartials, new(plan.Heads.Select(OutputMemory)),
            new(begin), new(prepare), new(forward), new(evaluate), new(backward), new(update));
    }

    /// <summary>Layers one after the other: their forward pass is launched, and the launches of their backward pass are answered.</summary>
    private List<CudaLaunch> Chain(EquatableArray<LayerPlan> chain, ref int next, DevicePointer input)
    {
        var back = new List<CudaLaunch>();
        foreach (LayerPlan layer in chain)
        {
            (LayerKernels nodes, long partials) = layers[next++];
            LayerBoundary boundary = LayerBoundary.Of(plan, layer, input);
            forward.AddRange(EachBlock(nodes, partials, boundary, nodes.Forward, isDescending: false));
            back.InsertRange(0, EachBlock(nodes, partials, boundary, nodes.Backward, isDescending: true));
            input = new MemoryPointer(layer.LastOutput);
        }
        return back;
    }

    /// <summary>A head's layers, its loss, and its backward pass to the trunk's output.</summary>
    private void Head(int index, ref int next, DevicePointer trunk)
    {
        HeadPlan head = plan.Heads[index];
        List<CudaLaunch> back = Chain(head.Layers, ref next, trunk);
        // Device code is ASCII; a head of another name is called by its number.
        string stem = head.Name is null ? "model"
            : "head_" + (head.Name.All(static c => c < 128) ? head.Name : Number(index));
        BoundaryGradients gradients = plan.BoundaryGradients;
        var outputGradient = new MemoryPointer(new(gradients.OffsetOf(HeadPlan.OutputGradient)));
        CudaLaunch loss = Add(new LossNode(
            index, stem, head.Loss.Device!, head.Loss.Summary, head.LossScale, head.OutputWidth, head.TargetOffset, head.Loss.TargetWidth,
            plan.RowTargetWidth, head.IsPerSequence, OutputOf(head.Layers, trunk), outputGradient));
        evaluate.Add(loss);
        // A head's gradient takes the memory of the one before: the backward pass of each ends before that of the next begins.
        backward.Add(loss);
        backward.AddRange(back);
        if (gradients.Trunk is { } trunkGradient)
        {
            var own = new MemoryPointer(new(gradients.OffsetOf(head.TrunkGradient)));
            DevicePointer sum = plan.Trunk.Count > 0 ? new MemoryPointer(new(trunkGradient)) : new TokenGradientsPointer();
            backward.Add(Add(new TrunkGradientNode(stem, plan.TrunkWidth, index == 0, own, sum)));
        }
    }

    /// <summary>Partial gradients of all blocks, added up into the gradients.</summary>
    private void Reduce()
    {
        List<GradientSegment> segments = [];
        int before = 0;
        foreach ((LayerKernels kernels, long partials) in layers)
        {
            LayerPlan layer = kernels.Layer;
            for (int block = 0; block < layer.Repeat; block++)
            {
                foreach (PartialGradient partial in kernels.PartialGradients)
                {
                    StridedRegion weights = partial.IsDerived ? layer.Derived : layer.Weights;
                    segments.Add(new(
                        weights.Offset + partial.Offset + block * weights.Stride, partial.Length, partial.Parts, !partial.IsDerived,
                        partials + block * kernels.PartialFloats + partial.Buffer, before));
                    before += partial.Length / 4;
                }
            }
        }
        if (segments.Count > 0)
        {
            var node = new ReduceGradientsNode(new(segments));
            update.Add(Add(node, node.Grid.Fixed));
        }
    }

    /// <summary>Kernels that run for each block in turn.</summary>
    private List<CudaLaunch> EachBlock(
        LayerKernels layer, long partials, LayerBoundary boundary, EquatableArray<KernelNode> nodes, bool isDescending)
    {
        string[] names = [.. nodes.Select(n => Add(layer, partials, boundary, n))];
        int repeat = layer.Layer.Repeat;
        return [.. Enumerable.Range(0, repeat)
            .SelectMany(i => names.Select(name => new CudaLaunch(name, isDescending ? repeat - 1 - i : i, 1)))];
    }

    /// <summary>Kernels that run for all blocks at once, on weights alone.</summary>
    private List<CudaLaunch> Once(LayerKernels layer, long partials, EquatableArray<KernelNode> nodes) =>
        [.. nodes.Select(n => new CudaLaunch(Add(layer, partials, null, n), 0, layer.Layer.Repeat))];

    private string Add(LayerKernels kernels, long partials, LayerBoundary? boundary, KernelNode node)
    {
        LayerPlan layer = kernels.Layer;
        bool isRepeated = layer.Repeat > 1;
        var memory = new LayerMemory(
            isRepeated, At(layer.Weights), At(layer.Derived), At(layer.Memory), At(layer.State),
            new(partials, isRepeated ? kernels.PartialFloats : 0), kernels.PartialGradients);
        string name = Unique($"{layer.Method}_{node.Name}");
        IEnumerable<BufferBinding> buffers = node.Reads.Concat(node.Writes).GroupBy(static o => o.Name).Select(static g => g.First())
            .Select(o => new BufferBinding(
                o.Name, boundary!.PointerOf(o, layer, memory.Memory), !node.IsWriting(o), kernels.Operands.Contains(o.Name)));
        this.kernels.Add(new(name, node, memory, new(buffers), gradientNormPartials));
        gradientNormPartials += node.LeavesGradientNorm ? node.Grid.Fixed * layer.Repeat : 0;
        return name;

        BufferRef At(StridedRegion region) => new(region.Offset, isRepeated ? region.Stride : 0);
    }

    private CudaLaunch Add(ModelNode node, int normPartials = 0)
    {
        string name = Unique(node.Name);
        kernels.Add(new(name, node, null, [], gradientNormPartials));
        gradientNormPartials += normPartials;
        return new(name, 0, 1);
    }

    private string Unique(string stem)
    {
        string name = stem;
        for (int i = 2; !names.Add(name); i++)
        {
            name = stem + Number(i);
        }
        return name;
    }

    private static DevicePointer OutputOf(EquatableArray<LayerPlan> chain, DevicePointer before) =>
        chain.Count == 0 ? before : new MemoryPointer(chain[chain.Count - 1].LastOutput);

    /// <summary>Where a head's outputs lie, in floats a token.</summary>
    private int OutputMemory(HeadPlan head)
    {
        EquatableArray<LayerPlan> chain = head.Layers.Count > 0 ? head.Layers : plan.Trunk;
        return (int)chain[chain.Count - 1].LastOutput.Offset;
    }
}
