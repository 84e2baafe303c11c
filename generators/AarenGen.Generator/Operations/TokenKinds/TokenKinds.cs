using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The modality of each token, in a fixed cycle; a stream's state is its position.</summary>
internal sealed partial record TokenKinds(Value Output, int Count, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override OperationDescription? Description => OperationDescription.Of("TokenKinds", Output).WithNumbers(Count);
}
