using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Sum : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new SumForward(this)];

    // The pieces' gradient is the output's own memory.
    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [];
}

/// <summary>The pieces added.</summary>
internal sealed record SumForward(Sum Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["rows"], new(Operation.Pieces.Select(Operand.Of)), [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        string sum = $"load4({w.Value(Operation.Pieces[0])} + at)";
        foreach (Value piece in Operation.Pieces.Skip(1))
        {
            sum = $"add4({sum}, load4({w.Value(piece)} + at))";
        }
        string output = w.Value(Operation.Output);
        w.Line($"each_float4<{w.Rows(Operation.Output)}>(pass, [=](long long at) {{ store4({output} + at, {sum}); }});");
    }
}
