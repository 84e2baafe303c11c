using AarenGen.Cuda.Tests.Reference;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// A tile of the scan in which a sequence begins publishes what does not depend on the tile before without waiting for it. The kernels are
/// changed here: the tile that starts a chain holds back its carry until a tile behind it has published its own. Where that tile waits
/// first, both wait for each other, and the emulator ends the kernel after its time limit.
/// </summary>
[Collection(Requirements.Device)]
public sealed class ScanChainTests
{
    private const string HeldBack =
        """
        __device__ unsigned published[2][256];

        template <int pass, int words>
        __device__ void publish_after_others(bool isFirst, ulong64* to, const CarryWords<words>& carry)
        {
            unsigned* others = &published[pass][threadIdx.x];
            while (isFirst && atomicAdd(others, 0u) == 0)
            {
                __nanosleep(32);
            }
            publish_carry(to, carry);
            if (!isFirst)
            {
                atomicAdd(others, 1u);
            }
        }


        """;

    /// <summary>A beginning in every tile of 64 rows and of 128, at none of their borders.</summary>
    private static readonly int[] Lengths = [.. Enumerable.Repeat(50, 12)];

    [EmulatorTheory]
    [InlineData(nameof(Wide))]
    [InlineData(nameof(GoldenOneBlock))]
    [InlineData(nameof(ForgettingPre))]
    [InlineData(nameof(OneWideHead))]
    public void Tile_publishes_what_does_not_depend_on_the_tile_before_it_waits(string model)
    {
        var comparison = new ReferenceComparison(Lengths, seed: 9, change: HoldBack);
        ModelCases.Named(model).Run(comparison);
        Assert.True(comparison.Errors.Count == 0, string.Join("\n", comparison.Errors));
    }

    private static string HoldBack(string source)
    {
        const string Scan = "template <class Cut>\nstruct AttentionShape",
            Backward = "template <class Shape>\nstruct AttentionBackwardMemory", Publish = "publish_carry(after ";
        int scan = source.IndexOf(Scan, StringComparison.Ordinal), backward = source.IndexOf(Backward, StringComparison.Ordinal);
        Assert.True(scan >= 0 && backward > scan);
        string forward = source[scan..backward], back = source[backward..];
        Assert.Contains(Publish, forward, StringComparison.Ordinal);
        Assert.Contains(Publish, back, StringComparison.Ordinal);
        return source[..scan] + HeldBack
            + forward.Replace(Publish, "publish_after_others<0>(!tile.isBegun, after ", StringComparison.Ordinal)
            + back.Replace(Publish, "publish_after_others<1>(!tile.goesOn, after ", StringComparison.Ordinal);
    }
}
