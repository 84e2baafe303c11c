using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The sum of values that feed nothing else: its gradient is theirs.</summary>
internal sealed partial record Sum(EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => (Pieces.Count - 1L) * Output.Width;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" + ", Pieces.Select(static p => p.Name))}");
        w.Line($"{Pieces[0].Name}.CopyTo({Output.Name});");
        foreach (Value piece in Pieces.Skip(1))
        {
            w.Call("Elementwise.Accumulate", piece.Name, Output.Name);
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}
