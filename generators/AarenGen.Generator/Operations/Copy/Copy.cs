using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Output = Input.</summary>
internal sealed partial record Copy(Value Input, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 0;

    public override OperationDescription? Description => OperationDescription.Of("Copy", Output, Input);
}
