using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Output = Stream + Branch. The branch feeds nothing else, so its gradient is the output's own memory.</summary>
internal sealed partial record Residual(Value Stream, Value Branch, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Stream]);

    public override long Flops => Output.Width;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {Stream.Name} + {Branch.Name}");
        w.Call("Elementwise.Add", Stream.Name, Branch.Name, Output.Name);
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("residual: the gradient goes both ways");
        Copy.Print(w, Output, Stream, accumulates[0]);
    }
}
