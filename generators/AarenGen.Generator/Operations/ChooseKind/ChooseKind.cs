using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>For each row, the embedding of its modality.</summary>
internal sealed partial record ChooseKind(Value Kinds, EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => Pieces;

    public override long Flops => 0;

    public override OperationDescription? Description => OperationDescription.Of("ChooseKind", Output, [Kinds, .. Pieces]);
}
