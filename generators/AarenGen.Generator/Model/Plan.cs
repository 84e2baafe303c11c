namespace AarenGen.Generator.Model;

/// <summary>Everything decided about a model: what the emitters print.</summary>
internal sealed record Plan(
    string FileName, string? WeightsFile, string Namespace, EquatableArray<string> ContainingTypes, string Name,
    TokenShape Tokens, EquatableArray<Category> Categories, int InputWidth, int OutputWidth, int TargetWidth,
    EquatableArray<Parameter> Parameters, int ParameterFloats, int WeightFloats, int PackedFloats, int PackedTrainingFloats,
    int RowsPerPass, int ScratchFloats, int TrainingFloatsPerToken, int StateDoubles, int SampleStateDoubles,
    long ParameterCount, long FlopsPerToken, string Card, string Fingerprint,
    int WidestRow, BoundaryGradients BoundaryGradients, EquatableArray<LayerPlan> Trunk, EquatableArray<HeadPlan> Heads)
{
    /// <summary>
    /// The names of aliases that the generated file cannot declare, since they mean something else where the class stands.
    /// </summary>
    public EquatableArray<string> TakenAliases { get; init; }

    /// <summary>All layers: those of the trunk, then those of each head.</summary>
    public IEnumerable<LayerPlan> Layers => Trunk.Concat(Heads.SelectMany(static h => h.Layers));

    /// <summary>Numbers in a row that the layers see: a patch of one channel.</summary>
    public int RowInputWidth => Tokens.RowWidth(InputWidth);

    /// <summary>Numbers in a row of the trunk's output, which heads read.</summary>
    public int TrunkWidth => Trunk.Count > 0 ? Trunk[Trunk.Count - 1].OutputWidth : RowInputWidth;

    /// <summary>The buffer in which the backward pass leaves the gradient of the tokens.</summary>
    public BoundaryBuffer TokenGradient => Trunk.Count > 0 ? Trunk[0].InputGradient : BoundaryBuffer.Trunk;

    /// <summary>Neighbouring parameters that weight decay treats alike, one run each.</summary>
    public IEnumerable<DecayRun> DecayRuns => Parameters
        .Where((p, i) => i == 0 || Parameters[i - 1].Decays != p.Decays).Select(static p => new DecayRun(p.Offset, p.Decays));

    /// <summary>Number of interleaved modalities; 1: all tokens are alike.</summary>
    public int Modalities { get; init; } = 1;

    /// <summary>What the runtime standardises; null where it leaves all numbers as they are.</summary>
    public StandardizationPlan? Standardization { get; init; }

    /// <summary>What the model is for; null where the user declared inputs rather than a task.</summary>
    public TaskPlan? Task { get; init; }

    public int RowOutputWidth => OutputWidth / Tokens.Channels;

    public int RowTargetWidth => TargetWidth / Tokens.Channels;

    /// <summary>Why parts of one sequence cannot run in parallel; null where they can, since the state of every layer combines.</summary>
    public string? ScanObstacle =>
        !(Tokens with { Missing = [] }).Equals(TokenShape.Plain) ? "samples are normalised, gathered or split before the first layer"
        : Branches ? "heads branch off"
        : Layers.Any(static l => !l.Combines)
            ? "a sequence passes only in order through "
                + string.Join(", ", Layers.Where(static l => !l.Combines).Select(static l => $"{l.Name} ({l.Summary})").Distinct())
        : Layers.All(static l => l.State.Stride == 0) ? "no layer keeps a state"
        : null;

    /// <summary>Whether parts of one sequence can run in parallel.</summary>
    public bool CanScan => ScanObstacle is null;

    /// <summary>Whether heads branch off, rather than one loss ending the trunk.</summary>
    public bool Branches => Heads.Any(static h => h.Name is not null);
}

/// <summary>How a parameter starts: the names are those of the runtime's enumeration.</summary>
internal enum Initialization
{
    Zeros,
    Ones,
    Uniform,
    Normal,
    HalfLives,
}

/// <summary>
/// A trainable tensor. Offset is relative to its layer's first block in a <see cref="LayerPlan"/>, absolute in a <see cref="Plan"/>.
/// </summary>
internal sealed record Parameter(
    string Name, int Rows, int Columns, bool IsMatrix, int Offset, Initialization Initialization, double Scale, bool Decays)
{
    /// <summary>The last value's scale, where the values start at different scales.</summary>
    public double LastScale { get; init; }

    public int Stride => Sizes.Pad(Columns);

    public int Floats => Rows * Stride;
}

/// <summary>
/// A row of values a token. Offsets are relative to the layer: Scratch in floats of inference memory, Memory and Gradient in floats
/// a token of training memory. Values of the layer's boundary have none; their memory is the caller's.
/// </summary>
internal sealed record Value(string Name, int Width, int Scratch = -1, int Memory = -1, int Gradient = -1, string? SharesGradientOf = null)
{
    public int Stride => Sizes.Pad(Width);

    public bool IsAtBoundary => Memory < 0;

    public string GradientName => Name + "Gradient";
}

/// <summary>A region of the layer's packed matrices, derived weights or memory, relative to the layer.</summary>
internal sealed record Region(int Offset, int Length);

/// <summary>
/// A layer, once for all its blocks: a block's weights, memory and so on follow those of the block before at the distance named here.
/// FirstNumber: the first block's number in files, where they are numbered.
/// </summary>
internal sealed record LayerPlan(
    string Method, string Name, int? FirstNumber, string Summary, int Repeat, int InputWidth, int OutputWidth, bool IsFirst,
    StridedRegion Weights, StridedRegion Derived, StridedRegion Packed, StridedRegion PackedTraining, StridedRegion Memory,
    StridedRegion State, int OutputMemory, int GradientMemory,
    EquatableArray<Parameter> Parameters, EquatableArray<Value> Values, EquatableArray<OperationStep> Operations)
{
    /// <summary>What the model card says of it below its table; null where there is nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>Which buffers the gradients at its boundaries take.</summary>
    public BoundaryTurns Turns { get; init; } = new(0, IsBeforeHeads: false);

    /// <summary>Where the blocks' outputs lie, in floats a token of training memory.</summary>
    public BufferRef Output => new(OutputMemory, Repeat == 1 ? 0 : Sizes.Pad(OutputWidth));

    /// <summary>Where the last block's output lies, which the next layer reads.</summary>
    public BufferRef LastOutput => Output.At(Repeat - 1);

    /// <summary>The buffer of the gradient of its input.</summary>
    public BoundaryBuffer InputGradient => Turns.Before(Repeat);

    /// <summary>The buffer of the gradient of its last block's output.</summary>
    public BoundaryBuffer OutputGradient => Turns.Before(0);

    /// <summary>Its recurrences whose states combine, in order.</summary>
    public IReadOnlyList<AssociativeRecurrence> Recurrences =>
        [.. Operations.Select(static s => s.Operation).OfType<AssociativeRecurrence>()];

    /// <summary>Whether the states after two chunks of a sequence combine; so they do for a layer without a state.</summary>
    public bool Combines => Recurrences.Sum(static r => r.StateDoubles) == State.Stride;
}

/// <summary>Where a layer's first block begins, and the distance between its blocks.</summary>
internal sealed record StridedRegion(int Offset, int Stride)
{
    public int End(int repeat) => Offset + Stride * repeat;
}

/// <summary>An operation, and for each of its inputs whether its gradient is added to what later operations left there.</summary>
internal sealed record OperationStep(Operation Operation, EquatableArray<bool> Accumulates);

/// <summary>How samples become rows; the names are those of the runtime's record.</summary>
internal sealed record TokenShape(int Channels, int PatchLength, int PatchStride, NormalizationSpan Normalization, int Window)
{
    public static readonly TokenShape Plain = new(1, 1, 1, NormalizationSpan.None, 0);

    /// <summary>
    /// Features that are normalised, where these are only the first ones; 0: all. Internal, so that it is no part of the record's text,
    /// from which fingerprints are made.
    /// </summary>
    internal int NormalizedColumns { get; init; }

    /// <summary>The columns whose values may be missing; internal for the same reason.</summary>
    internal EquatableArray<MissingColumns> Missing { get; init; }

    /// <summary>Columns that say what is missing, behind those of a sample.</summary>
    internal int IndicatorColumns => Missing.Where(static m => m.Handling == MissingValues.MeanWithIndicator).Sum(static m => m.Count);

    /// <summary>Of the given number of features, how many are normalised.</summary>
    public int Normalized(int features) =>
        Normalization == NormalizationSpan.None ? 0 : NormalizedColumns > 0 ? NormalizedColumns : features;

    /// <summary>Numbers in a row that the layers see, of samples of the given width.</summary>
    public int RowWidth(int width) => Math.Max(1, (width + IndicatorColumns) / Channels) * PatchLength;

    /// <summary>
    /// Doubles of a stream's state that hold samples of the given width, as the runtime's SamplePreprocessor lays them out.
    /// </summary>
    public int StateDoubles(int width)
    {
        int ring = Math.Max(PatchLength > 1 ? PatchLength : 0, Window);
        if (PatchLength == 1 && PatchStride == 1 && Normalization == NormalizationSpan.None && Missing.Count == 0)
        {
            return 0;
        }
        int carried = Missing.Where(static m => m.Handling == MissingValues.CarryForward).Sum(static m => m.Count);
        int moments = Normalization == NormalizationSpan.Prefix ? Missing.Count > 0 ? 3 : 2 : 0;
        return 1 + moments * Normalized(width) + carried + ring * width;
    }
}

/// <summary>Over what instance normalisation goes: the names are those of the runtime's enumeration.</summary>
internal enum NormalizationSpan
{
    None,
    Prefix,
    Window,
}

/// <summary>What becomes of a value that is missing: the names are those of the runtime's enumeration.</summary>
internal enum MissingValues
{
    Refuse,
    CarryForward,
    MeanWithIndicator,
}

/// <summary>
/// Neighbouring columns whose values may be missing: of tokens whose position leaves the remainder Kind when divided by Kinds. Indicators:
/// the first of the columns that say what is missing, where there are such columns.
/// </summary>
internal sealed record MissingColumns(int First, int Count, int Kind, int Kinds, MissingValues Handling, int Indicators);

/// <summary>What is standardised of the tokens, and with which statistics; of the targets, heads say it.</summary>
internal sealed record StandardizationPlan(Standardization Method, EquatableArray<StandardizedColumns> Columns)
{
    /// <summary>Whether each series has statistics of its own.</summary>
    public bool PerSeries { get; init; }
}

/// <summary>With which statistics columns are standardised: the names are those of the runtime's enumeration.</summary>
internal enum Standardization
{
    Mean,
    Robust,
    MinMax,
}

/// <summary>Neighbouring columns that are standardised: of tokens whose position leaves the remainder Kind when divided by Kinds.</summary>
internal sealed record StandardizedColumns(int First, int Count, int Kind, int Kinds);

/// <summary>
/// A column of the tokens that holds a category: of tokens whose position leaves the remainder Kind when divided by Kinds.
/// </summary>
internal sealed record Category(int Column, int Cardinality, int Kind, int Kinds);

/// <summary>
/// A head: layers that branch off the trunk, and a loss. A model without named heads has one, without a name, whose layers are
/// the trunk's. Offsets are those of one channel's row.
/// </summary>
internal sealed record HeadPlan(
    string? Name, double Weight, bool IsPerSequence, EquatableArray<LayerPlan> Layers, int OutputOffset, int OutputWidth,
    int TargetOffset, Loss Loss)
{
    /// <summary>
    /// What each of the outputs' equal segments is to the standardised targets, as numbers of <see cref="ParameterRole"/>; none where
    /// targets are not standardised.
    /// </summary>
    public EquatableArray<int> Scaling { get; init; }

    /// <summary>The method that reads predictions of the head without a name.</summary>
    public const string UnnamedMethod = "Prediction";

    /// <summary>The buffer that takes the gradient of its outputs.</summary>
    public static BoundaryBuffer OutputGradient => Turns(0);

    /// <summary>The buffer in which its layers leave the gradient of the trunk's output.</summary>
    public BoundaryBuffer TrunkGradient => Turns(Layers.Sum(static l => l.Repeat));

    /// <summary>Factor of a row's loss: the head's weight over the number of values that the loss averages.</summary>
    public float LossScale => (float)(Weight / Loss.Values);

    private static BoundaryBuffer Turns(int blocks) => new BoundaryTurns(0, IsBeforeHeads: false).Before(blocks);
}

/// <summary>
/// A loss: which one; the kernel that compares outputs and targets, with its further arguments as printed; what a target is; how many of
/// its values are averaged; the type that users read predictions through, with its further arguments; and the device code that computes
/// it, null where no device can.
/// </summary>
internal sealed record Loss(
    LossKind Kind, string Kernel, string Arguments, string Summary, int TargetWidth, TargetKind TargetKind, int Classes, int Values,
    string Prediction, string PredictionArguments, DeviceLoss? Device)
{
    /// <summary>The levels of quantiles, ascending; else empty.</summary>
    public EquatableArray<double> Levels { get; init; }
}

/// <summary>Which loss: the names are those of the runtime's enumeration.</summary>
internal enum LossKind
{
    SquaredError,
    AbsoluteError,
    Huber,
    Quantiles,
    Gaussian,
    StudentT,
    CrossEntropy,
    LogNormalMixture,
}

/// <summary>
/// A loss on a device: the struct that computes a row's, with # where the names of its constants' structs come, and the constants.
/// </summary>
internal sealed record DeviceLoss(string Function, EquatableArray<DeviceConstant> Constants)
{
    public DeviceLoss(string function, params DeviceConstant[] constants)
        : this(function, new EquatableArray<DeviceConstant>(constants))
    {
    }
}

/// <summary>
/// Numbers that device code reads through a struct of the name # plus Suffix: all of them by at(i), a single one by value().
/// </summary>
internal sealed record DeviceConstant(string Suffix, EquatableArray<double> Values, bool IsSingle);

/// <summary>What a target may be: the names are those of the runtime's enumeration.</summary>
internal enum TargetKind
{
    Number,
    Positive,
    Class,
}

/// <summary>Sizes in memory.</summary>
internal static class Sizes
{
    /// <summary>Floats in the widest vector; each row of a buffer is a multiple of it.</summary>
    public const int Lane = 16;

    public static int Pad(int n) => (n + Lane - 1) / Lane * Lane;

    /// <summary>Up to the next multiple of four: device code reads and writes rows so far.</summary>
    public static int PadToFloat4(int n) => (n + 3) / 4 * 4;
}
