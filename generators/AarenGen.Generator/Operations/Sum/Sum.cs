using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The sum of values that feed nothing else: its gradient is theirs.</summary>
internal sealed partial record Sum(EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => (Pieces.Count - 1L) * Output.Width;

    public override OperationDescription? Description => OperationDescription.Of("Sum", Output, [.. Pieces]);
}
