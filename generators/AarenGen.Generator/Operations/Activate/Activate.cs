using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// An element-wise function; Function is the kernel's name. Nothing else reads its input, which training overwrites with the derivative:
/// that costs next to nothing beside the value, and the backward pass is one multiplication.
/// </summary>
internal sealed partial record Activate(Value Input, Value Output, string Function) : Operation
{
    /// <summary>The kernels by the values of the runtime's Activation enumeration; none for the identity.</summary>
    public static readonly string?[] Functions = [null, "Relu", "Gelu", "Tanh"];

    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => Function == "Relu" ? Input.Width : 20L * Input.Width;

    public override OperationDescription? Description => OperationDescription.Of(Function, Output, Input);
}
