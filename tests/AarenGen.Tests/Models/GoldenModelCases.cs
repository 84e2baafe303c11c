namespace AarenGen.Tests.Models;

/// <summary>The cases with golden files, which begin <c>ModelCases</c>; the device benchmark checks them as well.</summary>
internal static class GoldenModelCases
{
    /// <summary>Lengths below, at and above those of tiles, beside a short sequence.</summary>
    private static readonly int[][] EdgesOfTiles = [[1, 5], [2, 5], [31, 5], [33, 5], [100, 5]];

    public static IReadOnlyList<ModelCase> All { get; } =
    [
        new ModelCase<GoldenPre>
        {
            Golden = ["aaren-pre"], Kernels = KernelListing.Everywhere,
            Batches = [[1], [2], [31], [32], [33], [1000], [3, 130, 1, 64, 65], [3000]],
        },
        new ModelCase<GoldenPost> { Golden = ["aaren-post", "aaren-one-token"], Kernels = KernelListing.InFloat32 },
        new ModelCase<GoldenOneBlock> { Golden = ["aaren-large-scores"], Kernels = KernelListing.InFloat32 },
        new ModelCase<GoldenOdd>
        {
            Golden = ["aaren-odd-shapes"], Kernels = KernelListing.InEveryPrecision, Batches = [[1], [2], [31], [32], [33], [1000]],
        },
        new ModelCase<GoldenClasses> { Golden = ["aaren-cross-entropy"], Kernels = KernelListing.InFloat32 },
        new ModelCase<GoldenIntervals> { Golden = ["aaren-lognormal-mixture"], Kernels = KernelListing.InFloat32 },
        new ModelCase<TransformerPre> { Golden = ["transformer-pre"], Kernels = KernelListing.InEveryPrecision, Batches = EdgesOfTiles },
        new ModelCase<TransformerPost> { Golden = ["transformer-post"], Kernels = KernelListing.InFloat32 },
        new ModelCase<MinGruPre> { Golden = ["mingru-pre"], Kernels = KernelListing.InEveryPrecision, Batches = EdgesOfTiles },
        new ModelCase<MinGruPost> { Golden = ["mingru-post"], Kernels = KernelListing.InFloat32 },
        new ModelCase<MinLstmPre> { Golden = ["minlstm-pre"], Kernels = KernelListing.InEveryPrecision },
        new ModelCase<MinLstmPost> { Golden = ["minlstm-post"], Kernels = KernelListing.InFloat32, Batches = EdgesOfTiles },
        new ModelCase<AarenConvolution>
        {
            Golden = ["aaren-convolution"], Kernels = KernelListing.InEveryPrecision, Batches = EdgesOfTiles,
        },
        new ModelCase<ForgettingPre> { Golden = ["forgetting-pre"], Kernels = KernelListing.InEveryPrecision, Batches = EdgesOfTiles },
        new ModelCase<ForgettingPost> { Golden = ["forgetting-post"] },
        new ModelCase<ForgettingDirect>
        {
            Golden = ["forgetting-direct"], Kernels = KernelListing.InEveryPrecision, Batches = [[1], [3, 130, 1, 64, 65], [1000]],
        },
        new ModelCase<ForgettingConvolution> { Golden = ["forgetting-convolution"] },
        new ModelCase<ForgettingOdd>
        {
            Golden = ["forgetting-odd-shapes"], Kernels = KernelListing.InFloat32, Batches = [[1], [2], [1000]],
        },
        new ModelCase<ForgettingOneBlock> { Golden = ["forgetting-large-scores"] },
        new ModelCase<TransformerConvolution> { Golden = ["transformer-convolution"] },
        new ModelCase<MinGruConvolution> { Golden = ["mingru-convolution"] },
        new ModelCase<MinLstmConvolution> { Golden = ["minlstm-convolution"] },
    ];
}
