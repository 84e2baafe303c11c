using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Zeroes a fraction of a branch in place in training; the mask follows from the pass's seed, so it is not stored.</summary>
internal sealed partial record Dropout(Value Branch, double Rate, int Salt) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override OperationDescription? Description => null;

    public override bool IsInference => false;
}
