using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record AddPositions : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w)
    {
        using (w.EachRow())
        {
            w.Line($"ref double position = ref {w.State(StateOffset, 1)}[0];");
            Add(w, w.Row(Input), "rows: 1", "(long)position++", w.Row(Output));
        }
    }

    public void Forward(LayerWriter w)
    {
        using (w.EachSequence())
        {
            Add(w, w.Sequence(Input), "length", w.FirstPosition(StateOffset), w.Sequence(Output));
            w.CountPositions(StateOffset);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        Copy.Print(w, Output, Input, accumulates[0]);
        if (Table is not null)
        {
            using (w.EachSequence())
            {
                w.Call(
                    "Embedding.AccumulatePositions", w.SequenceGradient(Output), "length", w.FirstPosition(StateOffset),
                    $"stride: {Output.Stride}", $"length: {Table.Rows}", w.Gradients(Table));
            }
        }
    }

    private void Add(LayerWriter w, string input, string rows, string first, string output)
    {
        if (Table is null)
        {
            w.Call("Sinusoids.AddPositions", input, rows, first, $"width: {Input.Width}", $"stride: {Input.Stride}", output);
        }
        else
        {
            w.Call(
                "Embedding.AddPositions", input, rows, first, $"stride: {Input.Stride}", w.Weights(Table), $"length: {Table.Rows}", output);
        }
    }
}
