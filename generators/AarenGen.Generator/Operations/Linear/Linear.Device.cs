using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Linear
{
    public override DevicePart Device => new Part(this);

    /// <summary>Places for the gradients of weight and bias in so many parts.</summary>
    public (GradientRun Weight, GradientRun Bias) Partials(DeviceLayer layer, int parts) => Matrix switch
    {
        ParameterMatrix m => (layer.Partials(m.Values, parts), layer.Partials(m.Offsets, parts)),
        DerivedMatrix m => (layer.Partials(m.Values, parts), layer.Partials(m.Offsets, parts)),
        _ => throw new InvalidOperationException(Matrix.Name),
    };

    private sealed class Part(Linear linear) : DevicePart
    {
        public override bool TakesNormalized(Value value) => linear.Residual?.Name != value.Name;

        public override void Forward(DeviceLayer layer) =>
            layer.Add(new TileStage(linear.Output.Name, new ForwardStep(layer, linear, Normalize.OnLoad(layer, linear.Input))));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            if (linear.Residual is { } residual)
            {
                if (accumulates[1])
                {
                    layer.Add(Rowwise.GradientStage(layer.Resolve(linear.Output), layer.Resolve(residual), accumulates: true));
                }
                else
                {
                    layer.Defer(linear.Output, residual);
                }
            }
            Value gradient = layer.Resolve(linear.Output);
            var rows = new TileStage(linear.Output.Name, new InputGradientStep(layer, linear, gradient, layer.Addend(linear.Input, accumulates[0])), isBackward: true);
            var weights = new WeightGradients(layer, linear, gradient);
            if (TileStage.IsNarrow(layer))
            {
                layer.Add(rows);
                layer.AddLast(weights);
            }
            else
            {
                layer.Add(rows.Beside(weights));
            }
        }
    }

    /// <summary>Device memory of W and b.</summary>
    public (string Weight, string Bias) Pointers(KernelWriter w) => Matrix switch
    {
        ParameterMatrix m => (w.Weights(m.Values), w.Weights(m.Offsets)),
        DerivedMatrix m => (w.Derived(m.Values), w.Derived(m.Offsets)),
        _ => throw new InvalidOperationException(Matrix.Name),
    };

    /// <summary>
    /// The arithmetic: what a narrow map derived from parameters gives may be an exponent, which rounded factors would spoil; it is a small part
    /// of the work, so it stays in float32.
    /// </summary>
    public string Cores => Matrix is DerivedMatrix ? "0" : "TENSOR_CORES";

    /// <summary>Tiles of 64 along a width.</summary>
    public static int TilesOf(int width) => (width + TileStep.Tile - 1) / TileStep.Tile;

    /// <summary>What a thread block does for one of several maps, chosen by its tile's number.</summary>
    public static void OneOf(string number, int index, int end, int count, KernelWriter w, Action print)
    {
        if (count == 1)
        {
            print();
            return;
        }
        string condition = index == count - 1 ? "else" : $"{(index == 0 ? "" : "else ")}if ({number} < {end.ToString(CultureInfo.InvariantCulture)})";
        using (w.Open(condition))
        {
            print();
        }
    }

    /// <summary>Linear maps of the same rows, normalised as they are loaded where that is asked; an activation follows the last.</summary>
    private sealed class ForwardStep : ProductStep
    {
        private readonly EquatableArray<Linear> maps;
        private readonly Normalize? normalize;
        private readonly Activate? activate;

        public ForwardStep(DeviceLayer layer, Linear map, Normalize? normalize)
            : this(layer, new([map]), normalize, null)
        {
        }

        private ForwardStep(DeviceLayer layer, EquatableArray<Linear> maps, Normalize? normalize, Activate? activate)
            : base(
                layer, maps.Sum(static m => TilesOf(m.Output.Width)),
                ["Linear", .. normalize is null ? Array.Empty<string>() : ["Normalize"], .. activate is null ? Array.Empty<string>() : ["Activate"]])
        {
            this.maps = maps;
            this.normalize = normalize;
            this.activate = activate;
        }

        public override IReadOnlyList<string> Comments =>
        [
            .. normalize is null ? Array.Empty<string>() : [$"{normalize.Output.Name} = LayerNorm({normalize.Input.Name}), as it is loaded"],
            .. maps.Select(static m => $"{m.Output.Name} [rows, {Number(m.Output.Width)}] = {m.Input.Name} [rows, {Number(m.Input.Width)}] {m.Matrix.Name}^T + bias{(m.Residual is null ? "" : $" + {m.Residual.Name}")}"),
            .. activate is null ? Array.Empty<string>() : [$"{activate.Output.Name} = {activate.Function}({activate.Input.Name}), which becomes the slope"],
        ];

        public override string? Reads => maps.Count == 1 && normalize is null ? maps[0].Input.Name : null;

        public override string? Gives => maps.Count == 1 ? (activate?.Output ?? maps[0].Output).Name : null;

        public override TileStep? Join(TileStep next) =>
            next is ForwardStep other && activate is null && other.maps[0].Input == maps[0].Input && other.maps.All(m => maps.All(own => m.Residual != own.Output))
                ? new ForwardStep(Layer, new([.. maps, .. other.maps]), normalize, other.activate) : null;

        public override TileStep? Take(DeviceStage next) =>
            next is ActivateStage other && activate is null && maps.Count == 1 && maps[0].Residual is null && other.Operation.Input == maps[0].Output
                ? new ForwardStep(Layer, maps, normalize, other.Operation) : null;

        protected override void PrintBefore(KernelWriter w, bool isAlone)
        {
            if (normalize is not null)
            {
                string kept = w.Memory(normalize.StatisticsName, normalize.StatisticsMemory);
                w.Call(
                    "tile_statistics", $"{Number(normalize.Input.Width)}, {Number(normalize.Input.Stride)}", w.Value(normalize.Input), "row", "rows", "memory.statistics",
                    isAlone ? $"column == 0 ? {kept} : nullptr" : kept);
            }
        }

        protected override void PrintTile(KernelWriter w, bool keeps)
        {
            int first = 0;
            for (int i = 0; i < maps.Count; i++)
            {
                Linear map = maps[i];
                int start = first;
                OneOf("column", i, first += Tile * TilesOf(map.Output.Width), maps.Count, w, () =>
                {
                    (string weight, string bias) = map.Pointers(w);
                    string column = start == 0 ? "column" : $"column - {Number(start)}";
                    w.Call(
                        "linear_forward", $"{map.Cores}, {(keeps ? "true" : "false")}, {Number(map.Input.Width)}, {Number(map.Output.Width)}, {Number(map.Input.Stride)}",
                        Operand(w), weight, bias, "row", "rows", column, "memory", Finish(w, map));
                });
            }
        }

        protected override void PrintKept(KernelWriter w) => w.Call("linear_sums_of_kept", Sizes, "sums", maps[0].Pointers(w).Weight, "column", "memory");

        protected override void PrintFinish(KernelWriter w, bool keeps) => w.Call(
            "linear_finish", $"{maps[0].Cores}, {(keeps ? "true" : "false")}, {Number(maps[0].Output.Width)}",
            "sums", maps[0].Pointers(w).Bias, "row", "rows", "0", "memory", Finish(w, maps[0]));

        private string Sizes => $"{maps[0].Cores}, {Number(maps[0].Input.Width)}, {Number(maps[0].Output.Width)}, {Number(maps[0].Input.Stride)}";

        private string Operand(KernelWriter w)
        {
            Value input = normalize?.Input ?? maps[0].Input;
            string x = w.Value(input), inputs = $"pad4({Number(input.Width)})", stride = Number(input.Stride);
            return normalize is null ? $"Along<{stride}>{{{x}, rows, {inputs}}}"
                : $"NormalizedAlong<{stride}>{{{x}, rows, {inputs}, {w.Weights(normalize.Scale)}, {w.Weights(normalize.Shift)}, memory.statistics}}";
        }

        private string Finish(KernelWriter w, Linear map)
        {
            string stride = Number(map.Output.Stride);
            return activate is not null
                ? $"WriteActivation<{activate.Function}, {stride}>{{{w.Value(map.Output)}, {w.Value(activate.Output)}}}"
                : map.Residual is { } residual ? $"WriteSum<{stride}>{{{w.Value(map.Output)}, {w.Value(residual)}}}" : $"Write<{stride}>{{{w.Value(map.Output)}}}";
        }
    }

    /// <summary>The gradient of rows from those of the linear maps that read them; multiplied by a slope where the rows are what an activation gave.</summary>
    private sealed class InputGradientStep : ProductStep
    {
        private readonly EquatableArray<Linear> maps;
        private readonly EquatableArray<Value> gradients;
        private readonly Value? addend;
        private readonly Activate? activate;

        public InputGradientStep(DeviceLayer layer, Linear map, Value gradient, Value? addend)
            : this(layer, new([map]), new([gradient]), addend, null)
        {
        }

        private InputGradientStep(DeviceLayer layer, EquatableArray<Linear> maps, EquatableArray<Value> gradients, Value? addend, Activate? activate)
            : base(layer, TilesOf(maps[0].Input.Width), ["Linear"])
        {
            this.maps = maps;
            this.gradients = gradients;
            this.addend = addend;
            this.activate = activate;
        }

        private Value Input => maps[0].Input;

        /// <summary>Whose gradient it gives.</summary>
        private Value Target => activate?.Input ?? Input;

        public override IReadOnlyList<string> Comments =>
        [
            $"gradient of {Target.Name} [rows, {Number(Target.Width)}]",
            .. Condition is null ? Array.Empty<string>() : ["Nobody needs the tokens' own while training."],
        ];

        public override string? Condition => Layer.Plan.IsFirst && Input.IsBorder ? "pass.settings->tokenGradients" : null;

        public override string? Reads => maps.Count == 1 ? gradients[0].GradientName : null;

        public override string? Gives => Target.GradientName;

        public override bool WritesGradient(Value value) => value == Target;

        public override TileStep? Join(TileStep next) =>
            next is InputGradientStep other && activate is null && other.Input == Input
                ? new InputGradientStep(Layer, new([.. maps, .. other.maps]), new([.. gradients, .. other.gradients]), addend, null) : null;

        public override TileStep? Take(DeviceStage next) =>
            next is ActivateGradientStage other && activate is null && addend is null && other.Operation.Output == Input && Readers(Input) == maps.Count
                ? new InputGradientStep(Layer, maps, gradients, null, other.Operation) : null;

        protected override void PrintTile(KernelWriter w, bool keeps)
        {
            w.Line("Sums part[1];");
            PrintProducts(w, "part", "column");
            PrintFinish(w, "part", "column", keeps, writes: true);
        }

        public override bool KeepsRows => FitsRegisters;

        public override void PrintKeptRows(KernelWriter w)
        {
            w.Line($"Sums sums[{Number(Tiles)}];");
            PrintProducts(w, "sums", "0");
            PrintFinish(w, keeps: true);
        }

        protected override void PrintKept(KernelWriter w) => w.Call("linear_input_gradient_of_kept", Sizes(0), "sums", maps[0].Pointers(w).Weight, "column", "memory");

        protected override void PrintFinish(KernelWriter w, bool keeps) => PrintFinish(w, "sums", "0", keeps, writes: !keeps);

        private int Readers(Value value) => Layer.Plan.Operations.Count(s => s.Operation.Inputs.Any(v => v.Name == value.Name));

        private string Sizes(int map) => $"{maps[map].Cores}, {Number(Input.Width)}, {Number(maps[map].Output.Width)}, {Number(Input.Stride)}";

        private void PrintProducts(KernelWriter w, string sums, string column)
        {
            w.Line($"clear({sums});");
            for (int i = 0; i < maps.Count; i++)
            {
                w.Call(
                    "linear_input_gradient", $"{Sizes(i)}, {Number(maps[i].Output.Stride)}",
                    sums, w.Gradient(gradients[i]), maps[i].Pointers(w).Weight, "row", "rows", column, "memory");
            }
        }

        private void PrintFinish(KernelWriter w, string sums, string column, bool keeps, bool writes)
        {
            string stride = Number(Input.Stride);
            string finish = activate is not null ? $"WriteProduct<{stride}>{{{w.Gradient(activate.Input)}, {w.Value(activate.Input)}}}"
                : addend is null ? (writes ? $"Write<{stride}>{{{w.Gradient(Input)}}}" : "Unchanged{}")
                : writes ? $"WriteSum<{stride}>{{{w.Gradient(Input)}, {w.Gradient(addend)}}}" : $"Sum<{stride}>{{{w.Gradient(addend)}}}";
            w.Call("finish_tiles", $"TENSOR_CORES, true, false, {(keeps ? "true" : "false")}", sums, "row", "rows", column, $"pad4({Number(Input.Width)})", "memory", finish);
        }
    }
}
