using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record BeginTokenGradient
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(BeginTokenGradient op) : DevicePart
    {
        public override void Forward(DeviceLayer layer)
        {
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates) => layer.Add(
            "begin_token_gradient", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                TokenGradients.SkipUnlessWanted(w);
                w.Call("clear_columns", $"{op.Tokens.Stride}, 0, {(op.Tokens.Width + 3) / 4 * 4}", "pass", w.Gradient(op.Tokens));
            });
    }
}
