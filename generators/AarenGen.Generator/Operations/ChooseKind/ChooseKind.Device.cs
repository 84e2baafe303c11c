using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

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
