using System.ComponentModel;
using System.Runtime.CompilerServices;
using AarenGen.Kernels;
using AarenGen.Memory;
using AarenGen.Serialization;
using AarenGen.Training;

namespace AarenGen;

/// <summary>
/// A sequence model: weights, and the ways to run and train them. Annotate a partial class with
/// <see cref="SequenceModelAttribute"/> and the generator derives it from this class.
/// </summary>
/// <remarks>
/// <para>Thread safety: any number of threads may infer with one model at the same time, each with its own states.
/// <see cref="Fit"/>, <see cref="FitAsync"/> and <see cref="UsePrecision"/> change the weights and must run exclusively. While one runs,
/// another call of one of them, of <see cref="Evaluate"/>, <c>Save</c> or <c>SaveCompiled</c> throws
/// <see cref="InvalidOperationException"/>, from the progress callback too. Inference does not check this, because the check would cost
/// time; its outputs are then meaningless.</para>
/// <para>Inference allocates nothing, except working memory once per thread.</para>
/// <para>The numbers of tokens must be finite and from −1e15 to 1e15, so that nothing overflows with ordinary weights; with
/// <c>[Standardize]</c> that goes for the standardised numbers. Where <see cref="ContinuousAttribute.Missing"/> allows it, NaN stands for a
/// value that is missing. With extremely large weights, outputs and the state may become NaN or
/// infinite. <see cref="StreamState{TModel}.Save(string)"/> rejects such a state;
/// <see cref="StreamState{TModel}.Reset"/> or <see cref="StreamState{TModel}.Load(string)"/> makes it usable again.</para>
/// </remarks>
/// <typeparam name="TSelf">The annotated class.</typeparam>
public abstract class SequenceModel<TSelf> where TSelf : SequenceModel<TSelf>, IModelDefinition<TSelf>
{
    [ThreadStatic]
    private static StreamState<TSelf>[]? gatheredStates;

    private readonly WeightAccess access = new();
    private AlignedBuffer weights = null!, packed = null!;

    /// <summary>A copy of the static one, which a step reads sooner here.</summary>
    private readonly MissingInputs? missing = Missing;

    /// <summary>Null where nothing is standardised.</summary>
    private Standardizer? standardizer;

    /// <summary>The origin of this model's states that are of no series, with its weights as they are now.</summary>
    private StateOrigin origin;

    /// <summary>The same, for those who keep states outside of <see cref="StreamState{TModel}"/>.</summary>
    internal StateOrigin Origin => origin;

    /// <summary>The origin of this model's states of a series; the common one where it has no statistics of the series.</summary>
    internal StateOrigin OriginOf(string series) =>
        IsPerSeries && standardizer!.Of(series) is { } own && !ReferenceEquals(own, standardizer)
            ? origin with { Series = series, Common = standardizer, Scales = own }
            : origin;

    /// <summary>Called by generated code.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected SequenceModel()
    {
        origin = NewOrigin();
    }

    /// <summary>The plan of the model: its parameters, sizes and costs.</summary>
    public static ModelDescription Description { get; } = TSelf.Describe();

    /// <summary>How inference reads the large matrices; <see cref="UsePrecision"/> changes it.</summary>
    public WeightPrecision Precision { get; private set; }

    /// <summary>
    /// With which statistics tokens, targets and outputs are scaled: those that the first <see cref="Fit"/> computed, or that the file held
    /// from which the model came. Null for a model without <c>[Standardize]</c>.
    /// </summary>
    public StandardizationStatistics? Statistics => standardizer?.Statistics;

    /// <summary>
    /// The user's own notes, such as the data and the version of the code. All files of weights and compiled models keep them, in the
    /// <c>__metadata__</c> of the safetensors format, where Python's <c>safe_open(path, "pt").metadata()</c> reads them;
    /// <see cref="ModelFileInfo.Read(string)"/> reads them without this class. A model that is loaded has those of its file. Empty in a new
    /// model; training leaves them as they are.
    /// </summary>
    /// <value>
    /// At most 1,000 entries of together at most 1 MiB of UTF-8; a key has 1 to 512 bytes. It is copied when it is set, in the order of the
    /// keys.
    /// </value>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    /// <exception cref="ArgumentException">
    /// It is more than that; a key or a value has half a character, or a value is null; or a key is reserved: <c>format</c>, and those that
    /// begin with <c>aarengen.</c>
    /// </exception>
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        set => field = UserMetadata.Copy(value, nameof(value));
    } = UserMetadata.None;

    /// <summary>
    /// Identifies the weights and <see cref="Statistics"/> as they are now; for a decision model it also covers <c>ReturnScale</c>. It has
    /// 16 hexadecimal digits, the same for the same numbers in any process. Files of the model and saved states have it.
    /// <see cref="WeightPrecision"/> and <see cref="Metadata"/> do not change it. The first call after the weights changed reads all of
    /// them, about a gigabyte a second.
    /// </summary>
    public string WeightFingerprint => WeightVersion.Text(origin.Weights.Fingerprint);

    /// <summary>
    /// Which states this model continues. By default those of the same weights: the numbers of a state mean something only to the weights
    /// that made them. So a stream whose state was saved continues with a model that was loaded from the same file, and after a further
    /// <see cref="Fit"/> or with other weights its next step is an error, until the state is <see cref="StreamState{TModel}.Reset"/>.
    /// Set it to <see cref="StateAcceptance.SameDeclaration"/> to continue states after a short further training.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the enumeration's values.</exception>
    public StateAcceptance AcceptedStates
    {
        get;
        set => field = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "There is no such acceptance; choose SameWeights or SameDeclaration.");
    }

    /// <summary>The end of the records that trainings used, where they were told of time; null: none is known.</summary>
    internal DateTimeOffset? DataEnd { get; private set; }

    /// <summary>What trainings divided returns by, in a model that decides; null: none is known.</summary>
    internal double? ReturnScale { get; private set; }

    /// <summary>Scales with these statistics; null where nothing is standardised.</summary>
    internal Standardizer? Standardizer => standardizer;

    /// <summary>Which values of tokens may be missing; null: none.</summary>
    private static MissingInputs? Missing { get; } = MissingInputs.Of(Description);

    /// <summary>Turns samples into rows.</summary>
    internal static SamplePreprocessor Preprocessor { get; } = new(Description);

    internal AlignedBuffer WeightBuffer => weights;

    internal Span<float> Weights => weights.Span;

    /// <summary>A model with random weights, drawn as PyTorch draws them for the same layers.</summary>
    /// <param name="seed">The same seed gives the same weights; on another platform a query's last bit may differ.</param>
    public static TSelf Create(int seed)
    {
        TSelf model = Allocated();
        WeightInitializer.Fill(Description, model.Weights, seed);
        model.WeightsChanged();
        return model;
    }

    /// <summary>
    /// Creates a model with the weights of a safetensors file, which <see cref="Save(string)"/> or PyTorch wrote from a <c>state_dict</c>.
    /// </summary>
    /// <remarks>
    /// A model with <c>[Standardize]</c> needs its <see cref="Statistics"/> in the file: the tensors <c>standardize.tokens.center</c>,
    /// <c>standardize.tokens.scale</c>, <c>standardize.targets.center</c> and <c>standardize.targets.scale</c>.
    /// </remarks>
    /// <param name="path">The file; tensors F32, F64, F16 or BF16, little-endian.</param>
    /// <param name="options">Which prefix of names is removed, and whether metadata are read; null: none, and they are.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ModelFileException">
    /// The file is damaged, holds a weight that is not finite in float or weights too large to compute with, has another format, or does
    /// not fit: the message says what it is, or names the missing, unexpected and misshapen tensors, and the prefix that all unexpected
    /// ones share.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read; the message says why.</exception>
    public static TSelf Load(string path, WeightLoadOptions? options = null)
    {
        TSelf model = Allocated();
        model.Use(ModelFile.Read(path, Description, model.weights, options ?? new()));
        model.WeightsLoaded(path);
        return model;
    }

    /// <summary>Creates a model with the weights that a stream holds in the safetensors format.</summary>
    /// <param name="stream">
    /// The stream, at the first byte of the format; it need not seek. Afterwards it is at the byte after the last tensor, so that other
    /// data may follow. After an exception its position is unspecified. The caller disposes it.
    /// </param>
    /// <param name="options">As for <see cref="Load(string, WeightLoadOptions)"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ModelFileException">
    /// As for <see cref="Load(string, WeightLoadOptions)"/>, or the stream ends too soon.
    /// </exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static TSelf Load(Stream stream, WeightLoadOptions? options = null)
    {
        Arguments.CheckReadable(stream);
        TSelf model = Allocated();
        model.Use(ModelFile.Read(stream, Description, model.weights, options ?? new()));
        model.WeightsLoaded(file: null);
        return model;
    }

    /// <summary>
    /// After how many tokens the weight of a token has halved, in each block of an Aaren with <see cref="AarenAttribute.Forget"/>, as the
    /// weights are now; empty where no block forgets.
    /// </summary>
    /// <returns>The blocks in order, the first one first.</returns>
    /// <exception cref="InvalidOperationException">Another call changes the weights.</exception>
    public IReadOnlyList<HalfLives> GetHalfLives()
    {
        IReadOnlyList<HalfLives> all = [];
        Read(nameof(GetHalfLives), () => all = HalfLives.Of(Description, Weights));
        return all;
    }

    /// <summary>Writes the weights as safetensors with PyTorch's names and layouts, replacing the file atomically.</summary>
    /// <param name="path">The file. If it is a symbolic link, its target is written. An existing file keeps its mode.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">
    /// A weight is NaN or infinite, or another call changes the weights. The file is as it was.
    /// </exception>
    public void Save(string path) => Read(nameof(Save), () => AtomicFile.Write(path, Writer()));

    /// <summary>Writes the weights to a stream as safetensors with PyTorch's names and layouts.</summary>
    /// <param name="stream">
    /// The stream; it need not seek. The weights are written at its position and it is flushed; afterwards it is at the byte after the last
    /// tensor. The caller disposes it.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="IOException">The stream cannot be written. Part of the weights may have been.</exception>
    /// <exception cref="InvalidOperationException">
    /// A weight is NaN or infinite, or another call changes the weights. Nothing was written.
    /// </exception>
    public void Save(Stream stream)
    {
        Arguments.CheckWritable(stream);
        Read(nameof(Save), () => OutputStream.Write(stream, Writer()));
    }

    /// <summary>
    /// Writes the model as inference reads it, its matrices packed in its <see cref="Precision"/>, replacing the file atomically. Embedded
    /// by <see cref="WeightsAttribute"/>, such a file is used without a copy. Only the same version of the library reads it, so keep a file
    /// of <see cref="Save(string)"/> as well.
    /// </summary>
    /// <param name="path">The file. If it is a symbolic link, its target is written. An existing file keeps its mode.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">
    /// A weight is NaN or infinite, or another call changes the weights. The file is as it was.
    /// </exception>
    public void SaveCompiled(string path) => Read(nameof(SaveCompiled), () => AtomicFile.Write(path, CompiledWriter()));

    /// <summary>Writes to a stream what <see cref="SaveCompiled(string)"/> writes to a file.</summary>
    /// <param name="stream">
    /// The stream; it need not seek. The model is written at its position and it is flushed; afterwards it is at the byte after the model.
    /// The caller disposes it.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="IOException">The stream cannot be written. Part of the model may have been.</exception>
    /// <exception cref="InvalidOperationException">
    /// A weight is NaN or infinite, or another call changes the weights. Nothing was written.
    /// </exception>
    public void SaveCompiled(Stream stream)
    {
        Arguments.CheckWritable(stream);
        Read(nameof(SaveCompiled), () => OutputStream.Write(stream, CompiledWriter()));
    }

    /// <summary>
    /// Packs the large matrices, those of 64 by 64 and more, again for inference in another precision. A narrower precision is read faster,
    /// which is what bounds a stream's speed, and is less exact. Training, evaluation and files of <see cref="Save(string)"/> stay in
    /// float, so that float can be used again without loss. A new model uses float.
    /// </summary>
    /// <remarks>Like <see cref="Fit"/>, it must run exclusively. States of streams stay valid.</remarks>
    /// <param name="precision">The precision that inference uses from now on.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="precision"/> is none of the enumeration's values.</exception>
    /// <exception cref="InvalidOperationException">
    /// Another call trains, evaluates or saves this model. Or a weight of a large matrix is finite, but beyond 3.396e38, and
    /// <see cref="WeightPrecision.BFloat16"/> would make it infinite: the message names it. The model is as it was.
    /// </exception>
    public void UsePrecision(WeightPrecision precision)
    {
        if (!Enum.IsDefined(precision))
        {
            throw new ArgumentOutOfRangeException(
                nameof(precision), precision, "There is no such precision; choose Float32, BFloat16 or Int8.");
        }
        access.BeginChange(nameof(UsePrecision));
        try
        {
            if (precision == WeightPrecision.BFloat16)
            {
                CheckRange();
            }
            Precision = precision;
            Pack();
        }
        finally
        {
            access.EndChange();
        }
    }

    /// <exception cref="InvalidOperationException">A weight of a large matrix would become infinite in bfloat16.</exception>
    private void CheckRange()
    {
        foreach (ParameterDescription p in Description.Parameters)
        {
            for (int row = 0; row < p.Rows && Math.Min(p.Rows, p.Columns) >= CompressedProduct.MinWidth; row++)
            {
                ReadOnlySpan<float> values = Weights.Slice(p.Offset + row * p.RowStride, p.Columns);
                for (int column = 0; column < values.Length; column++)
                {
                    if (BFloat16.Overflows(values[column]))
                    {
                        throw new InvalidOperationException(FormattableString.Invariant(
                            $"'{p.Name}' holds {values[column]} at [{row}, {column}], which bfloat16 cannot: it would be infinite. ")
                            + "Use Float32 or Int8, or train the model again with a lower learning rate.");
                    }
                }
            }
        }
    }

    /// <summary>A state for a new stream.</summary>
    public StreamState<TSelf> CreateState() => CreateStateOf(null);

    /// <summary>
    /// A state for a new stream of a series, whose tokens and outputs are scaled with the statistics of that series. If the training data
    /// had no such series, they are scaled with those of all data (<see cref="StreamState{TModel}.HasSeriesStatistics"/>).
    /// </summary>
    /// <param name="series">The series's name, as <see cref="SequenceData.GetSeries"/> gave it in training.</param>
    /// <exception cref="ArgumentException">
    /// It is null or empty, has more than 1,024 bytes of UTF-8, half a character or a null character.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The model has no <see cref="StandardizeAttribute.PerSeries"/>, so that series mean nothing to it.
    /// </exception>
    public StreamState<TSelf> CreateState(string series)
    {
        CheckSeries(series);
        return CreateStateOf(series);
    }

    /// <summary>Two states for a new stream that relieve each other, so that no output depends on more than some tokens.</summary>
    /// <param name="maxTokens">
    /// That number: an even one; with <c>[Patch]</c> a multiple of two strides and at least two patches, with <c>[Interleave]</c> a
    /// multiple of twice the modalities. As long as the sequences in training suits it.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is none of these.</exception>
    public StateRelay<TSelf> CreateRelay(int maxTokens) => new((TSelf)this, maxTokens, series: null);

    /// <summary>The same for a stream of a series; see <see cref="CreateState(string)"/>.</summary>
    /// <param name="maxTokens">As for <see cref="CreateRelay(int)"/>.</param>
    /// <param name="series">The series's name.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="series"/> is no name, as <see cref="CreateState(string)"/> says.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is none of the allowed numbers.</exception>
    /// <exception cref="InvalidOperationException">The model has no <see cref="StandardizeAttribute.PerSeries"/>.</exception>
    public StateRelay<TSelf> CreateRelay(int maxTokens, string series)
    {
        CheckSeries(series);
        return new((TSelf)this, maxTokens, series);
    }

    /// <summary>Takes one token of a stream: updates its state and writes the output of this token.</summary>
    /// <param name="state">The stream.</param>
    /// <param name="token">InputWidth numbers in the range that the class's remarks state.</param>
    /// <param name="output">
    /// OutputWidth numbers, overwritten; with NaN where a patch is not yet full (<see cref="StreamState{TModel}.HasOutput"/>).
    /// </param>
    /// <exception cref="ArgumentException">
    /// A length is wrong, or the token holds NaN where no value may be missing, a number or a category out of range. Nothing was written,
    /// the state is as it was.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The state read tokens with other weights, which <see cref="AcceptedStates"/> does not allow. Nothing was written.
    /// </exception>
    public void Step(StreamState<TSelf> state, ReadOnlySpan<float> token, Span<float> output)
    {
        ArgumentNullException.ThrowIfNull(state);
        Arguments.CheckLength(token, Description.InputWidth);
        Arguments.CheckLength(output, Description.OutputWidth);
        Arguments.CheckTokens(token, Description.InputWidth, ScalesOf(state), missing, state.TokenCount);
        Arguments.CheckCategories(token, Description.InputWidth, Description.Categories, state.TokenCount);
        Run(new ReadOnlySpan<StreamState<TSelf>>(ref state), token, output);
    }

    /// <summary>Takes one token of a stream, whose numbers the caller has checked, and otherwise as the public method.</summary>
    internal void StepChecked(StreamState<TSelf> state, ReadOnlySpan<float> token, Span<float> output) =>
        Run(new ReadOnlySpan<StreamState<TSelf>>(ref state), token, output);

    /// <summary>Takes tokens of many streams, which the caller has checked, and otherwise as the public method.</summary>
    internal void StepManyChecked(ReadOnlySpan<StreamState<TSelf>> states, ReadOnlySpan<float> tokens, Span<float> outputs) =>
        Run(states, tokens, outputs);

    /// <summary>Checks a token of a state that is at a position of its stream.</summary>
    /// <exception cref="ArgumentException">The token is wrong.</exception>
    internal void CheckToken(StreamState<TSelf> state, ReadOnlySpan<float> token, long position)
    {
        Arguments.CheckLength(token, Description.InputWidth);
        Arguments.CheckTokens(token, Description.InputWidth, ScalesOf(state), missing, position);
        Arguments.CheckCategories(token, Description.InputWidth, Description.Categories, position);
    }

    /// <summary>Takes one token of a stream without end: updates both states of its relay and writes the output of this token.</summary>
    /// <param name="relay">The stream.</param>
    /// <param name="token">InputWidth numbers in the range that the class's remarks state.</param>
    /// <param name="output">OutputWidth numbers, overwritten as for a state.</param>
    /// <exception cref="ArgumentException">As for a state. Nothing was written, the relay is as it was.</exception>
    /// <exception cref="InvalidOperationException">
    /// The relay read tokens with other weights, which <see cref="AcceptedStates"/> does not allow. Nothing was written.
    /// </exception>
    public void Step(StateRelay<TSelf> relay, ReadOnlySpan<float> token, Span<float> output)
    {
        Arguments.CheckLength(token, Description.InputWidth);
        Forward(relay, token, output);
    }

    /// <summary>
    /// Takes one token of each of many streams in one call, reading the weights once for all of them. A state that
    /// appears more than once takes its tokens in order.
    /// </summary>
    /// <param name="states">The streams.</param>
    /// <param name="tokens">[states, InputWidth] numbers in the range that the class's remarks state, a row a stream.</param>
    /// <param name="outputs">[states, OutputWidth] numbers, overwritten as by <c>Step</c>.</param>
    /// <exception cref="ArgumentException">
    /// A length is wrong, a state is null, or a token holds NaN where no value may be missing, a number or a category out of range. Nothing
    /// was written, the states are as they were.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A state read tokens with other weights, which <see cref="AcceptedStates"/> does not allow. Nothing was written.
    /// </exception>
    public void StepMany(ReadOnlySpan<StreamState<TSelf>> states, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        Arguments.CheckLength(tokens, (long)states.Length * Description.InputWidth);
        Arguments.CheckLength(outputs, (long)states.Length * Description.OutputWidth);
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] is null)
            {
                throw new ArgumentException($"State {i} is null.", nameof(states));
            }
        }
        bool areAlike = Description.ModalityCount == 1 && !IsPerSeries;
        if (areAlike)
        {
            Arguments.CheckTokens(tokens, Description.InputWidth, standardizer, missing, position: 0);
        }
        try
        {
            for (int i = 0; i < states.Length && (!areAlike || Description.Categories.Count > 0); i++)
            {
                ReadOnlySpan<float> token = tokens.Slice(i * Description.InputWidth, Description.InputWidth);
                long position = TakePosition(states[i]);
                if (!areAlike)
                {
                    Arguments.CheckTokens(token, Description.InputWidth, ScalesOf(states[i]), missing, position, i, nameof(tokens));
                }
                Arguments.CheckCategories(token, Description.InputWidth, Description.Categories, position, i, nameof(tokens));
            }
        }
        finally
        {
            ClearPositions(states);
        }
        Run(states, tokens, outputs);
    }

    /// <summary>
    /// Takes many tokens of one stream in one call. The outputs and the state are those of <c>Step</c> token by token,
    /// only sooner; a stream may continue with either.
    /// </summary>
    /// <remarks>
    /// Models whose states combine have a second overload with an argument <c>threads</c>, which shares one sequence among threads: those
    /// with only <see cref="AarenAttribute"/>, <see cref="CausalConvolutionAttribute"/> and layers without state. Transformer, minGRU,
    /// minLSTM, pooling by the mean, patches, instance normalisation, independent channels and several heads have no such combination, and
    /// the overload is missing. Long sequences of such models are run by this method; several run in parallel, one a thread.
    /// </remarks>
    /// <param name="state">The stream; a fresh state for a whole sequence.</param>
    /// <param name="tokens">[tokens, InputWidth] numbers in the range that the class's remarks state; no token at all is allowed.</param>
    /// <param name="outputs">[tokens, OutputWidth] numbers, overwritten as by <c>Step</c>.</param>
    /// <exception cref="ArgumentException">
    /// A length is wrong, or a token holds NaN where no value may be missing, a number or a category out of range. Nothing was written, the
    /// state is as it was.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The state read tokens with other weights, which <see cref="AcceptedStates"/> does not allow. Nothing was written.
    /// </exception>
    public void Forward(StreamState<TSelf> state, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        ArgumentNullException.ThrowIfNull(state);
        CheckTokens(state, tokens, outputs);
        Run(new ReadOnlySpan<StreamState<TSelf>>(ref state), tokens, outputs);
    }

    /// <summary>Takes many tokens of a stream without end; the same as <c>Step</c> token by token, only sooner.</summary>
    /// <param name="relay">The stream.</param>
    /// <param name="tokens">[tokens, InputWidth] numbers in the range that the class's remarks state; no token at all is allowed.</param>
    /// <param name="outputs">[tokens, OutputWidth] numbers, overwritten as for a state.</param>
    /// <exception cref="ArgumentException">As for a state. Nothing was written, the relay is as it was.</exception>
    /// <exception cref="InvalidOperationException">
    /// The relay read tokens with other weights, which <see cref="AcceptedStates"/> does not allow. Nothing was written.
    /// </exception>
    public void Forward(StateRelay<TSelf> relay, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        ArgumentNullException.ThrowIfNull(relay);
        CheckTokens(relay.Acting, tokens, outputs);
        relay.Advance((TSelf)this, tokens, outputs);
    }

    /// <summary>
    /// Trains the model on sequences, on the device of <see cref="TrainingOptions.Device"/>: the CPU by default, or a GPU.
    /// </summary>
    /// <remarks>
    /// <para>Before the first optimiser step all data are read once and checked, so that wrong data are found before the model changes.
    /// With a <see cref="TrainingOptions.CheckpointPath"/> they are hashed as well (seconds a gigabyte), because a checkpoint is
    /// resumed on the same data only.</para>
    /// <para>A target that is NaN is missing: its value has neither loss nor gradient (see <see cref="Evaluate"/> for the mean). A batch
    /// whose targets are all missing changes no weight, like one whose tokens have the weight 0.</para>
    /// <para>A model with <c>[Standardize]</c> whose <see cref="Statistics"/> are not fitted computes them first: it reads the training
    /// data one to eight more times, as <see cref="Standardization"/> says (twice as often with
    /// <see cref="StandardizeAttribute.PerSeries"/>), and keeps nothing of them. A model that was trained or loaded keeps its statistics,
    /// since its weights depend on them; for others, train a new model. A checkpoint has the statistics with which its training began.
    /// Epochs are compared by losses of standardised targets.</para>
    /// <para>States of streams from before the training belong to other weights afterwards; see <see cref="AcceptedStates"/>.</para>
    /// <para>A model with a task is trained on tokens here, not on its records. The time of tokens is unknown, so <c>FittedUntil</c> tells
    /// only of trainings from records. The <c>ReturnScale</c> of a decision model stays, since the returns in its tokens are divided by
    /// it.</para>
    /// </remarks>
    /// <param name="train">The sequences to learn from.</param>
    /// <param name="validation">
    /// Sequences that decide which epoch was best: the weights of that epoch remain. Null: those of the last epoch remain.
    /// </param>
    /// <param name="options">How to train; sensible defaults where null.</param>
    /// <param name="progress">
    /// Receives a report at the end of each epoch. Within an epoch it receives one after the first optimiser step that ends at least 100 ms
    /// after the previous report, not after every step. It is called on the calling thread. Null: no reports.
    /// </param>
    /// <param name="cancellationToken">
    /// Stops the training after the current optimiser step, writing a checkpoint where the options name one.
    /// </param>
    /// <returns>Losses, times, the best epoch.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="train"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The data or options do not fit the model: a width or a number is wrong, no target with a weight above 0 is there, or a sequence is
    /// longer than the model, or this machine's memory, takes. The message says which and where. The model is as it was.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Another call trains, evaluates or saves this model, or changes its precision: the model is as it was. Or the data changed while they
    /// were used.
    /// </exception>
    /// <exception cref="TrainingDivergedException">
    /// The loss or a gradient became NaN or infinite. The model has the weights from before that optimiser step.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The token was cancelled. The model has the weights of the last optimiser step.
    /// </exception>
    /// <exception cref="ModelFileException">
    /// The checkpoint to resume from is damaged or belongs to another training: the message names every option, and what of the data,
    /// differs. The model is as it was.
    /// </exception>
    /// <exception cref="IOException">
    /// The checkpoint cannot be read or written. Whether its directory exists and allows it is tried before the first optimiser step.
    /// </exception>
    /// <exception cref="Exception">
    /// An exception of the data's own methods or of the progress callback passes through; the model then has the weights of the last
    /// optimiser step. A device other than the CPU may be missing or fail, and the documentation of its package says with which exceptions:
    /// <c>CudaUnavailableException</c>, <c>CudaException</c> and <see cref="NotSupportedException"/> for AarenGen.Cuda.
    /// </exception>
    public TrainingReport Fit(
        SequenceData train, SequenceData? validation = null, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        return FitTask(train, validation, options ?? new(), DataEnd, ReturnScale, yields: false, progress, cancellationToken)
            .GetAwaiter().GetResult();
    }

    /// <summary>
    /// As <see cref="Fit"/>, with the same result bit for bit, but gives the caller's thread back between optimiser steps: for programs
    /// whose one thread also serves the user, such as a page in a browser.
    /// </summary>
    /// <remarks>
    /// All work is done on the caller's <see cref="SynchronizationContext"/>, on the thread pool if there is none. The thread is given back
    /// after the first optimiser step that ends at least 10 ms after it was taken; reading and checking the data and the validation at the
    /// end of an epoch are not divided. Until the task is complete, the model is trained: see <see cref="Fit"/> for what is refused
    /// meanwhile. Where there are threads, <c>Task.Run</c> with <see cref="Fit"/> keeps a user interface entirely free.
    /// </remarks>
    /// <param name="train">As of <see cref="Fit"/>.</param>
    /// <param name="validation">As of <see cref="Fit"/>.</param>
    /// <param name="options">As of <see cref="Fit"/>.</param>
    /// <param name="progress">As of <see cref="Fit"/>; it is called where the work is done.</param>
    /// <param name="cancellationToken">As of <see cref="Fit"/>.</param>
    /// <returns>A task with the report; it fails with the exceptions of <see cref="Fit"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="train"/> is null.</exception>
    public Task<TrainingReport> FitAsync(
        SequenceData train, SequenceData? validation = null, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        return FitTask(train, validation, options ?? new(), DataEnd, ReturnScale, yields: true, progress, cancellationToken);
    }

    /// <summary>
    /// Does what <see cref="Fit"/> and <see cref="FitAsync"/> do. If the weights change, the model also takes the end of the data and the
    /// scale of returns, whether the training completes, is cancelled or fails.
    /// </summary>
    /// <param name="train">The sequences to learn from.</param>
    /// <param name="validation">Sequences that decide which epoch was best; null: none.</param>
    /// <param name="options">How to train.</param>
    /// <param name="dataEnd">The end of the records that this training and those before it used; null: it is not known.</param>
    /// <param name="returnScale">What returns are divided by in the tokens; null: it is not known.</param>
    /// <param name="yields">
    /// Whether the caller's thread gets control back between optimiser steps; otherwise the task is complete when the call returns.
    /// </param>
    /// <param name="progress">Receives reports; null: none.</param>
    /// <param name="cancellationToken">Stops.</param>
    internal async Task<TrainingReport> FitTask(
        SequenceData train, SequenceData? validation, TrainingOptions options, DateTimeOffset? dataEnd, double? returnScale, bool yields,
        IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        access.BeginChange(yields ? nameof(FitAsync) : nameof(Fit));
        try
        {
            // States keep the fingerprint of the weights that are about to change.
            ulong before = origin.Weights.Fingerprint;
            try
            {
                weights = weights.Writable();
                using var trainer = new Trainer<TSelf>((TSelf)this, train, validation, options);
                return await trainer.Run(yields, progress, cancellationToken);
            }
            finally
            {
                // A training that was stopped or that failed leaves the weights of its last optimiser step. Fingerprints take time.
                if ((dataEnd != DataEnd || returnScale != ReturnScale) && origin.Weights.Fingerprint != before)
                {
                    (DataEnd, ReturnScale) = (dataEnd, returnScale);
                    origin = NewOrigin();
                }
            }
        }
        finally
        {
            access.EndChange();
        }
    }

    /// <summary>The declared loss over all sequences: the mean over their tokens, weighted as the data say.</summary>
    /// <remarks>
    /// <para>A target that is NaN is missing, and the mean is over the values that are there: a token that has k of its m values counts as
    /// k/m of a token. With several heads, a value has the weight of its token times that of its head, divided by the number of the head's
    /// values. The loss is the mean over all values with these weights, times the sum of the heads' weights.</para>
    /// <para>Memory does not grow with the length of very long sequences, which are evaluated in chunks that carry the state.</para>
    /// <para>With <c>[Standardize]</c> it is the loss as trained, of standardised targets: a mean absolute error of 0.1 is a tenth of the
    /// targets' <see cref="ColumnScale.Scale"/>. For errors in the targets' units see <see cref="EvaluateHeads"/>.</para>
    /// </remarks>
    /// <param name="data">The sequences.</param>
    /// <exception cref="ArgumentException">
    /// The data do not fit the model, no target with a weight above 0 is there, or this machine has too little memory.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Another call trains this model or changes its precision, or the data changed while they were used.
    /// </exception>
    public double Evaluate(SequenceData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        double loss = 0;
        Read(nameof(Evaluate), () => loss = Trainer<TSelf>.Evaluate((TSelf)this, data));
        return loss;
    }

    /// <summary>
    /// How well each head does over all sequences: its loss in its own terms, errors in the targets' units, accuracy of classes.
    /// </summary>
    /// <remarks>
    /// With one head, <see cref="HeadEvaluation.MeanLoss"/> is <see cref="Evaluate"/>. It runs the model once for each head, in bounded
    /// memory like <see cref="Evaluate"/>.
    /// </remarks>
    /// <param name="data">The sequences.</param>
    /// <returns>An evaluation for each head, in the order of <see cref="ModelDescription.Heads"/>.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Evaluate"/>.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Evaluate"/>.</exception>
    public IReadOnlyList<HeadEvaluation> EvaluateHeads(SequenceData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        IReadOnlyList<HeadEvaluation> heads = [];
        Read(nameof(EvaluateHeads), () => heads = Trainer<TSelf>.EvaluateHeads((TSelf)this, data));
        return heads;
    }

    /// <summary>Called by generated code: creates the model with the weights of a file embedded in its assembly.</summary>
    /// <exception cref="ModelFileException">The file is not embedded, is damaged, or does not fit.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected static TSelf LoadEmbedded(string file)
    {
        using UnmanagedMemoryStream resource = CompiledModel.Open(typeof(TSelf).Assembly, file);
        return LoadEmbedded(resource, file);
    }

    /// <summary>The memory below the stream must outlive the model.</summary>
    internal static TSelf LoadEmbedded(UnmanagedMemoryStream resource, string file)
    {
        if (CompiledModel.TryRead(resource, Description, file) is { } compiled)
        {
            TSelf inPlace = TSelf.Empty();
            (inPlace.weights, inPlace.packed, inPlace.Precision, ModelNotes notes) = compiled;
            inPlace.Use(notes);
            inPlace.origin = inPlace.NewOrigin();
            return inPlace;
        }
        TSelf model = Allocated();
        resource.Position = 0;
        model.Use(ModelFile.Read(resource, file, Description, model.weights, new()));
        model.WeightsLoaded(file);
        return model;
    }

    /// <summary>
    /// Computes derived weights from the parameters and packs the matrices: for inference in a precision, or for training as well, which is
    /// always in float. Several workers may each do a slice. Called by the library; generated code overrides it.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected abstract void Prepare(Span<float> weights, Span<float> packed, WeightPrecision precision, bool training, WorkerSlice slice);

    /// <summary>Runs rows through all layers. Called by the library; generated code overrides it.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected abstract void Infer(scoped in InferencePass<TSelf> pass);

    /// <summary>
    /// Runs the forward and backward pass of whole sequences; returns the weighted sum of their tokens' losses times the loss scale. Called
    /// by the library; generated code overrides it.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected abstract double Train(scoped in TrainingPass pass);

    /// <summary>
    /// Adds the gradients of derived weights to those of the parameters that they were derived from, once per optimiser step. Several
    /// workers may each do a slice. Called by the library; generated code overrides it where the model has such weights.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected virtual void BackpropagateDerivedWeights(ReadOnlySpan<float> weights, Span<float> gradients, WorkerSlice slice)
    {
    }

    /// <summary>
    /// The CUDA kernels that train the model on a GPU; null unless the project that declares it refers to AarenGen.Cuda. Called by the
    /// library; generated code overrides it.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected virtual DeviceProgram? DescribeDevice() => null;

    internal DeviceProgram? DeviceProgram => DescribeDevice();

    // The trainer calls these, as it cannot call protected members.
    internal void PrepareFor(Span<float> packed, bool training, WorkerSlice slice) =>
        Prepare(weights.Span, packed, WeightPrecision.Float32, training, slice);

    internal double RunTraining(scoped in TrainingPass pass) => Train(pass);

    internal void BackpropagateDerivedWeights(Span<float> gradients, WorkerSlice slice) =>
        BackpropagateDerivedWeights(weights.Span, gradients, slice);

    /// <summary>What scales the tokens and outputs of a state; null where nothing is standardised.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Standardizer? ScalesOf(StreamState<TSelf> state) => IsPerSeries ? state.ScalesOf(standardizer!) : standardizer;

    /// <summary>Whether each series has statistics of its own.</summary>
    internal bool IsPerSeries => standardizer is { IsPerSeries: true };

    /// <summary>A state of a series, which was checked; null: of none.</summary>
    internal StreamState<TSelf> CreateStateOf(string? series)
    {
        var state = new StreamState<TSelf>(origin, series);
        ScalesOf(state);
        return state;
    }

    private void CheckSeries(string series)
    {
        ArgumentNullException.ThrowIfNull(series);
        if (!IsPerSeries)
        {
            throw new InvalidOperationException(
                $"'{Description.Name}' has no statistics of series; declare [Standardize(PerSeries = true)], or name no series.");
        }
        if (!SeriesName.IsValid(series))
        {
            throw SeriesName.Error("", nameof(series));
        }
    }

    /// <summary>Checks many tokens of a stream; returns how many they are.</summary>
    internal int CheckTokens(StreamState<TSelf> state, ReadOnlySpan<float> tokens, ReadOnlySpan<float> outputs)
    {
        int count = Arguments.CountRows(tokens, Description.InputWidth);
        Arguments.CheckLength(outputs, (long)count * Description.OutputWidth);
        Arguments.CheckTokens(tokens, Description.InputWidth, ScalesOf(state), missing, state.TokenCount);
        Arguments.CheckCategories(tokens, Description.InputWidth, Description.Categories, state.TokenCount);
        return count;
    }

    /// <summary>What generated code needs to infer some rows of plain tokens.</summary>
    internal InferencePass<TSelf> Pass(
        ReadOnlySpan<StreamState<TSelf>> states, int rows, ReadOnlySpan<float> tokens, Span<float> outputs) => new()
    {
        Rows = rows,
        Weights = weights.Span,
        Packed = packed.Span,
        Precision = Precision,
        Scratch = Scratch.Get(Description.Layout.ScratchFloats),
        Tokens = tokens,
        Outputs = outputs,
        States = states,
    };

    /// <summary>
    /// What follows a change of the weights or statistics. States of those before are others' from now on, so whoever changes the weights
    /// of a model that may have states asks for their fingerprint before.
    /// </summary>
    internal void WeightsChanged()
    {
        origin = NewOrigin();
        Pack();
    }

    /// <summary>Prepares the weights of a file, which are finite, for inference.</summary>
    /// <param name="file">Its name, for the message; null: a stream without one.</param>
    /// <exception cref="ModelFileException">What is derived from them is not finite: no output would be.</exception>
    private void WeightsLoaded(string? file)
    {
        WeightsChanged();
        if (!VectorMath.AreFinite(weights.Span))
        {
            throw new ModelFileException(
                (file is null ? "" : $"{file}: ") + $"The weights of '{Description.Name}' are finite, but so large that what is computed "
                + "from them (folded queries, factors of convolutions) is not; train the model again, or use an older file.");
        }
    }

    private void Pack()
    {
        weights = weights.Writable();
        packed = packed.Writable();
        Prepare(weights.Span, packed.Span, Precision, training: false, WorkerSlice.All);
    }

    private StateOrigin NewOrigin() => new(
        new WeightVersion(() => ModelFile.FingerprintOf(Description, weights, Statistics, ReturnScale)), null, standardizer, standardizer);

    /// <summary>Refuses a state of other weights than this model accepts.</summary>
    /// <exception cref="InvalidOperationException">It is one.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CheckWeights(StreamState<TSelf> state)
    {
        if (!ReferenceEquals(state.Weights, origin.Weights))
        {
            CheckOther(state, index: null);
        }
    }

    /// <param name="state">A state whose weights are not those of this model, or not known to be.</param>
    /// <param name="index">Its place among those of the call; null: it is the only one.</param>
    private void CheckOther(StreamState<TSelf> state, int? index)
    {
        if (state.TokenCount == 0 || AcceptedStates == StateAcceptance.SameDeclaration
            || state.Weights.Fingerprint == origin.Weights.Fingerprint)
        {
            return;
        }
        string which = index is { } place ? $"State {place}" : "This state";
        throw new InvalidOperationException(
            FormattableString.Invariant($"{which} has read {state.TokenCount} tokens with the weights {state.WeightFingerprint}, ")
            + $"and means nothing to those of this '{Description.Name}', {WeightFingerprint}. Step it with the weights that it belongs to; "
            + $"or Reset it and read the latest tokens again; or, after a short further training, set {nameof(AcceptedStates)} to "
            + $"{nameof(StateAcceptance.SameDeclaration)}.");
    }

    /// <summary>Makes states of other weights, as far as this model accepts them, its own. It is a part of each step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Adopt(ReadOnlySpan<StreamState<TSelf>> states)
    {
        WeightVersion own = origin.Weights;
        for (int i = 0; i < states.Length; i++)
        {
            if (!ReferenceEquals(states[i].Weights, own))
            {
                AdoptOther(states, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AdoptOther(ReadOnlySpan<StreamState<TSelf>> states, int index)
    {
        CheckOther(states[index], states.Length == 1 ? null : index);
        states[index].Adopt(origin);
    }

    /// <summary>Null for a model that standardises nothing.</summary>
    internal void UseStatistics(StandardizationStatistics? statistics) =>
        standardizer = Standardizer.Create(Description, statistics);

    /// <summary>What files have beside the weights.</summary>
    private ModelNotes Notes => new(Statistics, DataEnd, ReturnScale, Metadata);

    private Action<Stream> Writer() => ModelFile.Writer(Description, weights, Notes, origin.Weights.Fingerprint);

    private Action<Stream> CompiledWriter() =>
        CompiledModel.Writer(Description, weights, packed, Precision, Notes, origin.Weights.Fingerprint);

    private void Use(in ModelNotes notes)
    {
        UseStatistics(notes.Statistics);
        (DataEnd, ReturnScale, Metadata) = (notes.Until, notes.ReturnScale, notes.Metadata);
    }

    /// <summary>Does what needs weights that nobody changes meanwhile.</summary>
    internal void Read(string call, Action action)
    {
        access.BeginRead(call);
        try
        {
            action();
        }
        finally
        {
            access.EndRead();
        }
    }

    /// <summary>A model with its own memory, all zero.</summary>
    internal static TSelf Allocated()
    {
        TSelf model = TSelf.Empty();
        model.weights = new(Description.Layout.WeightFloats);
        model.packed = new(Description.Layout.PackedFloats);
        model.UseStatistics(StandardizationStatistics.None(Description));
        return model;
    }

    /// <summary>Runs tokens of a state each, or in order of a single state, through the model, and counts them.</summary>
    private void Run(ReadOnlySpan<StreamState<TSelf>> states, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        Adopt(states);
        if (Description.Tokens.IsPlain)
        {
            RunPlain(states, tokens, outputs);
        }
        else
        {
            RunShaped(states, tokens, outputs);
        }
    }

    /// <summary>Tokens are rows: they run from and to the caller's memory, unless they are standardised.</summary>
    private void RunPlain(ReadOnlySpan<StreamState<TSelf>> states, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        int count = tokens.Length / Description.InputWidth;
        for (int first = 0; first < count; first += Description.Layout.RowsPerPass)
        {
            int rows = Math.Min(Description.Layout.RowsPerPass, count - first);
            ReadOnlySpan<StreamState<TSelf>> streams = states.Length == 1 ? states : states.Slice(first, rows);
            ReadOnlySpan<float> read = tokens.Slice(first * Description.InputWidth, rows * Description.InputWidth);
            Span<float> written = outputs.Slice(first * Description.OutputWidth, rows * Description.OutputWidth);
            if (standardizer is null)
            {
                Infer(Pass(streams, rows, read, written));
            }
            else
            {
                Infer(Pass(streams, rows, Standardize(streams, read), written));
                if (IsPerSeries)
                {
                    Restore(streams, written);
                }
                else
                {
                    standardizer.RestoreOutputs(written);
                }
            }
            if (streams.Length == 1)
            {
                streams[0].TokenCount += rows;
                continue;
            }
            foreach (StreamState<TSelf> state in streams)
            {
                state.TokenCount++;
            }
        }
    }

    /// <summary>Tokens of a state each, or in order of a single state, standardised in working memory behind that of a pass.</summary>
    private ReadOnlySpan<float> Standardize(ReadOnlySpan<StreamState<TSelf>> states, ReadOnlySpan<float> tokens)
    {
        int scratch = Description.Layout.ScratchFloats, width = Description.InputWidth;
        Span<float> standardized = Scratch.Get(scratch + tokens.Length).Slice(scratch, tokens.Length);
        if (states.Length == 1 || (Description.ModalityCount == 1 && !IsPerSeries))
        {
            ScalesOf(states[0])!.StandardizeTokens(tokens, states[0].TokenCount, standardized);
            return standardized;
        }
        for (int i = 0; i < states.Length; i++)
        {
            long position = TakePosition(states[i]);
            ScalesOf(states[i])!.StandardizeTokens(tokens.Slice(i * width, width), position, standardized.Slice(i * width, width));
        }
        ClearPositions(states);
        return standardized;
    }

    /// <summary>Scales back outputs of a state each, or of a single state.</summary>
    private void Restore(ReadOnlySpan<StreamState<TSelf>> states, Span<float> outputs)
    {
        if (states.Length == 1 || !IsPerSeries)
        {
            ScalesOf(states[0])!.RestoreOutputs(outputs);
            return;
        }
        for (int i = 0; i < states.Length; i++)
        {
            ScalesOf(states[i])!.RestoreOutputs(outputs.Slice(i * Description.OutputWidth, Description.OutputWidth));
        }
    }

    /// <summary>The position of a state's next token in this call: a state that has several of its tokens takes them in order.</summary>
    private static long TakePosition(StreamState<TSelf> state) => state.TokenCount + state.PendingTokens++;

    private static void ClearPositions(ReadOnlySpan<StreamState<TSelf>> states)
    {
        foreach (StreamState<TSelf> state in states)
        {
            state.PendingTokens = 0;
        }
    }

    /// <summary>Tokens become rows when a patch is full, one a channel: what is full is gathered and run together.</summary>
    private void RunShaped(ReadOnlySpan<StreamState<TSelf>> states, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        TokenShape shape = Description.Tokens;
        SamplePreprocessor preprocessor = Preprocessor;
        int count = tokens.Length / Description.InputWidth, capacity = Description.Layout.RowsPerPass / shape.Channels;
        int rowsWidth = shape.Channels * Description.RowInputWidth, statisticsWidth = shape.Channels * Description.RowStatistics;
        Span<float> scratch = Scratch.Get(
            Description.Layout.ScratchFloats + capacity * (rowsWidth + statisticsWidth + Description.OutputWidth) + Description.InputWidth);
        Span<float> rows = scratch.Slice(Description.Layout.ScratchFloats, capacity * rowsWidth);
        Span<float> statistics = scratch.Slice(Description.Layout.ScratchFloats + rows.Length, capacity * statisticsWidth);
        Span<float> results = scratch.Slice(
            Description.Layout.ScratchFloats + rows.Length + statistics.Length, capacity * Description.OutputWidth);
        Span<float> standardized = scratch.Slice(
            Description.Layout.ScratchFloats + rows.Length + statistics.Length + results.Length, Description.InputWidth);
        Span<int> gathered = stackalloc int[capacity];
        StreamState<TSelf>[] streams = gatheredStates ??= new StreamState<TSelf>[capacity];
        int full = 0;
        for (int i = 0; i < count; i++)
        {
            StreamState<TSelf> state = states[states.Length == 1 ? 0 : i];
            ReadOnlySpan<float> token = tokens.Slice(i * Description.InputWidth, Description.InputWidth);
            if (ScalesOf(state) is { } scales)
            {
                scales.StandardizeTokens(token, state.TokenCount, standardized);
                token = standardized;
            }
            state.TokenCount++;
            if (preprocessor.Add(
                state.SampleMemory, token,
                rows.Slice(full * rowsWidth, rowsWidth), statistics.Slice(full * statisticsWidth, statisticsWidth)))
            {
                gathered[full] = i;
                streams[full++] = state;
            }
            else
            {
                outputs.Slice(i * Description.OutputWidth, Description.OutputWidth).Fill(float.NaN);
            }
            if (full == capacity || (i == count - 1 && full > 0))
            {
                Infer(new InferencePass<TSelf>
                {
                    Rows = full * shape.Channels,
                    Weights = weights.Span,
                    Packed = packed.Span,
                    Precision = Precision,
                    Scratch = scratch[..Description.Layout.ScratchFloats],
                    Tokens = rows[..(full * rowsWidth)],
                    Statistics = statistics[..(full * statisticsWidth)],
                    Outputs = results[..(full * Description.OutputWidth)],
                    States = streams.AsSpan(0, full),
                });
                if (standardizer is not null)
                {
                    Restore(streams.AsSpan(0, full), results[..(full * Description.OutputWidth)]);
                }
                for (int j = 0; j < full; j++)
                {
                    results.Slice(j * Description.OutputWidth, Description.OutputWidth)
                        .CopyTo(outputs.Slice(gathered[j] * Description.OutputWidth, Description.OutputWidth));
                }
                full = 0;
            }
        }
        // The thread must not keep states alive.
        streams.AsSpan().Clear();
    }
}
