using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The tokens of one modality; rows of others are zero.</summary>
internal sealed partial record KeepKind(Value Kinds, int Kind, Value Input, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 0;

    public override OperationDescription? Description => OperationDescription.Of("KeepKind", Output, Kinds, Input).WithNumbers(Kind);
}
