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

    /// <summary>Numbers in the output of one token, and in its target.</summary>
    public required int OutputWidth { get; init; }

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

    /// <summary>Doubles that a stream remembers.</summary>
    public required int StateDoubles { get; init; }

    /// <summary>Floating-point operations of one streamed token.</summary>
    public required long FlopsPerToken { get; init; }

    /// <summary>Trainable numbers, without padding.</summary>
    public long ParameterCount => Parameters.Sum(static p => (long)p.Rows * p.Columns);
}
