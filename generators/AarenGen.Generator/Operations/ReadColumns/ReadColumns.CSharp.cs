using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ReadColumns : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        string source = Column == 0 ? w.Value(Tokens) : $"{w.Value(Tokens)}.Slice({Column})";
        w.Call(
            "Rows.Place", source, w.Rows, $"width: {Output.Width}", $"sourceStride: {Tokens.Stride}", w.Value(Output), "offset: 0",
            $"stride: {Output.Stride}");
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        if (!accumulates[0])
        {
            w.Comment("columns that nothing reads have no gradient");
            w.Line($"{w.Gradient(Tokens)}.Clear();");
        }
        w.Call(
            "Rows.Accumulate", w.Gradient(Output), w.Rows, $"width: {Output.Width}", $"sourceStride: {Output.Stride}", w.Gradient(Tokens),
            $"offset: {Column}", $"stride: {Tokens.Stride}");
    }
}
