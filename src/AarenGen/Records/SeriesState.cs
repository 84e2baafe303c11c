using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// The state of a stream of records of one series: of its model, of the records that are not in a token yet, and the last output.
/// <see cref="RecordModel{TSelf, TRecord}.CreateSeriesState"/> creates it; one thread at a time may use it.
/// </summary>
/// <remarks>
/// Its size is constant, however long the stream is: <see cref="ModelDescription.StateBytes"/> for the model's layers; four bytes for
/// each output; some 400 bytes; and in a forecast eight for each value known ahead of horizon + 1 intervals and some 30 for each value of
/// a record.
/// </remarks>
/// <typeparam name="TModel">The model that the state belongs to.</typeparam>
public sealed class SeriesState<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly StreamState<TModel> stream;

    /// <param name="layout">That of the task.</param>
    /// <param name="key">The series' key.</param>
    /// <param name="stream">The state of a model, which has what its first step needs; null: of none yet.</param>
    /// <exception cref="ArgumentException">The model has statistics of each series, and the key cannot name one.</exception>
    internal SeriesState(RecordLayout layout, string key, StreamState<TModel>? stream = null)
    {
        Layout = layout;
        Core = layout.CreateCore(key);
        this.stream = stream ?? new(layout.StatisticsOf(key));
    }

    /// <summary>The series' key; empty where records have none.</summary>
    public string Key => Core.Key;

    /// <summary>
    /// Tokens since the start or the last <see cref="Reset"/>: records, or complete intervals of a forecast; of a decision three a step,
    /// whose action is a token of the next one.
    /// </summary>
    public long TokenCount => stream.TokenCount;

    /// <summary>
    /// The time of the last record, or the beginning of a forecast's last complete interval, in UTC; null before the first, and where
    /// records have no time.
    /// </summary>
    public DateTimeOffset? LastTime => TokenCount == 0 ? null : Core.LastTime;

    /// <summary>See <see cref="StreamState{TModel}.WeightFingerprint"/>; null before the first token.</summary>
    public string? WeightFingerprint => stream.WeightFingerprint;

    internal RecordLayout Layout { get; }

    internal SeriesCore Core { get; }

    internal StreamState<TModel> Stream => stream;

    /// <summary>Forgets all records, so that the state is like a new one.</summary>
    public void Reset()
    {
        stream.Reset();
        Core.Reset();
    }

    /// <summary>Makes <paramref name="destination"/> a copy of this state, so that both can continue independently.</summary>
    /// <param name="destination">A state of the same series.</param>
    /// <exception cref="ArgumentNullException"><paramref name="destination"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is of another series.</exception>
    public void CopyTo(SeriesState<TModel> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (destination.Key != Key)
        {
            throw new ArgumentException($"This state is of the series '{Key}', not of '{destination.Key}'.", nameof(destination));
        }
        stream.CopyTo(destination.stream);
        Core.CopyTo(destination.Core);
    }

    /// <summary>Writes the state to a file, replacing it atomically, with fingerprints of the declaration and a checksum.</summary>
    /// <param name="path">The file. If it is a symbolic link, its target is written. An existing file keeps its mode.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">The state is not finite: weights overflowed. The file is as it was.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes the state to a stream, with fingerprints of the declaration and a checksum.</summary>
    /// <param name="stream">
    /// The stream; it need not seek. The state is written at its position; afterwards it is at the byte after the state, where another may
    /// follow. The caller flushes and disposes it.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The state is not finite: weights overflowed. Nothing was written.</exception>
    /// <exception cref="IOException">The stream cannot be written. Part of the state may have been.</exception>
    public void Save(Stream stream)
    {
        Arguments.CheckWritable(stream);
        stream.Write(SeriesSnapshot.Write(this));
    }

    /// <summary>Replaces this state by one of the same series that was saved in a file. On any error the state stays as it was.</summary>
    /// <remarks>
    /// As of <see cref="StreamState{TModel}.Load(string)"/>, weights are not compared here, but at the next step.
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, holds a state that is not finite, belongs to another series, to a model with another declaration or to another
    /// type of records, or is no state of a series at all.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public void Load(string path) => InputFile.Read(path, Load);

    /// <summary>Replaces this state by one of the same series that was saved in a stream. On any error the state stays as it was.</summary>
    /// <param name="stream">
    /// The stream, at the state's first byte; it need not seek. Afterwards it is at the byte after the state. After an exception its
    /// position is unspecified. The caller disposes it.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ModelFileException">As for <see cref="Load(string)"/>.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void Load(Stream stream)
    {
        Arguments.CheckReadable(stream);
        SeriesState<TModel> read = SeriesSnapshot.Read(stream, Layout, CreateSimilar, out _);
        if (read.Key != Key)
        {
            throw new ModelFileException(
                $"The saved state is of the series '{read.Key}', not of '{Key}'; load it into a state of that one.");
        }
        read.CopyTo(this);
    }

    /// <summary>A state at its beginning, of the model that this one is of, as far as it is known here.</summary>
    private SeriesState<TModel> CreateSimilar(string key)
    {
        var similar = new StreamState<TModel>();
        stream.CopyTo(similar);
        similar.Reset();
        return new(Layout, key, similar);
    }
}
