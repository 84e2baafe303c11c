using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The mean of all tokens so far; a stream's state is their number and sums.</summary>
internal sealed partial record PrefixMean(Value Input, Value Output, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 2L * Input.Width;

    public override OperationDescription? Description => OperationDescription.Of("PrefixMean", Output, Input);
}
