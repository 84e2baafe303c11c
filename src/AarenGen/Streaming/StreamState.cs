using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// What a model remembers of one stream: of constant size, however long the stream. Made by
/// <see cref="SequenceModel{TSelf}.CreateState"/>; one thread at a time may use it.
/// </summary>
/// <typeparam name="TModel">The model it belongs to: another model's state does not compile.</typeparam>
public sealed class StreamState<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int SampleDoubles = SequenceModel<TModel>.Description.Layout.SampleStateDoubles;
    private static readonly int LayerDoubles =
        (SequenceModel<TModel>.Description.Layout.StateDoubles - SampleDoubles) / SequenceModel<TModel>.Description.Tokens.Channels;

    private readonly double[] memory = new double[SequenceModel<TModel>.Description.Layout.StateDoubles];

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
    /// <param name="path">The file. Through a symbolic link its target is written; an existing file keeps its mode.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">The state is not finite: weights overflowed. The file is as it was.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes the state to a stream, with the declaration's fingerprint and a checksum.</summary>
    /// <param name="stream">The stream.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The state is not finite: weights overflowed. Nothing was written.</exception>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        StateSnapshot.Write(stream, SequenceModel<TModel>.Description.Fingerprint, TokenCount, memory);
    }

    /// <summary>Replaces this state by one saved in a file. On any error the state stays as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, holds a state that is not finite, belongs to a model with another declaration or is no state at all.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public void Load(string path)
    {
        using FileStream stream = InputFile.Open(path);
        try
        {
            Load(stream);
        }
        catch (ModelFileException e)
        {
            throw new ModelFileException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Replaces this state by one saved in a stream. On any error the state stays as it was.</summary>
    /// <param name="stream">The stream, at the state's first byte; read up to its last.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="ModelFileException">
    /// The data are damaged, hold a state that is not finite, belong to a model with another declaration or are no state at all.
    /// </exception>
    public void Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var read = new double[memory.Length];
        long tokens = StateSnapshot.Read(stream, SequenceModel<TModel>.Description.Fingerprint, read);
        if (SampleDoubles > 0 && read[0] != tokens)
        {
            throw new ModelFileException($"The saved state counts {read[0]} samples after {tokens} tokens, which cannot be.");
        }
        read.AsSpan().CopyTo(memory);
        TokenCount = tokens;
    }
}
