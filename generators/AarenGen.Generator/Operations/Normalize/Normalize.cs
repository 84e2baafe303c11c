using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Layer normalisation; the mean, in two parts, and the deviation of each token are kept for the way back.</summary>
internal sealed partial record Normalize(Value Input, Value Output, Parameter Scale, Parameter Shift, int StatisticsMemory) : Operation
{
    public const int StatisticsPerToken = 3;

    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 8L * Input.Width;

    public override void Infer(LayerWriter w) => Print(w, "default");

    public override void Forward(LayerWriter w) => Print(w, w.Memory(StatisticsMemory, StatisticsPerToken));

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment($"{Scale.Name}, {Shift.Name}");
        w.Call(
            "LayerNormalization.Backward", Output.GradientName, Input.Name, w.Memory(StatisticsMemory, StatisticsPerToken), w.Weights(Scale),
            "rows", $"{Input.Width}", $"{Input.Stride}", Input.GradientName, accumulates[0] ? "true" : "false",
            w.Gradients(Scale), w.Gradients(Shift));
    }

    private void Print(LayerWriter w, string statistics)
    {
        w.Comment($"{Output.Name} = LayerNorm({Input.Name})");
        w.Call(
            "LayerNormalization.Forward", Input.Name, "rows", $"{Input.Width}", $"{Input.Stride}",
            w.Weights(Scale), w.Weights(Shift), Output.Name, statistics);
    }
}
