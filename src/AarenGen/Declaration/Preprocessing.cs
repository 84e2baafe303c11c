namespace AarenGen;

/// <summary>
/// Runs every feature as a separate sequence through the same weights. The layers see one feature; a token's output holds the outputs
/// of all features, one after the other. Source: Nie et al., A Time Series is Worth 64 Words (PatchTST), ICLR 2023.
/// </summary>
/// <remarks>Stands after the one <c>[Continuous]</c>, before the layers.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ChannelIndependentAttribute : ModelComponentAttribute;

/// <summary>
/// Normalises each feature of a sequence to mean 0 and standard deviation 1, and takes the outputs back to the feature's scale with the
/// same mean and standard deviation (the square root of the variance plus 1e-5). No later token is used: the statistics
/// are those of all tokens so far, or of the last <see cref="Window"/> ones. Either way a stream's state has a constant size.
/// </summary>
/// <remarks>
/// Stands after the one <c>[Continuous]</c>, before the layers. With <c>[Patch]</c> a patch is normalised by the statistics at its
/// end; with a window of the patch's length those are the patch's own. Targets are given on the input's scale; a row's targets
/// are the features in order, repeated as often as needed.
/// Source: Kim et al., Reversible Instance Normalization, ICLR 2022, without its learned scale.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class InstanceNormAttribute : ModelComponentAttribute
{
    /// <summary>Number of tokens whose mean and standard deviation are taken, 2 to 65,536; all tokens so far where it is not set.</summary>
    public int Window { get; set; }
}

/// <summary>
/// Gathers <see cref="Length"/> tokens into one row of the layers, a new one every <see cref="Stride"/> tokens. A stream gives an
/// output when a patch is full; at other tokens it gives NaN (see <see cref="StreamState{TModel}.HasOutput"/>).
/// </summary>
/// <remarks>Stands after the one <c>[Continuous]</c>, before the layers. Source: Nie et al. (PatchTST), ICLR 2023.</remarks>
/// <param name="length">Tokens in a patch, 1 to 65,536.</param>
/// <param name="stride">Tokens from one patch's start to the next, 1 to 65,536.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PatchAttribute(int length, int stride) : ModelComponentAttribute
{
    /// <summary>Tokens in a patch.</summary>
    public int Length { get; } = length;

    /// <summary>Tokens from one patch's start to the next.</summary>
    public int Stride { get; } = stride;
}
