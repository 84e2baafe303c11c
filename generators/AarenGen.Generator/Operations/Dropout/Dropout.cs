using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Zeroes a share of a branch in place while training; the mask follows from the pass's seed, so it is not kept.</summary>
internal sealed partial record Dropout(Value Branch, double Rate, int Salt) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override bool IsInference => false;
}
