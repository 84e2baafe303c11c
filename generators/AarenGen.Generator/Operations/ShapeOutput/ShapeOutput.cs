using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Stretches of the output made positive, then denormalised with the row's mean and deviation.</summary>
internal sealed partial record ShapeOutput(Value Input, Value Output, int Values, int Features, EquatableArray<int> Roles) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 2L * Output.Width;

    public override OperationDescription? Description => OperationDescription.Of("ShapeOutput", Output, Input)
        .WithNumbers([Values, Features, .. Roles.Select(static r => (double)r)]);
}
