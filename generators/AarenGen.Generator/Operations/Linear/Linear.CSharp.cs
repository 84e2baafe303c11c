using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Operations;

internal sealed partial record Linear : ICSharpOperation, ICSharpStreaming, ICSharpWeights
{
    /// <summary>Whether inference may keep the matrix in a narrower type: where it is a parameter and large.</summary>
    private bool IsCompressible => Matrix is ParameterMatrix && Math.Min(Input.Width, Output.Width) >= Limits.CompressedWidth;

    public void Prepare(LayerWriter w) => Call(
        w, "Pack", "precision", Matrix.Weight(w), $"{Output.Width}", $"{Input.Width}", $"{Input.Stride}", w.Packed(Packed));

    public void PrepareTraining(LayerWriter w) => w.Call(
        "MatrixProduct.PackTransposed", Matrix.Weight(w), $"{Output.Width}", $"{Input.Width}", $"{Input.Stride}", w.PackedTraining(PackedTransposed));

    public void Infer(LayerWriter w) => Print(w, "pass.Precision");

    public void Forward(LayerWriter w) => Print(w, null);

    private void Print(LayerWriter w, string? precision)
    {
        w.Comment($"{Output.Name} [rows, {Output.Width}] = {Input.Name} [rows, {Input.Width}] · {Matrix.Name}ᵀ + bias{(Residual is null ? "" : $" + {Residual.Name}")}");
        Call(
            w, "Multiply", precision, Input.Name, "rows", $"{Input.Width}", $"{Input.Stride}", w.Packed(Packed), $"{Output.Width}",
            Matrix.Bias(w), Residual?.Name ?? "default", Output.Name, $"{Output.Stride}");
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

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment($"{Matrix.Name}");
        w.Call(
            "MatrixProduct.AccumulateGradients", Output.GradientName, "rows", $"{Output.Width}", $"{Output.Stride}",
            Input.Name, $"{Input.Width}", $"{Input.Stride}", Matrix.WeightGradient(w), $"{Input.Stride}", Matrix.BiasGradient(w));
        if (Residual is not null)
        {
            Copy.Print(w, Output, Residual, accumulates[1]);
        }
        // Nobody needs the tokens' own gradient while training.
        using CodeWriter.Block? condition = w.Layer.IsFirst && Input.IsBorder ? w.Open("if (!pass.TokenGradients.IsEmpty)") : null;
        w.Call(
            "MatrixProduct.Multiply", Output.GradientName, "rows", $"{Output.Width}", $"{Output.Stride}", w.PackedTraining(PackedTransposed),
            $"{Input.Width}", "default", accumulates[0] ? Input.GradientName : "default", Input.GradientName, $"{Input.Stride}");
    }
}
