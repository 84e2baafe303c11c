using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// What a model remembers of one stream: of constant size, however long the stream. Made by
/// <see cref="SequenceModel{TSelf}.CreateState"/>; one thread at a time may use it.
/// </summary>
/// <typeparam name="TModel">The model it belongs to: another model's state does not compile.</typeparam>
public sealed class StreamState<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly double[] memory = new double[SequenceModel<TModel>.Description.StateDoubles];

    internal StreamState()
    {
    }

    /// <summary>Tokens seen since the start or the last <see cref="Reset"/>.</summary>
    public long TokenCount { get; internal set; }

    internal Span<double> Memory => memory;

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
