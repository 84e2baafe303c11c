using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Which of the kinds, in their fixed cycle, each token is; a stream remembers its position.</summary>
internal sealed partial record TokenKinds(Value Output, int Count, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;
}
