using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Values side by side.</summary>
internal sealed partial record Join(EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => Pieces;

    public override long Flops => 0;

    public override OperationDescription? Description => OperationDescription.Of("Join", Output, [.. Pieces]);
}
