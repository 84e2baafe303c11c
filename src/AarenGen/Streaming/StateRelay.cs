using AarenGen.Serialization;
using static System.FormattableString;

namespace AarenGen;

/// <summary>
/// Two states of one stream that relieve each other, so that a stream without end is read as in training: no output depends on more than
/// <see cref="MaxTokens"/> tokens. One state gives the outputs. When it has read half of that, the other begins to read the same tokens,
/// and when it has read all, the other takes over with half of it read. For models that do not forget, such as <c>[Aaren]</c> alone; one
/// that forgets needs only a <see cref="StreamState{TModel}"/>.
/// </summary>
/// <remarks>
/// It takes the memory of two states. A token takes up to twice the time, less where reading the weights limits it, since both states read
/// them together. One thread at a time may use it.
/// </remarks>
/// <typeparam name="TModel">The model that the states belong to.</typeparam>
public sealed class StateRelay<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Tokens that both states read in turn, so that outputs that are not needed take little memory.</summary>
    private const int SegmentTokens = 64;

    private readonly StreamState<TModel>[] states;
    private readonly float[] twice, spare;

    internal StateRelay(TModel model, int maxTokens, string? series)
    {
        TokenShape shape = SequenceModel<TModel>.Description.Tokens;
        // Half of it in whole strides and cycles, so that both states give outputs at the same tokens and begin with the same modality.
        long unit = 2L * shape.PatchStride * SequenceModel<TModel>.Description.ModalityCount;
        long min = Math.Max(unit, 2L * shape.PatchLength);
        if (maxTokens < min || maxTokens % unit != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxTokens), maxTokens, Invariant($"A relay of this model needs a multiple of {unit} tokens, at least {min}."));
        }
        MaxTokens = maxTokens;
        states = [model.CreateStateOf(series), model.CreateStateOf(series)];
        twice = new float[2 * SequenceModel<TModel>.Description.InputWidth];
        spare = new float[SegmentTokens * SequenceModel<TModel>.Description.OutputWidth];
    }

    /// <summary>Maximum number of tokens that an output depends on, the current one included.</summary>
    public int MaxTokens { get; }

    /// <summary>
    /// Number of tokens that the last output depends on: all since the start or the last <see cref="Reset"/> until
    /// <see cref="MaxTokens"/>, from then on between half of it and all of it.
    /// </summary>
    public int TokenCount => (int)states[0].TokenCount;

    /// <summary>Whether the last token gave an output; see <see cref="StreamState{TModel}.HasOutput"/>.</summary>
    public bool HasOutput => states[0].HasOutput;

    /// <summary>The series of both states; see <see cref="StreamState{TModel}.Series"/>.</summary>
    public string? Series => states[0].Series;

    /// <summary>Whether the model has statistics of that series; see <see cref="StreamState{TModel}.HasSeriesStatistics"/>.</summary>
    public bool HasSeriesStatistics => states[0].HasSeriesStatistics;

    /// <summary>See <see cref="StreamState{TModel}.WeightFingerprint"/>.</summary>
    public string? WeightFingerprint => states[0].WeightFingerprint;

    /// <summary>Forgets all tokens, so that the relay is like a new one of its series.</summary>
    public void Reset()
    {
        states[0].Reset();
        states[1].Reset();
    }

    /// <summary>Writes both states to a file, replacing it atomically; see <see cref="StreamState{TModel}.Save(string)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">A state is not finite: weights overflowed. The file is as it was.</exception>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes both states to a stream, one after the other; see <see cref="StreamState{TModel}.Save(Stream)"/>.</summary>
    /// <param name="stream">The stream; it need not seek. The caller flushes and disposes it.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A state is not finite: weights overflowed. Part may have been written.</exception>
    /// <exception cref="IOException">The stream cannot be written. Part of it may have been.</exception>
    public void Save(Stream stream)
    {
        states[0].Save(stream);
        states[1].Save(stream);
    }

    /// <summary>Replaces both states by those saved in a file. On any error the relay stays as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, belongs to a model with another declaration or to a relay of another length, or is no relay at all.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public void Load(string path) => InputFile.Read(path, Load);

    /// <summary>Replaces both states by those saved in a stream. On any error the relay stays as it was.</summary>
    /// <param name="stream">The stream, at the first byte of the relay; it need not seek. The caller disposes it.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ModelFileException">
    /// The data are damaged, belong to a model with another declaration or to a relay of another length, or are no relay at all.
    /// </exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void Load(Stream stream)
    {
        StreamState<TModel> first = new(), second = new();
        // They know what their model scales with, which no file tells.
        states[0].CopyTo(first);
        states[1].CopyTo(second);
        first.Load(stream);
        second.Load(stream);
        if (first.TokenCount > MaxTokens || second.TokenCount != Math.Max(0, first.TokenCount - MaxTokens / 2))
        {
            throw new ModelFileException(Invariant(
                $"These are no two states of a relay of {MaxTokens} tokens: they have read {first.TokenCount} and {second.TokenCount}."));
        }
        if (first.Series != second.Series)
        {
            throw new ModelFileException("These are no two states of a relay: they are of two series.");
        }
        if (second.TokenCount > 0 && first.WeightFingerprint != second.WeightFingerprint)
        {
            throw new ModelFileException("These are no two states of a relay: other weights made the second.");
        }
        first.CopyTo(states[0]);
        second.CopyTo(states[1]);
    }

    /// <summary>Takes tokens that are valid.</summary>
    internal void Advance(TModel model, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        // Before anything changes: the state that follows is of the same weights, or has read nothing.
        model.CheckWeights(states[0]);
        int inputWidth = SequenceModel<TModel>.Description.InputWidth, outputWidth = SequenceModel<TModel>.Description.OutputWidth;
        int count = tokens.Length / inputWidth;
        for (int from = 0; from < count;)
        {
            if (states[0].TokenCount == MaxTokens)
            {
                (states[0], states[1]) = (states[1], states[0]);
                states[1].Reset();
            }
            bool isFollowed = states[0].TokenCount >= MaxTokens / 2;
            int turn = (int)((isFollowed ? MaxTokens : MaxTokens / 2) - states[0].TokenCount);
            int length = Math.Min(Math.Min(turn, isFollowed ? SegmentTokens : turn), count - from);
            ReadOnlySpan<float> read = tokens.Slice(from * inputWidth, length * inputWidth);
            Span<float> written = outputs.Slice(from * outputWidth, length * outputWidth);
            if (!isFollowed)
            {
                model.Forward(states[0], read, written);
            }
            else if (length == 1)
            {
                read.CopyTo(twice);
                read.CopyTo(twice.AsSpan(inputWidth));
                model.StepMany(states, twice, spare.AsSpan(0, 2 * outputWidth));
                spare.AsSpan(0, outputWidth).CopyTo(written);
            }
            else
            {
                model.Forward(states[0], read, written);
                model.Forward(states[1], read, spare.AsSpan(0, length * outputWidth));
            }
            from += length;
        }
    }

    /// <summary>The state that gives the outputs.</summary>
    internal StreamState<TModel> Acting => states[0];
}
