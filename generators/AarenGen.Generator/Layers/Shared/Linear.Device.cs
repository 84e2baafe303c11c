using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Layers.LayerNorm;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Shared;

internal sealed partial record Linear
{
    public override DevicePart Device => new Part(this);

    /// <summary>Places for the gradients of weight and bias in so many parts.</summary>
    private (GradientRun Weight, GradientRun Bias) Partials(DeviceLayer layer, int parts) => Matrix switch
    {
        ParameterMatrix m => (layer.Partials(m.Values, parts), layer.Partials(m.Offsets, parts)),
        DerivedMatrix m => (layer.Partials(m.Values, parts), layer.Partials(m.Offsets, parts)),
        _ => throw new InvalidOperationException(Matrix.Name),
    };

    private sealed class Part(Linear linear) : DevicePart
    {
        public override bool TakesNormalized(Value value) => linear.Residual?.Name != value.Name;

        public override void Forward(DeviceLayer layer) => layer.Add(new LinearForwardStage(layer, linear, Normalize.OnLoad(layer, linear.Input)));

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
            layer.Add(new LinearBackwardStage(layer, linear, gradient, Normalize.OnLoad(layer, linear.Input), layer.Addend(linear.Input, accumulates[0])));
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
    private string Cores => Matrix is DerivedMatrix ? "0" : "TENSOR_CORES";

    /// <summary>Declares row and column of a tile from its number, where so many lie side by side.</summary>
    private static string Places(string number, int columns) => $"row = {Row(number, columns)}, column = {Column(number, columns)}";

    private static string Row(string number, int columns) => columns == 1 ? $"{number} * {Number(Tile)}" : $"{number} / {Number(columns)} * {Number(Tile)}";

    private static string Column(string number, int columns) => columns == 1 ? "0" : $"{number} % {Number(columns)} * {Number(Tile)}";

    /// <summary>Tiles of 64 along a width.</summary>
    private static int Tiles(int width) => (width + Tile - 1) / Tile;

    private const int Tile = 64;

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    /// <summary>Linear maps of the same rows in one kernel, the rows normalised as they are loaded where that is asked; an activation follows the last.</summary>
    private sealed class LinearForwardStage : TileStage
    {
        private readonly EquatableArray<Linear> maps;
        private readonly Normalize? normalize;
        private readonly Activate? activate;

        public LinearForwardStage(DeviceLayer layer, Linear map, Normalize? normalize)
            : this(layer, new([map]), normalize, null)
        {
        }

        private LinearForwardStage(DeviceLayer layer, EquatableArray<Linear> maps, Normalize? normalize, Activate? activate)
            : base(
                layer, string.Join("_", maps.Select(static m => m.Output.Name)), maps.Sum(static m => Tiles(m.Output.Width)),
                ["Linear", .. normalize is null ? Array.Empty<string>() : ["Normalize"], .. activate is null ? Array.Empty<string>() : ["Activate"]])
        {
            this.maps = maps;
            this.normalize = normalize;
            this.activate = activate;
        }

        public override DeviceStage? Join(DeviceStage next) => next switch
        {
            LinearForwardStage other when activate is null && other.maps[0].Input == maps[0].Input && other.maps.All(m => maps.All(own => m.Residual != own.Output)) =>
                new LinearForwardStage(Layer, new([.. maps, .. other.maps]), normalize, other.activate),
            ActivateStage other when activate is null && maps.Count == 1 && maps[0].Residual is null && other.Operation.Input == maps[0].Output =>
                new LinearForwardStage(Layer, maps, normalize, other.Operation),
            _ => base.Join(next),
        };

        public override void PrintRows(KernelWriter w)
        {
            if (normalize is not null)
            {
                w.Comment($"{normalize.Output.Name} = LayerNorm({normalize.Input.Name}), as it is loaded");
                w.Call(
                    "tile_statistics", $"{Number(normalize.Input.Width)}, {Number(normalize.Input.Stride)}", w.Value(normalize.Input), "row", "rows", "memory.statistics",
                    $"{(IsChained ? "" : "column == 0 ? ")}{w.Memory(normalize.StatisticsName, normalize.StatisticsMemory)}{(IsChained ? "" : " : nullptr")}");
            }
        }

        public override void PrintTile(KernelWriter w)
        {
            Value input = normalize?.Input ?? maps[0].Input;
            string x = w.Value(input), inputs = $"pad4({Number(input.Width)})";
            string operand = normalize is null ? $"Along<{Number(input.Stride)}>{{{x}, rows, {inputs}}}"
                : $"NormalizedAlong<{Number(input.Stride)}>{{{x}, rows, {inputs}, {w.Weights(normalize.Scale)}, {w.Weights(normalize.Shift)}, memory.statistics}}";
            int first = 0;
            for (int i = 0; i < maps.Count; i++)
            {
                Linear map = maps[i];
                int start = first, end = first + Tile * Tiles(map.Output.Width);
                OneOf("column", i, end, maps.Count, w, () =>
                {
                    w.Comment($"{map.Output.Name} [rows, {Number(map.Output.Width)}] = {map.Input.Name} [rows, {Number(map.Input.Width)}] {map.Matrix.Name}^T + bias{(map.Residual is null ? "" : $" + {map.Residual.Name}")}");
                    (string weight, string bias) = map.Pointers(w);
                    string column = start == 0 ? "column" : $"column - {Number(start)}";
                    w.Call(
                        "linear_forward", $"{map.Cores}, {Number(map.Input.Width)}, {Number(map.Output.Width)}, {Number(map.Input.Stride)}", operand, weight, bias, "row", "rows", column, "memory", Finish(w, map));
                });
                first = end;
            }
        }

        private string Finish(KernelWriter w, Linear map)
        {
            string stride = Number(map.Output.Stride);
            return activate is not null
                ? $"WriteActivation<{activate.Function}, {stride}>{{{w.Value(map.Output)}, {w.Value(activate.Output)}}}"
                : map.Residual is { } residual ? $"WriteSum<{stride}>{{{w.Value(map.Output)}, {w.Value(residual)}}}" : $"Write<{stride}>{{{w.Value(map.Output)}}}";
        }
    }

    /// <summary>What a thread block does for one of several maps, chosen by its tile's number.</summary>
    private static void OneOf(string number, int index, int end, int count, KernelWriter w, Action print)
    {
        if (count == 1)
        {
            print();
            return;
        }
        string condition = index == count - 1 ? "else" : $"{(index == 0 ? "" : "else ")}if ({number} < {Number(end)})";
        using (w.Open(condition))
        {
            print();
        }
    }

    /// <summary>The way back of linear maps of the same rows: gradients of the weights, each in parts, and of the rows, in one kernel.</summary>
    private sealed class LinearBackwardStage : DeviceStage
    {
        private readonly DeviceLayer layer;
        private readonly EquatableArray<Linear> maps;
        private readonly EquatableArray<Value> gradients;
        private readonly Normalize? normalize;
        private readonly Value? addend;
        private readonly Activate? activate;
        private readonly Lazy<(int Parts, (GradientRun Weight, GradientRun Bias)[] Runs)> partials;

        public LinearBackwardStage(DeviceLayer layer, Linear map, Value gradient, Normalize? normalize, Value? addend)
            : this(layer, new([map]), new([gradient]), normalize, addend, null)
        {
        }

        private LinearBackwardStage(DeviceLayer layer, EquatableArray<Linear> maps, EquatableArray<Value> gradients, Normalize? normalize, Value? addend, Activate? activate)
            : base(
                string.Join("_", maps.Reverse().Select(static m => m.Output.Name)) + "_backward",
                new(Tiles(maps[0].Input.Width), Tile, 0, Parts(maps) * WeightTiles(maps)), 256, ["Linear", .. normalize is null ? Array.Empty<string>() : ["Normalize"]])
        {
            this.layer = layer;
            this.maps = maps;
            this.gradients = gradients;
            this.normalize = normalize;
            this.addend = addend;
            this.activate = activate;
            partials = new(() => (Parts(maps), [.. maps.Select(m => m.Partials(layer, Parts(maps)))]));
        }

        public override DeviceStage? Join(DeviceStage next) => next switch
        {
            LinearBackwardStage other when activate is null && other.maps[0].Input == maps[0].Input =>
                new LinearBackwardStage(layer, new([.. maps, .. other.maps]), new([.. gradients, .. other.gradients]), normalize, addend, null),
            ActivateGradientStage other when activate is null && addend is null && other.Operation.Output == maps[0].Input && Readers(other.Operation.Output) == maps.Count =>
                new LinearBackwardStage(layer, maps, gradients, normalize, null, other.Operation),
            _ => null,
        };

        /// <summary>Called before printing, so that all gradients have their places.</summary>
        public override void Place() => _ = partials.Value;

        private int Readers(Value value) => layer.Plan.Operations.Count(s => s.Operation.Inputs.Any(v => v.Name == value.Name));

        private static int WeightTiles(EquatableArray<Linear> maps) => maps.Sum(static m => Tiles(m.Output.Width) * Tiles(m.Input.Width));

        private static int Parts(EquatableArray<Linear> maps) =>
            Math.Min(DeviceLayer.LargestParts, Math.Max(DeviceLayer.SmallestParts, (DeviceLayer.BlocksWanted + WeightTiles(maps) - 1) / WeightTiles(maps)));

        public override void Print(KernelWriter w)
        {
            (int parts, (GradientRun Weight, GradientRun Bias)[] runs) = partials.Value;
            Value input = maps[0].Input, rowsOf = normalize?.Input ?? input;
            int inputTiles = Tiles(input.Width), weightBlocks = Shape.Fixed;
            w.Line("const int rows = pass.settings->rows, index = static_cast<int>(blockIdx.x);");
            w.DeclareProductMemory();
            string scale = normalize is null ? "" : $", {w.Weights(normalize.Scale)}, {w.Weights(normalize.Shift)}, {w.Memory(normalize.StatisticsName, normalize.StatisticsMemory)}";
            string operand = $"{(normalize is null ? "Across" : "NormalizedAcross")}<{Number(input.Stride)}>{{{w.Value(rowsOf)}, pad4({Number(input.Width)}), to{scale}}}";
            using (w.Open($"if (index < {Number(weightBlocks)})"))
            {
                w.Comment($"gradients of the weights, in {Number(parts)} parts of the rows");
                w.Line($"int from, to, part = index % {Number(parts)}, tile = index / {Number(parts)};");
                w.Line($"part_rows(rows, part, {Number(parts)}, from, to);");
                int first = 0;
                for (int i = 0; i < maps.Count; i++)
                {
                    Linear map = maps[i];
                    int end = first + Tiles(map.Output.Width) * inputTiles;
                    int index = i, start = first;
                    OneOf("tile", i, end, maps.Count, w, () =>
                    {
                        string own = start == 0 ? "tile" : $"(tile - {Number(start)})";
                        w.Call(
                            "linear_weight_gradient",
                            $"{map.Cores}, {Number(input.Width)}, {Number(map.Output.Width)}, {Number(input.Stride)}, {Number(map.Output.Stride)}",
                            w.Gradient(gradients[index]), operand, "from", "to", Row(own, inputTiles), Column(own, inputTiles),
                            w.Part(runs[index].Weight, "part"), w.Part(runs[index].Bias, "part"), "memory");
                    });
                    first = end;
                }
                w.Line("return;");
            }
            if (layer.Plan.IsFirst && input.IsBorder)
            {
                w.Comment("nobody needs the tokens' own gradient while training");
                using (w.Open("if (!pass.settings->tokenGradients)"))
                {
                    w.Line("return;");
                }
            }
            w.Comment($"gradient of {input.Name}");
            w.Line($"const int {Places($"(index - {Number(weightBlocks)})", inputTiles)};");
            using (w.Open("if (row >= rows)"))
            {
                w.Line("return;");
            }
            w.Line("Sums sums;");
            w.Line("clear(sums);");
            for (int i = 0; i < maps.Count; i++)
            {
                Linear map = maps[i];
                w.Call(
                    "linear_input_gradient", $"{Number(input.Width)}, {Number(map.Output.Width)}, {Number(input.Stride)}, {Number(map.Output.Stride)}",
                    "sums", w.Gradient(gradients[i]), map.Pointers(w).Weight, "row", "rows", "column", "memory");
            }
            string stride = Number(input.Stride);
            string finish = activate is not null ? $"WriteProduct<{stride}>{{{w.Gradient(activate.Input)}, {w.Value(activate.Input)}}}"
                : addend is not null ? $"WriteSum<{stride}>{{{w.Gradient(input)}, {w.Gradient(addend)}}}"
                : $"Write<{stride}>{{{w.Gradient(input)}}}";
            w.Call("finish_tile", "TENSOR_CORES, true, false", "sums", "row", "rows", "column", $"pad4({Number(input.Width)})", "memory", finish);
        }
    }
}
