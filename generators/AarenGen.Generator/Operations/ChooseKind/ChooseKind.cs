using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Of each row, the piece of its kind.</summary>
internal sealed partial record ChooseKind(Value Kinds, EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => Pieces;

    public override long Flops => 0;
}
