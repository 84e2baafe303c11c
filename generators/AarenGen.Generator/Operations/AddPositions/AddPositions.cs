using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Output = Input + the position's row; a stream's state is its position.</summary>
internal sealed partial record AddPositions(Value Input, Value Output, Parameter? Table, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => Table is null ? 20L * Input.Width : Input.Width;

    public override OperationDescription? Description => Table is null
        ? OperationDescription.Of("AddSinusoids", Output, Input)
        : OperationDescription.Of("AddPositions", Output, Input).WithParameters(Table.Name);
}
