using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Zeroes the tokens' gradient, to which each input then adds its own columns': categories and times have none.</summary>
internal sealed partial record BeginTokenGradient(Value Tokens) : Operation
{
    public override EquatableArray<Value> Inputs => new([Tokens]);

    public override long Flops => 0;

    public override OperationDescription? Description => null;

    public override bool IsInference => false;
}
