using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// Since the query does not depend on the token, the keys' projection collapses to one vector a head: q·(W x) = (Wᵀq)·x.
/// The model and its gradients stay those of the unfolded form.
/// </summary>
internal sealed partial record FoldQuery(int Width, int Heads, Parameter Query, ParameterMatrix Q, ParameterMatrix K, DerivedMatrix Folded) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override bool IsInference => false;

    public override void Prepare(LayerWriter w) => w.Call(
        "QueryFold.Fold", w.Weights(Query), Q.Weight(w), Q.Bias(w), K.Weight(w), K.Bias(w), $"{Width}", $"{Heads}",
        Folded.Weight(w), Folded.Bias(w));

    public override void Forward(LayerWriter w)
    {
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }

    public override void FinishGradients(LayerWriter w) => w.Call(
        "QueryFold.Backward", w.Weights(Query), Q.Weight(w), Q.Bias(w), K.Weight(w), K.Bias(w),
        Folded.WeightGradient(w), Folded.BiasGradient(w), $"{Width}", $"{Heads}",
        w.Gradients(Query), Q.WeightGradient(w), Q.BiasGradient(w), K.WeightGradient(w), K.BiasGradient(w));
}
