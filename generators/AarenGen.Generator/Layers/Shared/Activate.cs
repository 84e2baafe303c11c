using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Shared;

/// <summary>An element-wise function; Function is the kernel's name.</summary>
internal sealed record Activate(Value Input, Value Output, string Function) : Operation
{
    /// <summary>The kernels by the values of the runtime's Activation enumeration; none for the identity.</summary>
    public static readonly string?[] Functions = [null, "Relu", "Gelu", "Tanh"];

    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => Function == "Relu" ? Input.Width : 20L * Input.Width;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {Function}({Input.Name})");
        w.Call($"Elementwise.{Function}", Input.Name, Output.Name);
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment(Function);
        w.Call($"Elementwise.{Function}Backward", Output.GradientName, Input.Name, Input.GradientName);
    }
}
