using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// What a model remembers of one stream: of constant size, however long the stream. Made by
/// <see cref="SequenceModel{TSelf}.CreateState"/>; one thread at a time may use it.
/// </summary>
/// <typeparam name="TModel">The model it belongs to: another model's state does not compile.</typeparam>
public sealed class StreamState<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int SampleDoubles = SequenceModel<TModel>.Description.SampleStateDoubles;
    private static readonly int LayerDoubles =
        (SequenceModel<TModel>.Description.StateDoubles - SampleDoubles) / SequenceModel<TModel>.Description.Tokens.Channels;

    private readonly double[] memory = new double[SequenceModel<TModel>.Description.StateDoubles];

    internal StreamState()
    {
    }

    /// <summary>Tokens seen since the start or the last <see cref="Reset"/>.</summary>
    public long TokenCount { get; internal set; }

    /// <summary>
    /// Whether the last token gave an output. Always, unless the model has <c>[Patch]</c>, whose outputs come when a patch is
    /// full; the rows of other tokens are filled with NaN.
    /// </summary>
    public bool HasOutput =>
        TokenCount > 0 && SequenceModel<TModel>.Description.Tokens is { } shape && TokenCount >= shape.PatchLength
        && (TokenCount - shape.PatchLength) % shape.PatchStride == 0;

    internal Span<double> SampleMemory => memory.AsSpan(0, SampleDoubles);

    internal Span<double> LayerMemory(int channel) => memory.AsSpan(SampleDoubles + channel * LayerDoubles, LayerDoubles);

    /// <summary>Forgets all tokens: zeroes the memory, nothing else.</summary>
    public void Reset()
    {
        memory.AsSpan().Clear();
        TokenCount = 0;
    }

    /// <summary>Makes <paramref name="destination"/> a copy of this state, so that both can go on independently.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="destination"/> is null.</exception>
    public void CopyTo(StreamState<TModel> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        memory.AsSpan().CopyTo(destination.memory);
        destination.TokenCount = TokenCount;
    }

    /// <summary>Writes the state to a file, replacing it atomically, with the declaration's fingerprint and a checksum.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes the state to a stream, with the declaration's fingerprint and a checksum.</summary>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        StateSnapshot.Write(stream, SequenceModel<TModel>.Description.Fingerprint, TokenCount, memory);
    }

    /// <summary>Replaces this state by one saved in a file. On any error the state stays as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">The file is damaged, or belongs to a model with another declaration.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Load(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Load(stream);
    }

    /// <summary>Replaces this state by one saved in a stream. On any error the state stays as it was.</summary>
    /// <exception cref="ModelFileException">The data are damaged, or belong to a model with another declaration.</exception>
    public void Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        TokenCount = StateSnapshot.Read(stream, SequenceModel<TModel>.Description.Fingerprint, memory);
    }
}
