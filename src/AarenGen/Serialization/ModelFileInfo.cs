using AarenGen.Serialization;

namespace AarenGen;

/// <summary>What a file of this library holds, as far as it can be told without the class of its model.</summary>
/// <remarks>
/// It reads safetensors files of other writers, too. Memory grows with the header and the number of states, not with weights.
/// </remarks>
public sealed record ModelFileInfo
{
    internal ModelFileInfo()
    {
    }

    /// <summary>What kind of file it is.</summary>
    public required ModelFileKind Kind { get; init; }

    /// <summary>
    /// <see cref="ModelDescription.Fingerprint"/> of the declaration; null in weights that another program wrote, which load into any
    /// model whose names and shapes they have.
    /// </summary>
    public string? DeclarationFingerprint { get; init; }

    /// <summary>
    /// <see cref="SequenceModel{TSelf}.WeightFingerprint"/> of weights or a compiled model; null where the file tells none. Those of states
    /// are in <see cref="States"/>.
    /// </summary>
    public string? WeightFingerprint { get; init; }

    /// <summary>In which precision the matrices of a compiled model are packed; null for other files.</summary>
    public WeightPrecision? Precision { get; init; }

    /// <summary>The end of the records that trainings used; null where none is known.</summary>
    public DateTimeOffset? FittedUntil { get; init; }

    /// <summary>What a decision model divides returns by, in the unit of rewards; null where none is known.</summary>
    public double? ReturnScale { get; init; }

    /// <summary>
    /// Whether the content is that of the file's checksum; null where it has none, as compiled models and the files of other programs. In a
    /// file of states, each has its own, and a wrong one is an exception.
    /// </summary>
    public bool? HasRightChecksum { get; init; }

    /// <summary>The tensors in the order of their data; for states, those of each of them.</summary>
    public required IReadOnlyList<TensorInfo> Tensors { get; init; }

    /// <summary>
    /// The user's metadata (<see cref="SequenceModel{TSelf}.Metadata"/>); of a checkpoint, how far its training is and its options; of
    /// files of other programs, theirs.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The states in the order of the file; empty in other files.</summary>
    public required IReadOnlyList<SavedStateInfo> States { get; init; }

    /// <summary>Reads what a file holds.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, of another version, or has another format; the message says which, and what to do.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public static ModelFileInfo Read(string path)
    {
        ModelFileInfo? info = null;
        InputFile.Read(path, stream => info = ModelFileReader.Read(stream));
        return info!;
    }

    /// <summary>Reads what a stream holds, from its position to its end.</summary>
    /// <param name="stream">The stream; it need not seek. The caller disposes it.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ModelFileException">As for <see cref="Read(string)"/>.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static ModelFileInfo Read(Stream stream)
    {
        Arguments.CheckReadable(stream);
        return ModelFileReader.Read(stream);
    }
}

/// <summary>Kinds of files.</summary>
public enum ModelFileKind
{
    /// <summary>Weights: a file of <see cref="SequenceModel{TSelf}.Save(string)"/>, or another safetensors file.</summary>
    Weights,

    /// <summary>A file of <see cref="SequenceModel{TSelf}.SaveCompiled(string)"/>.</summary>
    CompiledModel,

    /// <summary>A checkpoint of a training (<see cref="TrainingOptions.CheckpointPath"/>).</summary>
    Checkpoint,

    /// <summary>States of streams: one of <see cref="StreamState{TModel}.Save(string)"/>, or several, as those of a relay.</summary>
    StreamStates,

    /// <summary>States of series of records: one of <see cref="SeriesState{TModel}.Save(string)"/>, or several after one another.</summary>
    SeriesStates,

    /// <summary>A file of <see cref="SeriesStateCollection{TModel}.Save(string)"/>.</summary>
    SeriesStateCollection,
}

/// <summary>A tensor of a file.</summary>
/// <param name="Name">Its name, as the file has it.</param>
/// <param name="Type">The type of its numbers, as the format calls it, such as F32, BF16 or U8.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Bytes">Bytes of its data.</param>
public sealed record TensorInfo(string Name, string Type, IReadOnlyList<long> Shape, long Bytes);

/// <summary>A state in a file.</summary>
/// <param name="TokenCount">Tokens that it has read.</param>
/// <param name="Series">
/// The key of its series; for the state of a stream, the series whose statistics scale it. Null: it is of none.
/// </param>
/// <param name="WeightFingerprint">That of the weights that made it; null before the first token.</param>
/// <param name="Bytes">Bytes that it takes in the file.</param>
public sealed record SavedStateInfo(long TokenCount, string? Series, string? WeightFingerprint, long Bytes);
