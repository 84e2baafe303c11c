using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>The gradients of the weights of linear maps: a thread block has a tile of one of them, over a part of the rows.</summary>
internal sealed class WeightGradients : DeviceStage
{
    private const int Tile = TileStep.Tile;

    private readonly DeviceLayer layer;
    private readonly IReadOnlyList<Of> maps;
    private readonly Lazy<(GradientRun Weight, GradientRun Bias)[]> runs;

    public WeightGradients(DeviceLayer layer, Linear map, Value gradient)
        : this(layer, [new(map, gradient, Normalize.OnLoad(layer, map.Input))])
    {
    }

    private WeightGradients(DeviceLayer layer, IReadOnlyList<Of> maps)
        : base(
            "weights_backward", LaunchShape.Of(PartsOf(maps) * maps.Sum(static m => m.Tiles)), 256,
            ["Linear", .. maps.Any(static m => m.Normalize is not null) ? ["Normalize"] : Array.Empty<string>()])
    {
        this.layer = layer;
        this.maps = maps;
        runs = new(() => [.. maps.Select(m => m.Map.Partials(layer, PartsOf(maps)))]);
    }

    public int Blocks => Shape.Fixed;

    /// <summary>The gradients that it reads.</summary>
    public IEnumerable<Value> Gradients => maps.Select(static m => m.Gradient);

    public override DeviceStage? Join(DeviceStage next) => next is WeightGradients other ? And(other) : null;

    public WeightGradients And(WeightGradients other) => new(layer, [.. maps, .. other.maps]);

    /// <summary>Called before printing, so that all gradients have their places.</summary>
    public override void Place() => _ = runs.Value;

    public override void Print(KernelWriter w)
    {
        w.Line("const int rows = pass.settings->rows;");
        w.DeclareProductMemory();
        PrintBlocks(w, "static_cast<int>(blockIdx.x)");
    }

    /// <summary>Prints what the thread block of a number among these does.</summary>
    public void PrintBlocks(KernelWriter w, string number)
    {
        int parts = PartsOf(maps);
        w.Comment($"gradients of the weights, in {Number(parts)} parts of the rows");
        w.Line($"int from, to, part = {number} % {Number(parts)}, tile = {number} / {Number(parts)};");
        w.Line($"part_rows(rows, part, {Number(parts)}, from, to);");
        int first = 0;
        for (int i = 0; i < maps.Count; i++)
        {
            int start = first, index = i;
            Linear.OneOf("tile", i, first += maps[i].Tiles, maps.Count, w, () => PrintTile(w, maps[index], runs.Value[index], start));
        }
    }

    private static void PrintTile(KernelWriter w, Of of, (GradientRun Weight, GradientRun Bias) runs, int start)
    {
        (Linear map, Value gradient, Normalize? normalize) = of;
        Value input = map.Input;
        string rows = normalize is null ? $"Across<{Number(input.Stride)}>{{{w.Value(input)}, pad4({Number(input.Width)}), to}}"
            : $"NormalizedAcross<{Number(input.Stride)}>{{{w.Value(normalize.Input)}, pad4({Number(input.Width)}), to, {w.Weights(normalize.Scale)}, {w.Weights(normalize.Shift)}, {w.Memory(normalize.StatisticsName, normalize.StatisticsMemory)}}}";
        string own = start == 0 ? "tile" : $"(tile - {Number(start)})";
        int columns = Linear.TilesOf(input.Width);
        string output = columns == 1 ? $"{own} * {Number(Tile)}" : $"{own} / {Number(columns)} * {Number(Tile)}", column = columns == 1 ? "0" : $"{own} % {Number(columns)} * {Number(Tile)}";
        w.Call(
            "linear_weight_gradient", $"{map.Cores}, {Number(input.Width)}, {Number(map.Output.Width)}, {Number(input.Stride)}, {Number(map.Output.Stride)}",
            w.Gradient(gradient), rows, "from", "to", output, column, w.Part(runs.Weight, "part"), w.Part(runs.Bias, "part"), "memory");
    }

    /// <summary>Enough parts for the thread blocks that are wanted.</summary>
    private static int PartsOf(IReadOnlyList<Of> maps)
    {
        int tiles = maps.Sum(static m => m.Tiles);
        return Math.Min(DeviceLayer.LargestParts, Math.Max(DeviceLayer.SmallestParts, (DeviceLayer.BlocksWanted + tiles - 1) / tiles));
    }

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    /// <summary>A map, the gradient of its output, and what normalises its input as it is loaded.</summary>
    private sealed record Of(Linear Map, Value Gradient, Normalize? Normalize)
    {
        public int Tiles => Linear.TilesOf(Map.Output.Width) * Linear.TilesOf(Map.Input.Width);
    }
}
