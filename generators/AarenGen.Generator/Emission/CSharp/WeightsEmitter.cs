using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints what happens once for changed weights, and once for their gradients: threads divide it by layers and blocks.</summary>
internal static class WeightsEmitter
{
    public static void Prepare(CodeWriter code, Plan plan, TypeNames types)
    {
        code.Line("/// <inheritdoc/>");
        using (code.Open(
            $"protected override void Prepare({types.Span} weights, {types.Span} packed, {types.Runtime}WeightPrecision precision, bool "
                + $"training, "
            + $"{types.Training}WorkerSlice slice)"))
        {
            EachSliced(
                code, plan.Layers.Where(LayerEmitter.Prepares),
                static layer =>
                    $"{layer.Method}{LayerMethods.Prepare}(weights, packed, precision, training{LayerEmitter.BlockArgument(layer)});");
        }
        code.Line();
    }

    public static void BackpropagateDerivedWeights(CodeWriter code, Plan plan, TypeNames types)
    {
        LayerPlan[] layers = [.. plan.Layers.Where(LayerEmitter.DerivesWeights)];
        if (layers.Length == 0)
        {
            return;
        }
        code.Line();
        code.Line("/// <inheritdoc/>");
        using (code.Open(
            $"protected override void BackpropagateDerivedWeights({types.ReadOnlySpan} weights, {types.Span} gradients, "
                + $"{types.Training}WorkerSlice slice)"))
        {
            EachSliced(
                code, layers,
                static layer => $"{layer.Method}{LayerMethods.Finish}(weights, gradients{LayerEmitter.BlockArgument(layer)});");
        }
    }

    /// <summary>A line for each block of the layers; each worker takes its slice of them.</summary>
    private static void EachSliced(CodeWriter code, IEnumerable<LayerPlan> layers, Func<LayerPlan, string> line)
    {
        int piece = 0;
        foreach (LayerPlan layer in layers)
        {
            using CodeWriter.Block? loop = layer.Repeat > 1
                ? code.Open($"for (int block = 0; block < {Number(layer.Repeat)}; block++)") : null;
            string number = layer.Repeat == 1 ? Number(piece) : piece == 0 ? "block" : $"{Number(piece)} + block";
            using CodeWriter.Block condition = code.Open($"if (slice.Contains({number}))");
            code.Line(line(layer));
            piece += layer.Repeat;
        }
    }
}
