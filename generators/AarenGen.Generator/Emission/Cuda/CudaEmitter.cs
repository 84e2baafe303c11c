using System.Globalization;
using System.Text;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>Prints a plan as one translation unit of CUDA C, and lists which kernels run when.</summary>
internal sealed class CudaEmitter
{
    /// <summary>What follows is the model's own; what stands before are the files of device code that it needs.</summary>
    public const string KernelsBegin = "// The model's kernels.";

    private const int ReduceFours = 256, LossRows = 8;

    /// <summary>Most thread blocks of what runs over all weights: enough to keep a device busy, few enough to add up what each leaves.</summary>
    private const int MostReduceBlocks = 128, MostUpdateBlocks = 512;

    /// <summary>The third of the memories for gradients at borders: where heads branch off, the sum of theirs.</summary>
    private const int SumGradient = 2;

    private readonly Plan plan;
    private readonly Dictionary<LayerPlan, DeviceLayer> layers;
    private readonly Dictionary<LayerPlan, long> partialsStart = [];
    private readonly SortedSet<string> libraries = new(StringComparer.Ordinal) { "optimizer", "rows" };
    private readonly StringBuilder kernels = new();
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly List<DeviceLaunch> prepare = [], forward = [], evaluate = [], backward = [], update = [];
    private long partialFloats;
    private int squares;

    private CudaEmitter(Plan plan)
    {
        this.plan = plan;
        layers = plan.Layers.ToDictionary(static l => l, static l => new DeviceLayer(l));
    }

    /// <summary>The first operation that no device can run, of all layers and losses; null where there is none.</summary>
    public static string? WithoutDevice(Plan plan) =>
        plan.Layers.SelectMany(static l => l.Operations.Where(static s => s.Operation.Device is null).Select(s => $"{l.Name} ({s.Operation.GetType().Name})"))
            .Concat(plan.Heads.Where(static h => h.Loss.Device is null).Select(static h => h.Loss.Summary)).FirstOrDefault();

    public static DeviceProgram Emit(Plan plan)
    {
        var emitter = new CudaEmitter(plan);
        foreach (LayerPlan layer in plan.Layers)
        {
            DeviceLayer device = emitter.layers[layer];
            device.Gather();
            emitter.partialsStart[layer] = emitter.partialFloats;
            emitter.partialFloats = checked(emitter.partialFloats + device.PartialFloats * layer.Repeat);
        }
        const string tokens = "const_cast<float*>(pass.tokens)";
        List<DeviceLaunch> trunkBackward = emitter.Chain(plan.Trunk, tokens, plan.Branches ? SumGradient : 0, isFirst: true);
        string trunk = OutputOf(plan.Trunk, tokens);
        for (int i = 0; i < plan.Heads.Count; i++)
        {
            emitter.Head(i, trunk);
        }
        emitter.backward.AddRange(trunkBackward);
        emitter.FinishLoss();
        emitter.Reduce();
        foreach (LayerPlan layer in plan.Layers)
        {
            emitter.Once(layer, emitter.layers[layer].Prepare, emitter.prepare);
            emitter.Once(layer, emitter.layers[layer].Finish, emitter.update);
        }
        emitter.AdamW();
        return new(
            emitter.Source(), emitter.partialFloats, emitter.squares, new(plan.Heads.Select(h => OutputMemory(plan.Branches && h.Layers.Count > 0 ? h.Layers : plan.Trunk))), new(emitter.prepare), new(emitter.forward), new(emitter.evaluate), new(emitter.backward), new(emitter.update));
    }

    private string Source()
    {
        var text = new StringBuilder();
        text.Append($"// {plan.Name}: training on a device, generated. Sizes are literals; rows are tokens.\n// Compile with PRODUCTS=0 (float32), 1 (TF32) or 2 (bfloat16).\n\n");
        foreach (string file in DeviceLibrary.Of(libraries))
        {
            text.Append(file).Append('\n');
        }
        return text.Append(KernelsBegin).Append('\n').Append(kernels).ToString();
    }

    /// <summary>
    /// Layers one after the other; answers with the launches of their way back. Gradient: which of the memories for gradients at borders has
    /// that of the last one's output.
    /// </summary>
    private List<DeviceLaunch> Chain(EquatableArray<LayerPlan> chain, string input, int gradient, bool isFirst)
    {
        var back = new List<DeviceLaunch>();
        int after = chain.Sum(static l => l.Repeat);
        foreach (LayerPlan layer in chain)
        {
            after -= layer.Repeat;
            LayerBorder border = Border(layer, input, after, gradient, isFirst && layer == chain[0]);
            forward.AddRange(Stages(layer, border, layers[layer].Forward, descending: false));
            back.InsertRange(0, Stages(layer, border, layers[layer].Backward, descending: true));
            input = OutputOf(layer, Number(layer.Repeat - 1));
        }
        return back;
    }

    /// <summary>Two memories take turns as the gradients at borders; where heads branch off, a third holds the sum of theirs.</summary>
    private LayerBorder Border(LayerPlan layer, string from, int after, int gradient, bool isStart)
    {
        bool repeats = layer.Repeat > 1;
        string input = repeats ? $"block == 0 ? {from} : {OutputOf(layer, "(block - 1)")}" : from;
        string done = repeats ? $"({Number(after + layer.Repeat - 1)} - block)" : Number(after);
        string outputGradient = Place(done, after), inputGradient = repeats ? Place($"({Number(after + layer.Repeat)} - block)", after + 1) : Place(Number(after + 1), after + 1);
        if (isStart)
        {
            inputGradient = repeats ? $"block == 0 ? pass.tokenGradients : {inputGradient}" : "pass.tokenGradients";
        }
        return new(input, OutputOf(layer, "block"), inputGradient, outputGradient);

        // The place of the gradient after so many blocks on the way back.
        string Place(string blocks, int least)
        {
            string even = BoundaryAt(gradient == SumGradient ? 1 : 0), odd = BoundaryAt(gradient == SumGradient ? 0 : 1);
            if (!repeats)
            {
                return least == 0 ? BoundaryAt(gradient) : least % 2 == 0 ? even : odd;
            }
            string turns = $"{blocks} % 2 == 0 ? {even} : {odd}";
            return gradient == SumGradient && least == 0 ? $"{blocks} == 0 ? {BoundaryAt(SumGradient)} : {turns}" : turns;
        }
    }

    private string BoundaryAt(int index) => $"pass.memory + {Number(new[] { plan.BoundaryGradients.First, plan.BoundaryGradients.Second, plan.BoundaryGradients.Trunk ?? 0 }[index])} * pass.capacity";

    private static string OutputOf(EquatableArray<LayerPlan> chain, string otherwise) =>
        chain.Count == 0 ? otherwise : OutputOf(chain[chain.Count - 1], Number(chain[chain.Count - 1].Repeat - 1));

    /// <summary>Where the last layer's last block has its output.</summary>
    private static int OutputMemory(EquatableArray<LayerPlan> chain)
    {
        LayerPlan last = chain[chain.Count - 1];
        return last.OutputMemory + (last.Repeat - 1) * Sizes.Pad(last.OutputWidth);
    }

    /// <summary>The memory of a block's output.</summary>
    private static string OutputOf(LayerPlan layer, string block)
    {
        int stride = Sizes.Pad(layer.OutputWidth);
        return layer.Repeat == 1 ? $"pass.memory + {Number(layer.OutputMemory)} * pass.capacity"
            : int.TryParse(block, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? $"pass.memory + {Number(layer.OutputMemory + number * stride)} * pass.capacity"
            : $"pass.memory + ({Number(layer.OutputMemory)} + {block} * {Number(stride)}) * pass.capacity";
    }

    /// <summary>A head's layers, its loss, and its way back to the trunk's output.</summary>
    private void Head(int index, string trunk)
    {
        HeadPlan head = plan.Heads[index];
        List<DeviceLaunch> back = Chain(head.Layers, trunk, 0, isFirst: false);
        string outputs = OutputOf(head.Layers, trunk);
        // Device code is ASCII; a head of another name is called by its number.
        string stem = head.Name is null ? "model" : "head_" + (head.Name.All(static c => c < 128) ? head.Name : Number(index));
        if (!plan.Branches)
        {
            outputs = trunk;
        }
        DeviceLoss loss = head.Loss.Device!;
        libraries.Add("losses");
        foreach (DeviceConstant constant in loss.Constants)
        {
            Constant($"{stem}_{constant.Suffix}", constant);
        }
        string scale = head.LossScale.ToString("R", CultureInfo.InvariantCulture);
        string name = Kernel(stem + "_loss", 256, code =>
        {
            code.Line($"// {head.Loss.Summary}, and its gradient");
            code.Line($"const float* outputs = {outputs};");
            code.Line(
                $"row_losses<{loss.Function.Replace("#", stem + "_")}, {Number(head.OutputWidth)}, {Number(Sizes.Pad(head.OutputWidth))}, {Number(head.Loss.TargetWidth)}, {Number(plan.RowTargetWidth)}>(");
            code.Line(
                $"    pass, outputs, pass.targets + {Number(head.TargetOffset)}, pass.{(head.IsPerSequence ? "sequence" : "token")}Weights, static_cast<float>({scale}), {BoundaryAt(0)}, {Number(index)});");
        });
        var launch = new DeviceLaunch(name, LaunchShape.OfRows(LossRows), 256, 0, 1);
        evaluate.Add(launch);
        // A head's gradient takes the memory of the one before: each goes back at once.
        backward.Add(launch);
        backward.AddRange(back);
        if (plan.Branches)
        {
            int width = plan.TrunkWidth;
            string own = BoundaryAt(head.Layers.Sum(static l => l.Repeat) % 2), sum = plan.Trunk.Count > 0 ? BoundaryAt(SumGradient) : "pass.tokenGradients", sizes = $"{Number(Sizes.Pad(width))}, {Number(width)}";
            string joined = Kernel(stem + "_trunk_gradient", 256, code => code.Line(index == 0 ? $"copy_rows<{sizes}>(pass, {own}, {sum});" : $"add_rows<{sizes}>(pass, {own}, {sum}, {sum});"));
            backward.Add(new(joined, Rowwise.Shape, 256, 0, 1));
        }
    }

    /// <summary>Numbers in the device's constant memory, and a struct to read them through.</summary>
    private void Constant(string name, DeviceConstant constant)
    {
        string values = string.Join(", ", constant.Values.Select(static v => ((float)v).ToString("R", CultureInfo.InvariantCulture)));
        var code = new CodeWriter();
        code.Line($"__constant__ float values_of_{name}[{Number(constant.Values.Count)}] = {{{values}}};");
        code.Line();
        code.Line($"struct {name}");
        code.Line("{");
        code.Line(constant.IsSingle
            ? $"    static __device__ __forceinline__ float value() {{ return values_of_{name}[0]; }}"
            : $"    static __device__ __forceinline__ float at(int index) {{ return values_of_{name}[index]; }}");
        code.Line("};");
        kernels.Append('\n').Append(code);
    }

    private void FinishLoss()
    {
        string name = Kernel(
            "model_finish_loss", 256,
            code => code.Line($"finish_loss(pass, static_cast<int>((pass.capacity + {Number(LossRows - 1)}) / {Number(LossRows)}) * {Number(plan.Heads.Count)});"));
        var launch = new DeviceLaunch(name, LaunchShape.Of(1), 256, 0, 1);
        evaluate.Add(launch);
        update.Add(launch);
    }

    private void Reduce()
    {
        List<(GradientRun Run, long Offset)> runs = [];
        foreach (LayerPlan layer in plan.Layers)
        {
            DeviceLayer device = layers[layer];
            for (int block = 0; block < layer.Repeat; block++)
            {
                foreach (GradientRun run in device.Runs)
                {
                    int step = run.IsCounted ? layer.Weights.Step : layer.Derived.Step;
                    runs.Add((run with { Start = run.Start + block * step }, partialsStart[layer] + block * device.PartialFloats + run.Offset));
                }
            }
        }
        if (runs.Count == 0)
        {
            return;
        }
        var table = new CodeWriter();
        int before = 0;
        table.Line($"__constant__ Run gradient_runs[{Number(runs.Count)}] =");
        table.Line("{");
        foreach ((GradientRun run, long offset) in runs)
        {
            table.Line($"    {{{Number(run.Start)}, {Number(run.Length)}, {Number(run.Parts)}, {(run.IsCounted ? "1" : "0")}, {Number(offset)}ll, {Number(before)}}},");
            before += run.Length / 4;
        }
        table.Line("};");
        kernels.Append('\n').Append(table);
        int blocks = Math.Min(MostReduceBlocks, (before + ReduceFours - 1) / ReduceFours), start = squares;
        squares += blocks;
        string name = Kernel("model_reduce_gradients", 256, code =>
        {
            code.Line("__shared__ double shared[8];");
            code.Line($"double own = block_sum<256>(reduce_gradients<{Number(runs.Count)}>(pass, gradient_runs, {Number(before)}), shared);");
            using (code.Open("if (threadIdx.x == 0)"))
            {
                code.Line($"pass.squares[{Number(start)} + blockIdx.x] = own;");
            }
        });
        update.Add(new(name, LaunchShape.Of(blocks), 256, 0, 1));
    }

    private void AdamW()
    {
        DecayRun[] stretches = [.. plan.DecayRuns];
        var table = new CodeWriter();
        table.Line($"__constant__ Decay weight_decays[{Number(stretches.Length)}] =");
        table.Line("{");
        foreach ((int start, bool decays) in stretches)
        {
            table.Line($"    {{{Number(start)}, {(decays ? "1" : "0")}}},");
        }
        table.Line("};");
        kernels.Append('\n').Append(table);
        string name = Kernel("model_adamw", 256, code => code.Line($"adamw<{Number(plan.ParameterFloats)}, {Number(stretches.Length)}, {Number(squares)}>(pass, weight_decays);"));
        update.Add(new(name, LaunchShape.Of(Math.Min(MostUpdateBlocks, (plan.ParameterFloats / 4 + 255) / 256)), 256, 0, 1));
    }

    /// <summary>The launches of stages that run for each block in turn.</summary>
    private List<DeviceLaunch> Stages(LayerPlan layer, LayerBorder border, List<DeviceStage> stages, bool descending)
    {
        string[] printed = [.. stages.Select(s => Print(layer, border, s))];
        var launches = new List<DeviceLaunch>();
        for (int i = 0; i < layer.Repeat; i++)
        {
            launches.AddRange(stages.Zip(printed, (s, name) => new DeviceLaunch(name, s.Shape, s.Threads, descending ? layer.Repeat - 1 - i : i, 1, s.CarriedWords)));
        }
        return launches;
    }

    /// <summary>Stages that run for all blocks at once.</summary>
    private void Once(LayerPlan layer, List<DeviceStage> stages, List<DeviceLaunch> launches) => launches.AddRange(
        stages.Select(s => new DeviceLaunch(Print(layer, new("", "", "", ""), s), s.Shape, s.Threads, 0, layer.Repeat)));

    private string Print(LayerPlan layer, LayerBorder border, DeviceStage stage)
    {
        libraries.UnionWith(stage.Libraries);
        var writer = new KernelWriter(layers[layer], border, partialsStart[layer], squares);
        if (stage.CountsSquares)
        {
            squares += stage.Shape.Fixed * layer.Repeat;
        }
        stage.Print(writer);
        string name = Unique($"{layer.Method}_{stage.Name}");
        kernels.Append('\n').Append(writer.Finish(name, stage.Threads));
        return name;
    }

    private string Kernel(string stem, int threads, Action<CodeWriter> print)
    {
        string name = Unique(stem);
        var code = new CodeWriter();
        using (code.Open($"extern \"C\" __global__ void __launch_bounds__({Number(threads)}) {name}(const Pass pass, const int)"))
        {
            print(code);
        }
        kernels.Append('\n').Append(code);
        return name;
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

    private static string Number(long n) => n.ToString(CultureInfo.InvariantCulture);
}
