using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// Since the query does not depend on the token, the keys' projection collapses to one vector per head: q·(W x) = (Wᵀq)·x.
/// The model and its gradients stay those of the unfolded form.
/// </summary>
internal sealed partial record FoldQuery(
    int Width, int Heads, Parameter Query, ParameterMatrix Q, ParameterMatrix K, DerivedMatrix Folded) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override OperationDescription? Description => new OperationDescription("FoldQuery", Folded.ParameterNames[0], Width)
        .WithParameters([Query.Name, .. Q.ParameterNames, .. K.ParameterNames]).WithNumbers(Heads);

    public override bool IsInference => false;
}
