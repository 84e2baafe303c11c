using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Normalize : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w) => Print(w);

    public void Forward(LayerWriter w) => Print(w, Statistics(w));

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment($"{Scale.Name}, {Shift.Name}");
        w.Call(
            "LayerNormalization.Backward", w.Gradient(Output), w.Value(Input), Statistics(w), w.Weights(Scale),
            w.Rows, $"width: {Input.Width}", w.Gradient(Input), $"accumulate: {Literal.Bool(accumulates[0])}",
            w.Gradients(Scale), w.Gradients(Shift));
    }

    private string Statistics(LayerWriter w) => w.Memory($"{Output.Name}Statistics", StatisticsMemory, StatisticsPerToken);

    private void Print(LayerWriter w, params string[] statistics)
    {
        w.Comment($"{Output.Name} = LayerNorm({Input.Name})");
        w.Call(
            "LayerNormalization.Forward",
            [w.Value(Input), w.Rows, $"width: {Input.Width}", w.Weights(Scale), w.Weights(Shift), w.Value(Output), .. statistics]);
    }
}
