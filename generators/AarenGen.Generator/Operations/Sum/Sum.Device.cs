using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Sum
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Sum op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                string sum = $"load4({w.Value(op.Pieces[0])} + at)";
                foreach (Value piece in op.Pieces.Skip(1))
                {
                    sum = $"add4({sum}, load4({w.Value(piece)} + at))";
                }
                string output = w.Value(op.Output);
                w.Line($"each_four<{op.Output.Stride}, {op.Output.Width}>(pass, [=](long long at) {{ store4({output} + at, {sum}); }});");
            });

        // The pieces' gradient is the output's own memory.
        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
        }
    }
}
