using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record TokenKinds : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new TokenKindsForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [];
}

/// <summary>The kind of each token, a thread each.</summary>
internal sealed record TokenKindsForward(TokenKinds Operation) : KernelNode(
    Operation.Output.Name + "_forward", GridShape.OfRows(RowsPerBlock), RowsPerBlock, ["Kinds"], [], [Operand.Of(Operation.Output)]),
    IKernelCode
{
    private const int RowsPerBlock = 256;

    public void Print(KernelWriter w) =>
        w.Call(
            "token_kinds", w.Configuration(
                Operation.Output.Name + "_sequence", ("count", Operation.Count), ("stride", Operation.Output.Stride)),
            "pass", w.Value(Operation.Output), w.State(Operation.StateOffset));
}
