using System.Collections;
using System.Diagnostics.CodeAnalysis;
using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// The states of the series of a model, by their keys: a key that is new gets a new state.
/// <see cref="RecordModel{TSelf, TRecord}.CreateSeriesStates"/> creates it.
/// </summary>
/// <remarks>
/// Memory grows with the series, not with their records; see <see cref="SeriesState{TModel}"/> for a series'. One thread at a time may use
/// the collection; several may use different states of it.
/// </remarks>
/// <typeparam name="TModel">The model.</typeparam>
public sealed class SeriesStateCollection<TModel> : IReadOnlyCollection<SeriesState<TModel>>
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly RecordLayout layout;
    private readonly Func<string, SeriesState<TModel>> create;
    private Dictionary<string, SeriesState<TModel>> states = new(StringComparer.Ordinal);

    /// <param name="layout">That of the task.</param>
    /// <param name="create">Creates the state of a key at its beginning.</param>
    internal SeriesStateCollection(RecordLayout layout, Func<string, SeriesState<TModel>> create) =>
        (this.layout, this.create) = (layout, create);

    /// <summary>How many series there are.</summary>
    public int Count => states.Count;

    /// <summary>The state of a series; a new one where the series has none.</summary>
    /// <param name="key">The series' key; empty where records have none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The key cannot name a series; see <see cref="RecordModel{TSelf, TRecord}.CreateSeriesState"/>.
    /// </exception>
    public SeriesState<TModel> this[string key]
    {
        get
        {
            if (!states.TryGetValue(key, out SeriesState<TModel>? state))
            {
                states.Add(key, state = create(key));
            }
            return state;
        }
    }

    /// <summary>Finds the state of a series, and makes none.</summary>
    /// <param name="key">The series' key.</param>
    /// <param name="state">Its state, if it has one.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool TryGet(string key, [NotNullWhen(true)] out SeriesState<TModel>? state) => states.TryGetValue(key, out state);

    /// <summary>Removes the state of a series; returns whether it had one.</summary>
    /// <param name="key">The series' key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool Remove(string key) => states.Remove(key);

    /// <summary>Writes all states to a file, replacing it atomically; see <see cref="SeriesState{TModel}.Save(string)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">A state is not finite: weights overflowed. The file is as it was.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes all states to a stream; see <see cref="SeriesState{TModel}.Save(Stream)"/>.</summary>
    /// <param name="stream">The stream; it need not seek. The caller flushes and disposes it.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A state is not finite: weights overflowed. Part may have been written.</exception>
    /// <exception cref="IOException">The stream cannot be written. Part of it may have been.</exception>
    public void Save(Stream stream)
    {
        Arguments.CheckWritable(stream);
        SeriesSnapshot.WriteMany(stream, layout, states.Values);
    }

    /// <summary>Replaces all states by those saved in a file. On any error the collection stays as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, holds a state that is not finite, belongs to a model with another declaration or to another type of records, or
    /// has no states of series at all.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public void Load(string path) => InputFile.Read(path, Load);

    /// <summary>Replaces all states by those saved in a stream. On any error the collection stays as it was.</summary>
    /// <param name="stream">The stream, at the first byte of the states; it need not seek. The caller disposes it.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ModelFileException">As for <see cref="Load(string)"/>.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void Load(Stream stream)
    {
        Arguments.CheckReadable(stream);
        states = SeriesSnapshot.ReadMany(stream, layout, create);
    }

    /// <summary>The states, in no particular order.</summary>
    public IEnumerator<SeriesState<TModel>> GetEnumerator() => states.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
