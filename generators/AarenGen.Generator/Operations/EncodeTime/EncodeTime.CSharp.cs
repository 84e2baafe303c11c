using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record EncodeTime : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name}: sines and cosines of the time in column {Column}");
        w.Call(
            "Sinusoids.OfTimes", w.Value(Tokens), w.Rows, $"column: {Column}", $"tokenStride: {Tokens.Stride}", $"width: {Output.Width}",
            $"stride: {Output.Stride}", $"longestPeriod: {Literal.Double(LongestPeriod)}", w.Value(Output));
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}
