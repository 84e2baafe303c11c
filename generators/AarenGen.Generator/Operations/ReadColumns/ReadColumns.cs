using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Some columns of the tokens.</summary>
internal sealed partial record ReadColumns(Value Tokens, int Column, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Tokens]);

    public override long Flops => 0;

    public override OperationDescription? Description => OperationDescription.Of("ReadColumns", Output, Tokens).WithNumbers(Column);
}
