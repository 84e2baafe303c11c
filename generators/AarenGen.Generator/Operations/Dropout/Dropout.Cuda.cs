using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Dropout : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new DropoutNode(this, IsBackward: false)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new DropoutNode(this, IsBackward: true)];
}

/// <summary>Some of the numbers set to zero in place, the others scaled; or those of their gradient.</summary>
internal sealed record DropoutNode(Dropout Operation, bool IsBackward) : RowwiseNode(
    Operation.Branch.Name + (IsBackward ? "_dropout_backward" : "_dropout"), ["Dropout"],
    [new Operand(Operation.Branch, IsBackward)], [new Operand(Operation.Branch, IsBackward)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        float rate = (float)Operation.Rate;
        string threshold = ((uint)(rate * 4294967296.0)).ToString(CultureInfo.InvariantCulture) + "u";
        string scale = $"static_cast<float>({(1 / (1 - rate)).ToString("R", CultureInfo.InvariantCulture)})";
        w.Call(
            "dropout_rows", w.Rows(Operation.Branch),
            "pass", w.Name(new Operand(Operation.Branch, IsBackward)), w.Salt(Operation.Salt), threshold, scale);
    }
}
