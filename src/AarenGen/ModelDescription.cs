using System.ComponentModel;
using System.Globalization;
using AarenGen.Kernels;

namespace AarenGen;

/// <summary>How a parameter starts.</summary>
public enum Initialization
{
    /// <summary>All zeros.</summary>
    Zeros,

    /// <summary>All ones.</summary>
    Ones,

    /// <summary>Uniform in [−<see cref="ParameterDescription.InitialScale"/>, +InitialScale].</summary>
    Uniform,

    /// <summary>Normal, mean 0, standard deviation <see cref="ParameterDescription.InitialScale"/>.</summary>
    Normal,

    /// <summary>
    /// The bias of forget gates: with it alone the weight of what was seen halves in a number of tokens, which runs geometrically from
    /// <see cref="ParameterDescription.InitialScale"/> for the first head to <see cref="ParameterDescription.LastInitialScale"/> for the
    /// last; a single head has their geometric mean.
    /// </summary>
    HalfLives,
}

/// <summary>One trainable tensor: its name and shape in files, and how it starts.</summary>
public sealed record ParameterDescription
{
    private ParameterDescription(
        string name, int rows, int columns, bool isMatrix, int offset, Initialization initialization, float initialScale, bool decays)
    {
        Name = name;
        Rows = rows;
        Columns = columns;
        IsMatrix = isMatrix;
        Offset = offset;
        Initialization = initialization;
        InitialScale = initialScale;
        Decays = decays;
    }

    /// <summary>Name in saved files, PyTorch's for the same module, such as <c>blocks.0.ffn1.weight</c>.</summary>
    public string Name { get; internal init; }

    /// <summary>Rows of a matrix; 1 for a vector.</summary>
    public int Rows { get; }

    /// <summary>Columns of a matrix, or the length of a vector.</summary>
    public int Columns { get; }

    /// <summary>Whether the tensor has two dimensions, [Rows, Columns], or one, [Columns].</summary>
    public bool IsMatrix { get; }

    /// <summary>The dimensions in files.</summary>
    public IReadOnlyList<int> Shape => IsMatrix ? [Rows, Columns] : [Columns];

    /// <summary>How it starts.</summary>
    public Initialization Initialization { get; }

    /// <summary>Bound or standard deviation of the start; of <see cref="Initialization.HalfLives"/> the first head's half-life.</summary>
    public float InitialScale { get; }

    /// <summary>The last value's scale, where <see cref="Initialization.HalfLives"/> run from one to another; else 0.</summary>
    public float LastInitialScale { get; private init; }

    /// <summary>Whether weight decay applies: to matrices, not to biases, norms and queries.</summary>
    public bool Decays { get; }

    /// <summary>Position of its first value in the weights, a multiple of 16.</summary>
    internal int Offset { get; init; }

    /// <summary>Values from one row to the next: the columns rounded up to 16, the rest being zero.</summary>
    internal int RowStride => Layout.Pad(Columns);

    /// <summary>Reads a line of a <see cref="LayerLayout"/>.</summary>
    internal static ParameterDescription Parse(string line)
    {
        string[] fields = line.Split(' ');
        string[] shape = fields[1].Split('x'), scales = fields[4].Split("..");
        return new(
            fields[0], rows: shape.Length == 2 ? Number(shape[0]) : 1, columns: Number(shape[^1]), isMatrix: shape.Length == 2,
            offset: Number(fields[2]), Enum.Parse<Initialization>(fields[3]), Scale(scales[0]), decays: fields.Length > 5)
        {
            LastInitialScale = scales.Length > 1 ? Scale(scales[1]) : 0,
        };

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

        static float Scale(string text) => float.Parse(text, CultureInfo.InvariantCulture);
    }
}

/// <summary>What a head's target may be, unless it is missing (NaN).</summary>
public enum TargetKind
{
    /// <summary>Any finite number.</summary>
    Number,

    /// <summary>A number above 0.</summary>
    Positive,

    /// <summary>The number of a class, from 0.</summary>
    Class,
}

/// <summary>Which loss a head has, which decides what its outputs are.</summary>
public enum LossKind
{
    /// <summary><see cref="MeanSquaredErrorAttribute"/>: a value for each target.</summary>
    SquaredError,

    /// <summary><see cref="MeanAbsoluteErrorAttribute"/>: a value for each target.</summary>
    AbsoluteError,

    /// <summary><see cref="HuberAttribute"/>: a value for each target.</summary>
    Huber,

    /// <summary><see cref="QuantilesAttribute"/>: the values of all targets at the first level, then at the second, and so on.</summary>
    Quantiles,

    /// <summary><see cref="GaussianAttribute"/>: the means of all targets, then their standard deviations.</summary>
    Gaussian,

    /// <summary><see cref="StudentTAttribute"/>: the locations of all targets, their scales, their degrees of freedom.</summary>
    StudentT,

    /// <summary><see cref="CrossEntropyAttribute"/>: the logit of each class.</summary>
    CrossEntropy,

    /// <summary><see cref="LogNormalMixtureAttribute"/>: the log-weights of the components, their means, their raw deviations.</summary>
    LogNormalMixture,
}

/// <summary>What the standardisation of targets means for an output.</summary>
public enum OutputScaling
{
    /// <summary>Nothing: it has no unit, such as degrees of freedom.</summary>
    Unaffected,

    /// <summary>A location on the targets' scale: scaled and shifted.</summary>
    Location,

    /// <summary>A distance on the targets' scale: scaled.</summary>
    Scale,
}

/// <summary>An output of the model with its own loss.</summary>
/// <param name="Name">The declared name; "output" where there is but one head, unnamed.</param>
/// <param name="OutputOffset">First of its numbers in a row's output.</param>
/// <param name="OutputWidth">Its numbers in a row's output.</param>
/// <param name="TargetOffset">First of its numbers in a row's target.</param>
/// <param name="TargetWidth">Its numbers in a row's target.</param>
/// <param name="TargetKind">What its targets may be.</param>
/// <param name="ClassCount">Number of classes where the target is one; else 0.</param>
/// <param name="IsPerSequence">Whether it is trained only at the last token of each sequence.</param>
/// <param name="Weight">Factor on its loss, above 0.</param>
/// <param name="LossKind">Which loss.</param>
/// <param name="Loss">The loss in words.</param>
public sealed record HeadDescription(
    string Name, int OutputOffset, int OutputWidth, int TargetOffset, int TargetWidth, TargetKind TargetKind, int ClassCount,
    bool IsPerSequence, double Weight, LossKind LossKind, string Loss)
{
    /// <summary>The levels of <see cref="LossKind.Quantiles"/>, ascending; else empty.</summary>
    public IReadOnlyList<float> Levels { get; init; } = [];

    /// <summary>
    /// What each of the outputs' equal segments is to the standardised targets; empty where the targets are not standardised.
    /// </summary>
    public IReadOnlyList<OutputScaling> Scaling { get; init; } = [];
}

/// <summary>Neighbouring columns of the tokens that are standardised: those of a <c>[Continuous]</c> input.</summary>
/// <param name="First">The first column, from 0.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Modality">The modality that has these columns, from 0, where modalities are interleaved; else 0.</param>
/// <param name="ModalityCount">Number of interleaved modalities; 1 where all tokens have these columns.</param>
public sealed record StandardizedColumns(int First, int Count, int Modality, int ModalityCount)
{
    /// <summary>Whether the token at a position of its sequence, from 0, has these columns.</summary>
    internal bool IsAt(long position) => position % ModalityCount == Modality;
}

/// <summary>
/// What a model standardises. Its targets: those of the heads that have <see cref="HeadDescription.Scaling"/>.
/// </summary>
/// <param name="Method">With which statistics.</param>
/// <param name="Columns">Which columns of the tokens.</param>
public sealed record StandardizationDescription(Standardization Method, IReadOnlyList<StandardizedColumns> Columns)
{
    /// <summary>Whether each series has statistics of its own.</summary>
    public bool PerSeries { get; init; }
}

/// <summary>Neighbouring columns of the tokens whose values may be missing: those of a <c>[Continuous]</c> input.</summary>
/// <param name="First">The first column, from 0.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Modality">The modality that has these columns, from 0, where modalities are interleaved; else 0.</param>
/// <param name="ModalityCount">Number of interleaved modalities; 1 where all tokens have these columns.</param>
/// <param name="Handling">What becomes of missing values.</param>
/// <param name="Indicators">
/// The first of the columns, behind those of a token, that tell the layers what is missing; 0 where there are none.
/// </param>
public sealed record MissingColumns(
    int First, int Count, int Modality, int ModalityCount, MissingValues Handling, int Indicators)
{
    /// <summary>Whether the token at a position of its sequence, from 0, has these columns.</summary>
    internal bool IsAt(long position) => position % ModalityCount == Modality;
}

/// <summary>A column of the tokens that holds a category: a whole number from 0 to below the cardinality.</summary>
/// <param name="Column">The column, from 0.</param>
/// <param name="Cardinality">How many categories there are.</param>
/// <param name="Modality">The modality that has this column, from 0, where modalities are interleaved; else 0.</param>
/// <param name="ModalityCount">Number of interleaved modalities; 1 where all tokens are alike.</param>
public sealed record CategoryDescription(int Column, int Cardinality, int Modality, int ModalityCount)
{
    /// <summary>Whether the token at a position of its sequence, from 0, has this column.</summary>
    internal bool IsAt(long position) => position % ModalityCount == Modality;
}

/// <summary>Over what instance normalisation takes its mean and deviation.</summary>
public enum NormalizationSpan
{
    /// <summary>There is no instance normalisation.</summary>
    None,

    /// <summary>All samples of the stream so far.</summary>
    Prefix,

    /// <summary>The last samples, as many as the window has.</summary>
    Window,
}

/// <summary>How samples become the rows that the layers see.</summary>
/// <param name="Channels">Channels that are separate sequences; 1: none.</param>
/// <param name="PatchLength">Samples in a row.</param>
/// <param name="PatchStride">Samples from one row's start to the next.</param>
/// <param name="Normalization">Over what samples are normalised.</param>
/// <param name="Window">Samples of the window, where there is one.</param>
public sealed record TokenShape(int Channels, int PatchLength, int PatchStride, NormalizationSpan Normalization, int Window)
{
    /// <summary>Features that are normalised, where these are only the first ones of a token; 0: all.</summary>
    public int NormalizedColumns { get; init; }

    /// <summary>The columns whose values may be missing.</summary>
    public IReadOnlyList<MissingColumns> Missing
    {
        get;
        init
        {
            field = value;
            IndicatorColumns = value.Where(static m => m.Handling == MissingValues.MeanWithIndicator).Sum(static m => m.Count);
        }
    } = [];

    /// <summary>Whether samples are rows as they are.</summary>
    public bool IsPlain =>
        Channels == 1 && PatchLength == 1 && PatchStride == 1 && Normalization == NormalizationSpan.None && Missing.Count == 0;

    /// <summary>Columns that tell the layers what is missing.</summary>
    internal int IndicatorColumns { get; private init; }

    /// <summary>Outputs that a stream gives in its first samples.</summary>
    /// <param name="samples">Samples, at least 0.</param>
    public int GetOutputCount(int samples) => samples < PatchLength ? 0 : (samples - PatchLength) / PatchStride + 1;

    /// <summary>Whether a stream gives an output after its sample with the given number, from 1.</summary>
    internal bool HasOutputAfter(long samples) => samples >= PatchLength && (samples - PatchLength) % PatchStride == 0;

    /// <summary>Of the given number of features, how many are normalised.</summary>
    internal int Normalized(int features) =>
        Normalization == NormalizationSpan.None ? 0 : NormalizedColumns > 0 ? NormalizedColumns : features;

    /// <summary>The sample, from 0, after which the stream gives an output.</summary>
    /// <param name="output">The output, from 0.</param>
    public int GetSampleIndex(int output) => PatchLength - 1 + output * PatchStride;
}

/// <summary>A compiled model: its widths, heads, parameters and costs.</summary>
public sealed record ModelDescription
{
    /// <summary>The class's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model card: layers, shapes, parameters, state and operations, as a plain-text table.</summary>
    public required string Card { get; init; }

    /// <summary>SHA-256 of the declaration, in hexadecimal: equal for models with the same layers, with any class name.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Numbers in one token.</summary>
    public required int InputWidth { get; init; }

    /// <summary>Numbers in the output of one token, those of all heads, and of all channels one after the other.</summary>
    public required int OutputWidth { get; init; }

    /// <summary>Numbers in the target of one token, those of all heads, and of all channels one after the other.</summary>
    public required int TargetWidth { get; init; }

    /// <summary>How samples become rows.</summary>
    public required TokenShape Tokens { get; init; }

    /// <summary>Number of modalities whose tokens alternate in a fixed cycle; 1, the default: all tokens are alike.</summary>
    public int ModalityCount { get; init; } = 1;

    /// <summary>The columns that hold categories.</summary>
    public required IReadOnlyList<CategoryDescription> Categories { get; init; }

    /// <summary>What is standardised; null for a model without <c>[Standardize]</c>.</summary>
    public StandardizationDescription? Standardization { get; init; }

    /// <summary>The heads, in the order of their outputs; offsets are those of one channel.</summary>
    public required IReadOnlyList<HeadDescription> Heads { get; init; }

    /// <summary>
    /// The sizes of the model's memory. Generated code sets them; only the library reads them, as they depend on the version of the
    /// planner.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public required ModelLayout Layout { internal get; init; }

    /// <summary>Floating-point operations of one streamed token.</summary>
    public required long FlopsPerToken { get; init; }

    /// <summary>The trainable tensors, in the order of the layers.</summary>
    public IReadOnlyList<ParameterDescription> Parameters => Layout.Parameters;

    /// <summary>Number of trainable values.</summary>
    public long ParameterCount => Parameters.Sum(static p => (long)p.Rows * p.Columns);

    /// <summary>Bytes of a stream's state, which is constant in size.</summary>
    public long StateBytes => (long)Layout.StateDoubles * sizeof(double);

    /// <summary>Whether each series has statistics of its own.</summary>
    internal bool IsPerSeries => Standardization is { PerSeries: true };

    internal int RowInputWidth => (InputWidth + Tokens.IndicatorColumns) / Tokens.Channels * Tokens.PatchLength;

    internal int RowOutputWidth => OutputWidth / Tokens.Channels;

    internal int RowTargetWidth => TargetWidth / Tokens.Channels;

    /// <summary>A mean and a deviation for each feature of a channel that is normalised.</summary>
    internal int RowStatistics => 2 * Tokens.Normalized(InputWidth / Tokens.Channels);
}
