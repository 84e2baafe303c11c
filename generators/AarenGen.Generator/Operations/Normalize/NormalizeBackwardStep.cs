using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The way back of a layer normalisation of narrow rows, behind the product that gives the gradient of its output, if any.</summary>
internal sealed class NormalizeBackwardStep(DeviceLayer layer, Normalize op, Value gradient, Value? addend, ProductStep? product = null)
    : TileStep(layer, 1, ["Normalize", .. product?.Libraries ?? []])
{
    /// <summary>Widest rows: four columns a lane of a warp.</summary>
    public const int Widest = 128;

    private GradientRun? scale, shift;

    public override IReadOnlyList<string> Comments =>
        [.. product?.Comments ?? [], $"gradient of {op.Input.Name} [rows, {Number(op.Input.Width)}], behind {op.Output.Name} = LayerNorm({op.Input.Name}){(addend is null ? "" : ", added to what is there")}"];

    public override bool LeavesParts => true;

    private string Sums => $"partsOf{char.ToUpperInvariant(op.Output.Name[0])}{op.Output.Name.Substring(1)}";

    public override bool WritesGradient(Value value) => value == op.Input || product?.WritesGradient(value) == true;

    public override TileStep? After(TileStep step) =>
        product is null && step is ProductStep { KeepsRows: true } before && before.Gives == gradient.GradientName ? new NormalizeBackwardStep(Layer, op, gradient, addend, before) : null;

    public override void Place(int parts)
    {
        scale = Layer.Partials(op.Scale, parts);
        shift = Layer.Partials(op.Shift, parts);
    }

    public override void PrintStart(KernelWriter w)
    {
        w.Line($"__shared__ NormalizationParts {Sums};");
        w.Call("clear", "", Sums);
    }

    public override void PrintRows(KernelWriter w)
    {
        product?.PrintKeptRows(w);
        string width = Number(op.Input.Width), stride = Number(op.Input.Stride);
        string rows = product is null ? $"MemoryRows<{stride}>{{{w.Gradient(gradient)}}}" : $"KeptRows<{Number(product.Tiles)}>{{memory.floats, row}}";
        w.Call(
            "normalize_tile_backward", $"{width}, {stride}", rows, w.Value(op.Input), w.Memory(op.StatisticsName, op.StatisticsMemory), w.Weights(op.Scale),
            "row", "rows", addend is null ? "nullptr" : w.Gradient(addend), w.Gradient(op.Input), Sums, "memory");
    }

    public override void PrintTile(KernelWriter w) => PrintRows(w);

    public override void PrintEnd(KernelWriter w) => w.Call("write_parts", Number(op.Input.Width), Sums, w.Part(scale!, "index"), w.Part(shift!, "index"));
}
