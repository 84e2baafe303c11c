using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixAttention : ILowersToCuda
{
    private AttentionScan DeviceScan => new(Values, Scores, Forgets: null, Output, Heads, GatesMemory, StateOffset);

    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [DeviceScan.Forward(layer)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [DeviceScan.Backward()];
}
