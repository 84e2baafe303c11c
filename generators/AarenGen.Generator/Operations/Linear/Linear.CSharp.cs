using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Linear : ICSharpOperation, ICSharpStreaming, ICSharpShared, ICSharpTrainingWeights
{
    public bool IsShared => !IsCompressible;

    public void Prepare(LayerWriter w) => Call(
        w, "Pack", "precision",
        Matrix.Weight(w), $"outputs: {Output.Width}", $"inputs: {Input.Width}", w.Packed(Matrix.Name, Packed));

    public void PrepareTraining(LayerWriter w) => w.Call(
        "MatrixProduct.PackTransposed", Matrix.Weight(w), $"outputs: {Output.Width}", $"inputs: {Input.Width}",
        w.PackedTraining(Matrix.Name, PackedTransposed));

    public void Infer(LayerWriter w) => Print(w, "pass.Precision");

    public void Forward(LayerWriter w) => Print(w, null);

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment(Matrix.Name);
        w.Call(
            "MatrixProduct.AccumulateGradients", w.Gradient(Output), w.Rows, $"outputs: {Output.Width}", w.Value(Input),
            $"inputs: {Input.Width}", Matrix.WeightGradient(w), Matrix.BiasGradient(w));
        if (Residual is not null)
        {
            Copy.Print(w, Output, Residual, accumulates[1]);
        }
        // Training has no use for the tokens' own gradient.
        using CodeWriter.Block? condition = w.Layer.IsFirst && Input.IsAtBoundary ? w.Open("if (!pass.TokenGradients.IsEmpty)") : null;
        string[] residual = accumulates[0] ? [$"residual: {w.Gradient(Input)}"] : [];
        w.Call(
            "MatrixProduct.Multiply",
            [w.Gradient(Output), w.Rows, $"inner: {Output.Width}", w.PackedTraining(Matrix.Name, PackedTransposed),
                $"columns: {Input.Width}", w.Gradient(Input), .. residual]);
    }

    private void Print(LayerWriter w, string? precision)
    {
        string sum = Residual is null ? "" : $" + {Residual.Name}";
        w.Comment($"{Output.Name} [rows, {Output.Width}] = {Input.Name} [rows, {Input.Width}] · {Matrix.Name}ᵀ + bias{sum}");
        string[] residual = Residual is null ? [] : [$"residual: {w.Value(Residual)}"];
        Call(
            w, "Multiply", precision,
            [w.Value(Input), w.Rows, $"inner: {Input.Width}", w.Packed(Matrix.Name, Packed), $"columns: {Output.Width}", w.Value(Output),
                Matrix.Bias(w), .. residual]);
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
