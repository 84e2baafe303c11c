using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>How passes that fuse neighbours walk a phase.</summary>
internal static class Neighbours
{
    /// <summary>From the first node to the last, each fused into the one before where there is a node that does both.</summary>
    public static EquatableArray<KernelNode> Fuse(EquatableArray<KernelNode> nodes, Func<KernelNode, KernelNode, KernelNode?> fuse)
    {
        List<KernelNode> fused = [];
        foreach (KernelNode node in nodes)
        {
            if (fused.Count > 0 && fuse(fused[fused.Count - 1], node) is { } both)
            {
                fused[fused.Count - 1] = both;
                continue;
            }
            fused.Add(node);
        }
        return new(fused);
    }
}
