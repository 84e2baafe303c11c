using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The tokens of a kind, zero in the rows of others.</summary>
internal sealed partial record KeepKind(Value Kinds, int Kind, Value Input, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 0;

    public override void Forward(LayerWriter w) => w.Call(
        "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{Kind}", Input.Name, "rows", $"{Input.Stride}", Output.Name, "accumulate: false");

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Call(
        "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{Kind}", Output.GradientName, "rows", $"{Input.Stride}", Input.GradientName,
        accumulates[0] ? "accumulate: true" : "accumulate: false");
}
