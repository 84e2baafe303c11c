using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Normalize : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w) => Print(w, "default");

    public void Forward(LayerWriter w) => Print(w, w.Memory(StatisticsMemory, StatisticsPerToken));

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
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
