using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record EncodeTime : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new EncodeTimeForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [];
}

/// <summary>Sinusoids of a column of times.</summary>
internal sealed record EncodeTimeForward(EncodeTime Operation) : KernelNode(
    Operation.Output.Name + "_forward", GridShape.OfRows(RowsPerBlock), 256, ["Sinusoids"], [Operand.Of(Operation.Tokens)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    private const int RowsPerBlock = 64;

    public void Print(KernelWriter w) => w.Call(
        "encode_times",
        w.Configuration(
            Operation.Output.Name + "_encoding", ("width", Operation.Output.Width), ("stride", Operation.Output.Stride),
            ("token_stride", Operation.Tokens.Stride), ("time_column", Operation.Column)),
        "pass", (Math.Log(Operation.LongestPeriod) / Math.Log(2)).ToString("R", CultureInfo.InvariantCulture),
        w.Value(Operation.Tokens), w.Value(Operation.Output));
}
