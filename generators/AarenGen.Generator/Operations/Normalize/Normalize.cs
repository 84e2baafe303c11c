using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Layer normalisation; the mean, in two parts, and the deviation of each token are kept for the backward pass.</summary>
internal sealed partial record Normalize(Value Input, Value Output, Parameter Scale, Parameter Shift, int StatisticsMemory) : Operation
{
    public const int StatisticsPerToken = 3;

    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 8L * Input.Width;

    public override OperationDescription? Description =>
        OperationDescription.Of("Normalize", Output, Input).WithParameters(Scale.Name, Shift.Name);
}
