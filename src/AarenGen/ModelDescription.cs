using System.ComponentModel;
using System.Globalization;

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
}

/// <summary>One trainable tensor: its name and shape in files, and where it lies in the model's weights.</summary>
/// <param name="Name">Name in saved files, PyTorch's for the same module, such as <c>blocks.0.ffn1.weight</c>.</param>
/// <param name="Rows">Rows of a matrix; 1 for a vector.</param>
/// <param name="Columns">Columns of a matrix, or the length of a vector.</param>
/// <param name="IsMatrix">Whether the tensor has two dimensions, [Rows, Columns], or one, [Columns].</param>
/// <param name="Offset">Position of its first value in the weights, a multiple of 16.</param>
/// <param name="RowStride">Values from one row to the next: Columns rounded up to 16, the rest being zero.</param>
/// <param name="Initialization">How it starts.</param>
/// <param name="InitialScale">Bound or deviation of the start.</param>
/// <param name="Decays">Whether weight decay applies: to matrices, not to biases, norms and queries.</param>
public sealed record ParameterDescription(
    string Name, int Rows, int Columns, bool IsMatrix, int Offset, int RowStride,
    Initialization Initialization, float InitialScale, bool Decays)
{
    /// <summary>The dimensions in files.</summary>
    public IReadOnlyList<int> Shape => IsMatrix ? [Rows, Columns] : [Columns];

    /// <summary>Called by generated code: the parameters of all blocks of some layers, with their names in files.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static IReadOnlyList<ParameterDescription> OfLayers(IReadOnlyList<LayerParameters> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return [.. layers.SelectMany(static l => Enumerable.Range(0, l.Repeat).SelectMany(block => l.FirstBlock.Select(p => p with
        {
            Name = (l.FirstNumber is { } first ? $"{l.Name}.{(first + block).ToString(CultureInfo.InvariantCulture)}" : l.Name) + "." + p.Name,
            Offset = p.Offset + block * l.Distance,
        })))];
    }
}

/// <summary>The parameters of a layer as generated code has them: once for all its blocks.</summary>
/// <param name="Name">The layer's name in files.</param>
/// <param name="FirstNumber">The first block's number, which follows the name; null where there is but one, without a number.</param>
/// <param name="Repeat">Blocks.</param>
/// <param name="Distance">Floats from a block's weights to the next one's.</param>
/// <param name="FirstBlock">The first block's parameters, their names without the layer's.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record LayerParameters(string Name, int? FirstNumber, int Repeat, int Distance, IReadOnlyList<ParameterDescription> FirstBlock);

/// <summary>What a head's target may be.</summary>
public enum TargetKind
{
    /// <summary>Any finite number.</summary>
    Number,

    /// <summary>A number above 0.</summary>
    Positive,

    /// <summary>The number of a class, from 0.</summary>
    Class,
}

/// <summary>An output of the model with a loss of its own.</summary>
/// <param name="Name">The declared name; "output" where there is but one head, unnamed.</param>
/// <param name="OutputOffset">First of its numbers in a row's output.</param>
/// <param name="OutputWidth">Its numbers in a row's output.</param>
/// <param name="TargetOffset">First of its numbers in a row's target.</param>
/// <param name="TargetWidth">Its numbers in a row's target.</param>
/// <param name="TargetKind">What its targets may be.</param>
/// <param name="ClassCount">Number of classes where the target is one; else 0.</param>
/// <param name="IsPerSequence">Whether it is trained at the last token of each sequence alone.</param>
/// <param name="Loss">The loss in words.</param>
public sealed record HeadDescription(
    string Name, int OutputOffset, int OutputWidth, int TargetOffset, int TargetWidth, TargetKind TargetKind, int ClassCount,
    bool IsPerSequence, string Loss);

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
/// <param name="Channels">Channels that are sequences of their own; 1 where there are none.</param>
/// <param name="PatchLength">Samples in a row.</param>
/// <param name="PatchStride">Samples from one row's start to the next.</param>
/// <param name="Normalization">Over what samples are normalised.</param>
/// <param name="Window">Samples of the window, where there is one.</param>
public sealed record TokenShape(int Channels, int PatchLength, int PatchStride, NormalizationSpan Normalization, int Window)
{
    /// <summary>Whether samples are rows as they are.</summary>
    public bool IsPlain => Channels == 1 && PatchLength == 1 && PatchStride == 1 && Normalization == NormalizationSpan.None;

    /// <summary>Outputs that a stream gives in its first samples.</summary>
    /// <param name="samples">Samples, at least 0.</param>
    public int GetOutputCount(int samples) => samples < PatchLength ? 0 : (samples - PatchLength) / PatchStride + 1;

    /// <summary>The sample, from 0, after which the stream gives an output.</summary>
    /// <param name="output">The output, from 0.</param>
    public int GetSampleIndex(int output) => PatchLength - 1 + output * PatchStride;
}

/// <summary>What the generator planned for a model: the table that initialisation, files, training and streaming work by.</summary>
public sealed record ModelDescription
{
    /// <summary>The class's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model card: layers, shapes, parameters, state and operations, as a plain-text table.</summary>
    public required string Card { get; init; }

    /// <summary>SHA-256 of the declaration, in hexadecimal: equal for models with the same layers, whatever their class's name.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Numbers in one token.</summary>
    public required int InputWidth { get; init; }

    /// <summary>Numbers in the output of one token, those of all heads, and of all channels one after the other.</summary>
    public required int OutputWidth { get; init; }

    /// <summary>Numbers in the target of one token, those of all heads, and of all channels one after the other.</summary>
    public required int TargetWidth { get; init; }

    /// <summary>How samples become rows.</summary>
    public required TokenShape Tokens { get; init; }

    /// <summary>The columns that hold categories.</summary>
    public required IReadOnlyList<CategoryDescription> Categories { get; init; }

    /// <summary>The heads, in the order of their outputs; offsets are those of one channel.</summary>
    public required IReadOnlyList<HeadDescription> Heads { get; init; }

    /// <summary>The trainable tensors, in the order of the layers.</summary>
    public required IReadOnlyList<ParameterDescription> Parameters { get; init; }

    /// <summary>Floats of all parameters with their padding.</summary>
    public required int ParameterFloats { get; init; }

    /// <summary>Floats of the weights: the parameters, then what is derived from them (folded queries).</summary>
    public required int WeightFloats { get; init; }

    /// <summary>Floats of the packed matrices that inference reads.</summary>
    public required int PackedFloats { get; init; }

    /// <summary>Floats of the packed matrices that training reads, those of inference first.</summary>
    public required int PackedTrainingFloats { get; init; }

    /// <summary>Most rows (tokens of one stream, or one token of many streams) that one inference pass takes.</summary>
    public required int RowsPerPass { get; init; }

    /// <summary>Floats of working memory of one inference pass.</summary>
    public required int ScratchFloats { get; init; }

    /// <summary>Floats of working memory of a training pass, for each of its tokens.</summary>
    public required int TrainingFloatsPerToken { get; init; }

    /// <summary>Doubles that a stream remembers: of its samples, then of the layers, channel by channel.</summary>
    public required int StateDoubles { get; init; }

    /// <summary>Doubles among these that remember samples: of patches and instance normalisation.</summary>
    public required int SampleStateDoubles { get; init; }

    /// <summary>Floating-point operations of one streamed token.</summary>
    public required long FlopsPerToken { get; init; }

    internal int RowInputWidth => InputWidth / Tokens.Channels * Tokens.PatchLength;

    internal int RowOutputWidth => OutputWidth / Tokens.Channels;

    internal int RowTargetWidth => TargetWidth / Tokens.Channels;

    /// <summary>A mean and a deviation a feature of a channel, where samples are normalised.</summary>
    internal int RowStatistics => Tokens.Normalization == NormalizationSpan.None ? 0 : 2 * InputWidth / Tokens.Channels;

    /// <summary>Trainable numbers, without padding.</summary>
    public long ParameterCount => Parameters.Sum(static p => (long)p.Rows * p.Columns);
}
