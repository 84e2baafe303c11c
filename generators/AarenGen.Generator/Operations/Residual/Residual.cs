using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Output = Stream + Branch. The branch feeds nothing else, so its gradient is the output's own memory.</summary>
internal sealed partial record Residual(Value Stream, Value Branch, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Stream]);

    public override long Flops => Output.Width;

    public override OperationDescription? Description => OperationDescription.Of("Sum", Output, Stream, Branch);
}
