using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Zeroes a share of a branch in place while training; the mask follows from the pass's seed, so it is not kept.</summary>
internal sealed partial record Dropout(Value Branch, double Rate, int Salt) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override bool IsInference => false;

    public override void Forward(LayerWriter w) => Print(w, Branch.Name);

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates) => Print(w, Branch.GradientName);

    private void Print(LayerWriter w, string values)
    {
        using var block = w.Open("if (pass.IsTraining)");
        w.Call(
            "Elementwise.Dropout", values, "rows", $"{Branch.Width}", $"{Branch.Stride}",
            ((float)Rate).ToString("R", CultureInfo.InvariantCulture) + "f", w.DropoutSeed(Salt), values);
    }
}
