using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// An element-wise function; Function is the kernel's name. Nothing else reads its input, which training overwrites with the derivative:
/// that costs next to nothing beside the value, and leaves one multiplication to the way back.
/// </summary>
internal sealed partial record Activate(Value Input, Value Output, string Function) : Operation
{
    /// <summary>The kernels by the values of the runtime's Activation enumeration; none for the identity.</summary>
    public static readonly string?[] Functions = [null, "Relu", "Gelu", "Tanh"];

    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => Function == "Relu" ? Input.Width : 20L * Input.Width;

    public override void Infer(LayerWriter w) => Print(w, Function);

    public override void Forward(LayerWriter w)
    {
        Print(w, Function + "WithDerivative");
        w.Comment($"{Input.Name} is now {Function}'s derivative");
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment(Function);
        w.Call("Elementwise.Multiply", Output.GradientName, Input.Name, Input.GradientName);
    }

    private void Print(LayerWriter w, string kernel)
    {
        w.Comment($"{Output.Name} = {Function}({Input.Name})");
        w.Call("Elementwise." + kernel, Input.Name, Output.Name);
    }
}
