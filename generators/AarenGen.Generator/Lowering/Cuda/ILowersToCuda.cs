using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>
/// An operation that a device can run. It lowers itself as if it were alone: one kernel node for each thing that it does. What concerns two
/// operations is a pass's.
/// </summary>
internal interface ILowersToCuda
{
    /// <summary>The forward pass, keeping what the backward pass needs.</summary>
    IEnumerable<KernelNode> LowerForward(LayerPlan layer);

    /// <summary>The backward pass. Accumulates: for each input whether a later operation left a gradient there.</summary>
    IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates);
}

/// <summary>An operation that derives weights from parameters.</summary>
internal interface ILowersDerivedWeights
{
    /// <summary>What derives the weights, once after the parameters changed.</summary>
    IEnumerable<KernelNode> LowerPrepare(LayerPlan layer);

    /// <summary>What sends the gradients of derived weights back to the parameters, once a step.</summary>
    IEnumerable<KernelNode> BackpropagateDerivedWeights(LayerPlan layer);
}
