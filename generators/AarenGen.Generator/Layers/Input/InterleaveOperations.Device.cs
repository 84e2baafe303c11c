using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Layers.Shared;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Input;

internal sealed partial record TokenKinds
{
    private const int RowsPerBlock = 256;

    public override DevicePart Device => new Part(this);

    private sealed class Part(TokenKinds op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", LaunchShape.OfRows(RowsPerBlock), RowsPerBlock, ["Kinds"],
            w => w.Call("token_kinds", $"{op.Count}, {op.Output.Stride}", "pass", w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
        }
    }
}

internal sealed partial record KeepKind
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(KeepKind op) : DevicePart
    {
        private string Sizes => $"{op.Kind}, {op.Kinds.Stride}, {op.Input.Stride}, {op.Input.Width}";

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["Kinds"],
            w => w.Call("keep_kind", "false, " + Sizes, "pass", w.Value(op.Kinds), w.Value(op.Input), w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            // Categories and times send no gradient back: nothing is there to add.
            bool hasGradient = layer.Plan.Operations.Any(s => s.Operation.Inputs.Any(v => v.Name == op.Output.Name));
            if (!hasGradient && accumulates[0])
            {
                return;
            }
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["Kinds"], w =>
            {
                TokenGradients.SkipUnlessWanted(w);
                if (hasGradient)
                {
                    w.Call("keep_kind", $"{(accumulates[0] ? "true" : "false")}, {Sizes}", "pass", w.Value(op.Kinds), w.Gradient(gradient), w.Gradient(op.Input));
                }
                else
                {
                    w.Call("clear_columns", $"{op.Input.Stride}, 0, {(op.Input.Width + 3) / 4 * 4}", "pass", w.Gradient(op.Input));
                }
            });
        }
    }
}

internal sealed partial record ChooseKind
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(ChooseKind op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["Kinds"], w =>
            {
                string chosen = w.Value(op.Pieces[0]);
                for (int kind = 1; kind < op.Pieces.Count; kind++)
                {
                    chosen = $"kind == {kind} ? {w.Value(op.Pieces[kind])} : {chosen}";
                }
                Each(w, $"store4({w.Value(op.Output)} + at, load4(({chosen}) + at));");
            });

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["Kinds"], w => Each(
                w, [$"float4 own = load4({w.Gradient(gradient)} + at);", .. op.Pieces.Select((p, i) => $"store4({w.Gradient(p)} + at, kind == {i} ? own : zero4());")]));
        }

        /// <summary>A loop over fours, of which the place and the row's kind are known.</summary>
        private void Each(KernelWriter w, params string[] lines)
        {
            string kinds = w.Value(op.Kinds);
            w.Line($"each_four_columns<{op.Output.Width}>(pass, [=](long long row, int column)");
            w.Line("{");
            w.Line($"    const int kind = static_cast<int>({kinds}[row * {op.Kinds.Stride}]);");
            w.Line($"    const long long at = row * {op.Output.Stride} + column;");
            foreach (string line in lines)
            {
                w.Line("    " + line);
            }
            w.Line("});");
        }
    }
}
