namespace AarenGen;

/// <summary>
/// Runs every feature as a separate sequence through the same weights. The layers see one feature; a token's output holds the outputs
/// of all features, one after the other. Source: Nie et al., A Time Series is Worth 64 Words (PatchTST), ICLR 2023.
/// </summary>
/// <remarks>Stands after the one <c>[Continuous]</c>, before the layers.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ChannelIndependentAttribute : ModelComponentAttribute;

/// <summary>What <see cref="StandardizeAttribute"/> subtracts from a column and divides it by.</summary>
public enum Standardization
{
    /// <summary>The mean and the standard deviation (of the population). <c>Fit</c> reads the data three more times for them.</summary>
    Mean,

    /// <summary>
    /// The median, and the distance between the quartiles over 1.349: for a normal distribution that is its standard deviation, and
    /// outliers hardly change it. Where the quartiles are equal, the standard deviation is taken instead. <c>Fit</c> reads the data four
    /// more times for them, eight times for more than 5,000 columns.
    /// </summary>
    Robust,

    /// <summary>
    /// The middle between the smallest and the largest value, and half their distance: values of the training data then lie from −1 to 1.
    /// <c>Fit</c> reads the data once more for it.
    /// </summary>
    MinMax,
}

/// <summary>
/// Standardises the columns of <c>[Continuous]</c> inputs, and the targets of losses on a real scale, with statistics of the training data.
/// Tokens, targets and outputs remain in their own units everywhere: the model scales what it reads, and scales its outputs back.
/// </summary>
/// <remarks>
/// <para>Stands after the inputs, before the layers. <see cref="SequenceModel{TSelf}.Fit"/> computes the statistics in double, each column
/// by itself, before its first optimiser step: every token counts once, whatever its weight, and every target with a weight above 0 that is
/// not missing (NaN). Missing values of tokens are left out as well. The statistics are saved with the weights, and
/// <see cref="SequenceModel{TSelf}.Statistics"/> shows them. A constant column is divided by 1.</para>
/// <para>Categories and times are left as they are, and so are the targets of <c>[CrossEntropy]</c> and <c>[LogNormalMixture]</c>. All
/// other losses compare standardised targets, so that losses of columns in different units weigh alike: the losses of a
/// <see cref="TrainingReport"/> and of <see cref="SequenceModel{TSelf}.Evaluate"/> are those of standardised targets.</para>
/// <para>Comes before all other preprocessing. With <c>[InstanceNorm]</c> outputs repeat features of the token, so that targets have the
/// statistics of these columns rather than their own.</para>
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StandardizeAttribute : ModelComponentAttribute
{
    /// <summary>Which statistics; mean and standard deviation by default.</summary>
    public Standardization Method { get; set; }

    /// <summary>
    /// Whether each series has statistics of its own, beside those of all data: <see cref="SequenceData.GetSeries"/> names the series of a
    /// sequence, <see cref="SequenceModel{TSelf}.CreateState(string)"/> that of a stream. False by default.
    /// </summary>
    /// <remarks>
    /// A column without any value in a series has the statistics of all data there, and a column that is constant in a series has its
    /// own center and the scale of all data. Sequences and streams without a series, or of one that the training data had not, have the
    /// statistics of all data. <c>Fit</c> reads the data twice as often for the statistics.
    /// </remarks>
    public bool PerSeries { get; set; }
}

/// <summary>
/// Normalises each feature of a sequence to mean 0 and standard deviation 1, and takes the outputs back to the feature's scale with the
/// same mean and standard deviation (the square root of the variance plus 1e-5). No later token is used: the statistics
/// are those of all tokens so far, or of the last <see cref="Window"/> ones. Either way a stream's state has a constant size.
/// </summary>
/// <remarks>
/// Stands after the one <c>[Continuous]</c>, before the layers; with <see cref="Columns"/> after any inputs of which the first ones are
/// <c>[Continuous]</c>. With <c>[Patch]</c> a patch is normalised by the statistics at its
/// end; with a window of the patch's length those are the patch's own. Targets are given on the input's scale; a row's targets
/// are the normalised features in order, repeated as often as needed. After <c>[Standardize]</c>, standardised values are normalised.
/// A value that is missing (<see cref="ContinuousAttribute.Missing"/>) counts in neither mean nor deviation of its feature; before a
/// feature's first value, these are the ones of a single 0.
/// Source: Kim et al., Reversible Instance Normalization, ICLR 2022, without its learned scale.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class InstanceNormAttribute : ModelComponentAttribute
{
    /// <summary>Number of tokens whose mean and standard deviation are taken, 2 to 65,536; all tokens so far where it is not set.</summary>
    public int Window { get; set; }

    /// <summary>
    /// Number of features that are normalised and predicted, the first ones of a token; all where it is not set. The others are covariates,
    /// which <c>[Standardize]</c> can scale.
    /// </summary>
    public int Columns { get; set; }
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
