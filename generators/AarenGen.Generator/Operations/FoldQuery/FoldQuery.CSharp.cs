using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record FoldQuery : ICSharpOperation, ICSharpWeights, ICSharpDerivedWeights
{
    public void Prepare(LayerWriter w) => w.Call(
        "QueryFold.Fold",
        [.. Parameters(w), $"width: {Width}", $"heads: {Heads}", Folded.Weight(w), Folded.Bias(w)]);

    public void Forward(LayerWriter w)
    {
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }

    public void BackpropagateDerivedWeights(LayerWriter w) => w.Call(
        "QueryFold.Backward",
        [.. Parameters(w), Folded.WeightGradient(w), Folded.BiasGradient(w), $"width: {Width}", $"heads: {Heads}",
        w.Gradients(Query), Q.WeightGradient(w), Q.BiasGradient(w), K.WeightGradient(w), K.BiasGradient(w)]);

    private string[] Parameters(LayerWriter w) => [w.Weights(Query), Q.Weight(w), Q.Bias(w), K.Weight(w), K.Bias(w)];
}
