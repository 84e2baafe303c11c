using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Linear : ICSharpOperation, ICSharpStreaming, ICSharpTrainingWeights
{
    public void Prepare(LayerWriter w) => Call(
        w, "Pack", "precision",
        Matrix.Weight(w), $"outputs: {Output.Width}", $"inputs: {Input.Width}", $"stride: {Input.Stride}", w.Packed(Matrix.Name, Packed));

    public void PrepareTraining(LayerWriter w) => w.Call(
        "MatrixProduct.PackTransposed", Matrix.Weight(w), $"outputs: {Output.Width}", $"inputs: {Input.Width}", $"stride: {Input.Stride}",
        w.PackedTraining(Matrix.Name, PackedTransposed));

    public void Infer(LayerWriter w) => Print(w, "pass.Precision");

    public void Forward(LayerWriter w) => Print(w, null);

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment(Matrix.Name);
        w.Call(
            "MatrixProduct.AccumulateGradients", w.Gradient(Output), w.Rows, $"outputs: {Output.Width}", $"dyStride: {Output.Stride}",
            w.Value(Input), $"inputs: {Input.Width}", $"xStride: {Input.Stride}", Matrix.WeightGradient(w),
            $"dwStride: {Input.Stride}", Matrix.BiasGradient(w));
        if (Residual is not null)
        {
            Copy.Print(w, Output, Residual, accumulates[1]);
        }
        // Training has no use for the tokens' own gradient.
        using CodeWriter.Block? condition = w.Layer.IsFirst && Input.IsAtBoundary ? w.Open("if (!pass.TokenGradients.IsEmpty)") : null;
        w.Call(
            "MatrixProduct.Multiply", w.Gradient(Output), w.Rows, $"inner: {Output.Width}", $"aStride: {Output.Stride}",
            w.PackedTraining(Matrix.Name, PackedTransposed), $"columns: {Input.Width}", "bias: default",
            $"residual: {(accumulates[0] ? w.Gradient(Input) : "default")}", w.Gradient(Input), $"cStride: {Input.Stride}");
    }

    private void Print(LayerWriter w, string? precision)
    {
        string residual = Residual is null ? "" : $" + {Residual.Name}";
        w.Comment($"{Output.Name} [rows, {Output.Width}] = {Input.Name} [rows, {Input.Width}] · {Matrix.Name}ᵀ + bias{residual}");
        Call(
            w, "Multiply", precision, w.Value(Input), w.Rows, $"inner: {Input.Width}", $"aStride: {Input.Stride}",
            w.Packed(Matrix.Name, Packed),
            $"columns: {Output.Width}", Matrix.Bias(w), $"residual: {(Residual is null ? "default" : w.Value(Residual))}", w.Value(Output),
            $"cStride: {Output.Stride}");
    }

    private void Call(LayerWriter w, string method, string? precision, params string[] arguments)
    {
        if (precision is not null && IsCompressible)
        {
            w.Call("CompressedProduct." + method, [precision, .. arguments]);
        }
        else
        {
            w.Call("MatrixProduct." + method, arguments);
        }
    }
}
