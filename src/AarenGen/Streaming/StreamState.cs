using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// The state of one stream. Its size is constant, however long the stream is. <see cref="SequenceModel{TSelf}.CreateState()"/> creates it;
/// one thread at a time may use it.
/// </summary>
/// <typeparam name="TModel">The model that the state belongs to. Code that passes another model's state does not compile.</typeparam>
public sealed class StreamState<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int Doubles = SequenceModel<TModel>.Description.Layout.StateDoubles;
    private static readonly int SampleDoubles = SequenceModel<TModel>.Description.Layout.SampleStateDoubles;
    private static readonly int LayerDoubles =
        (Doubles - SampleDoubles) / SequenceModel<TModel>.Description.Tokens.Channels;

    private StateOrigin origin;

    /// <summary>Where the numbers of the state are: memory of its own, or a part of what holds many states.</summary>
    private double[] storage;
    private int start;

    /// <summary>A state of no model yet.</summary>
    internal StreamState(string? series = null)
    {
        storage = new double[Doubles];
        origin = StateOrigin.Of(series);
    }

    /// <summary>A state of a model, which gives its origin, where it is of no series.</summary>
    internal StreamState(StateOrigin origin, string? series)
    {
        storage = new double[Doubles];
        this.origin = series is null ? origin : origin with { Series = series, Common = null, Scales = null };
    }

    /// <summary>
    /// The series whose statistics scale tokens and outputs, where the model has <see cref="StandardizeAttribute.PerSeries"/>; null: those
    /// of all data do.
    /// </summary>
    public string? Series => origin.Series;

    /// <summary>
    /// Whether the model that created or last ran this state has statistics of its own for <see cref="Series"/>. If not, the series did not
    /// occur in the training data, and the statistics of all data are used.
    /// </summary>
    public bool HasSeriesStatistics => !ReferenceEquals(origin.Scales, origin.Common);

    /// <summary>
    /// The <see cref="SequenceModel{TSelf}.WeightFingerprint"/> of the model that last ran this state, in this process or before it was
    /// saved; null before the first token.
    /// </summary>
    public string? WeightFingerprint => TokenCount == 0 ? null : WeightVersion.Text(origin.Weights.Fingerprint);

    /// <summary>Number of tokens since the start or the last <see cref="Reset"/>.</summary>
    public long TokenCount { get; internal set; }

    /// <summary>
    /// Whether the last token gave an output. It always does, unless the model has <c>[Patch]</c>: then outputs come when a patch is full,
    /// and the outputs of other tokens are NaN.
    /// </summary>
    public bool HasOutput => SequenceModel<TModel>.Description.Tokens.HasOutputAfter(TokenCount);

    /// <summary>Tokens of the current call that lie before the one that is looked at; 0 between calls.</summary>
    internal int PendingTokens { get; set; }

    /// <summary>The weights that last ran this state.</summary>
    internal WeightVersion Weights => origin.Weights;

    internal Span<double> SampleMemory => storage.AsSpan(start, SampleDoubles);

    private Span<double> Memory => storage.AsSpan(start, Doubles);

    internal Span<double> LayerMemory(int channel) => storage.AsSpan(start + SampleDoubles + channel * LayerDoubles, LayerDoubles);

    /// <summary>Makes this the state that lies in memory of others, in which it is stepped from now on.</summary>
    internal void Attach(double[] storage, int start, long tokenCount, StateOrigin origin)
    {
        (this.storage, this.start, this.origin) = (storage, start, origin);
        TokenCount = tokenCount;
    }

    /// <summary>What scales the tokens and outputs of this state, where a model scales those of all data with the given one.</summary>
    internal Standardizer ScalesOf(Standardizer model)
    {
        if (origin.Series is null)
        {
            return model;
        }
        if (!ReferenceEquals(origin.Common, model))
        {
            origin = origin with { Common = model, Scales = model.Of(Series) };
        }
        return origin.Scales!;
    }

    /// <summary>Makes this a state of other weights; of a model that gives its origin, where it is of no series.</summary>
    internal void Adopt(StateOrigin model) => origin = origin.Series is null ? model : origin with { Weights = model.Weights };

    /// <summary>Forgets all tokens, so that the state is like a new one of its <see cref="Series"/>.</summary>
    public void Reset()
    {
        Memory.Clear();
        TokenCount = 0;
    }

    /// <summary>
    /// Makes <paramref name="destination"/> a copy of this state, its series included, so that both can continue independently.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="destination"/> is null.</exception>
    public void CopyTo(StreamState<TModel> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Memory.CopyTo(destination.Memory);
        destination.TokenCount = TokenCount;
        destination.origin = origin;
    }

    /// <summary>
    /// Writes the state to a file, replacing it atomically, with the declaration's fingerprint, its <see cref="Series"/>, its
    /// <see cref="WeightFingerprint"/> and a checksum.
    /// </summary>
    /// <param name="path">The file. If it is a symbolic link, its target is written. An existing file keeps its mode.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">The state is not finite: weights overflowed. The file is as it was.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes the state to a stream; see <see cref="Save(string)"/>.</summary>
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
        ModelDescription description = SequenceModel<TModel>.Description;
        ulong weights = TokenCount == 0 ? 0 : origin.Weights.Fingerprint;
        StateSnapshot.Write(stream, description.Fingerprint, weights, TokenCount, Memory, Series);
    }

    /// <summary>
    /// Replaces this state, its <see cref="Series"/> included, by one saved in a file. On any error the state stays as it was.
    /// </summary>
    /// <remarks>
    /// Any weights of the declaration will do to load it. Whether a model continues it, is decided at its next step
    /// (<see cref="SequenceModel{TSelf}.AcceptedStates"/>).
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, holds a state that is not finite, belongs to a model with another declaration or is no state at all.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public void Load(string path) => InputFile.Read(path, Load);

    /// <summary>
    /// Replaces this state, its <see cref="Series"/> included, by one saved in a stream. On any error the state stays as it was.
    /// </summary>
    /// <param name="stream">
    /// The stream, at the state's first byte; it need not seek. Afterwards it is at the byte after the state. After an exception its
    /// position is unspecified. The caller disposes it.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ModelFileException">
    /// The data are damaged, hold a state that is not finite, belong to a model with another declaration or are no state at all.
    /// </exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void Load(Stream stream)
    {
        Arguments.CheckReadable(stream);
        var read = new double[Doubles];
        ModelDescription description = SequenceModel<TModel>.Description;
        (ulong weights, long tokens, string? series) = StateSnapshot.Read(stream, description.Fingerprint, read, description.IsPerSeries);
        if (SampleDoubles > 0 && read[0] != tokens)
        {
            throw new ModelFileException($"The saved state counts {read[0]} samples after {tokens} tokens, which cannot be.");
        }
        read.AsSpan().CopyTo(Memory);
        TokenCount = tokens;
        // Mostly those that it has, so that its first step need not find out.
        bool isOwn = tokens == 0 || weights == origin.Weights.Fingerprint;
        if (isOwn && series == Series)
        {
            return;
        }
        Standardizer? common = origin.Common;
        origin = StateOrigin.Of(series) with { Weights = isOwn ? origin.Weights : WeightVersion.Of(weights) };
        if (common is not null)
        {
            ScalesOf(common);
        }
    }
}
