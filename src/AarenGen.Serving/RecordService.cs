using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>
/// Follows any number of streams of records with one model that has a task: each as a <see cref="SeriesState{TModel}"/> in one process, bit
/// for bit. A stream is called by the key of its records. Otherwise the service is as <see cref="StreamService{TModel}"/>: records of all
/// callers are read in shards side by side, each of a stream after the one before it, and logged before they are acknowledged.
/// </summary>
/// <remarks>
/// <para>Records have numbers: the first of a stream is 1. A sender that numbers its records may send one again after a failure: it is read
/// once, and both sendings get the same output, or the second one what an advance has given since. A sender that gives no number, 0, has
/// its records read as they come.</para>
/// <para>A record that a <see cref="RecordException"/> refuses in one process is <see cref="StepStatus.Invalid"/> with its message, and the
/// stream is as it was.</para>
/// <para>Thread safety: any number of threads may call all members.</para>
/// </remarks>
/// <typeparam name="TModel">The model.</typeparam>
/// <typeparam name="TRecord">The type of its records.</typeparam>
public sealed class RecordService<TModel, TRecord> : IAsyncDisposable, IDisposable
    where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
{
    private readonly StreamService<TModel> streams;
    private readonly RecordSteps<TModel> steps;

    internal RecordService(StreamService<TModel> streams) => (this.streams, steps) = (streams, streams.Form.Records!);

    /// <summary>Starts a service: its streams go on where the last acknowledged record left them.</summary>
    /// <param name="model">The model; nobody trains it while the service uses it.</param>
    /// <param name="store">
    /// The store, which is this service's alone; the caller disposes it after the service. Null: streams live in memory alone, and end with
    /// the process.
    /// </param>
    /// <param name="options">How the service works; null: the defaults.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    /// <exception cref="IOException">The store cannot be read or written.</exception>
    /// <exception cref="ModelFileException">
    /// The store belongs to another declaration, or to streams of tokens; or it is damaged.
    /// </exception>
    public static async Task<RecordService<TModel, TRecord>> StartAsync(
        TModel model, IStreamStore? store = null, StreamServiceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(await StreamService<TModel>.StartAsync(
            model, store, options, StreamForm<TModel>.Of(model.CreateSteps()), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The model that reads records.</summary>
    public TModel Model => streams.Model;

    /// <summary>How the service works.</summary>
    public StreamServiceOptions Options => streams.Options;

    /// <summary>How many records a call may have: <see cref="StreamServiceOptions.MaxPendingTokens"/>.</summary>
    public int MaxRecordsPerCall => streams.MaxTokensPerCall;

    /// <summary>Streams in memory.</summary>
    public int StreamCount => streams.StreamCount;

    /// <summary>Records that wait or are being read.</summary>
    public int PendingRecords => streams.PendingTokens;

    /// <summary>Bytes of all arrays that hold streams.</summary>
    public long MemoryBytes => streams.MemoryBytes;

    /// <summary>Why the service is not well: what its store said when it last failed; null: all is well.</summary>
    public Exception? Failure => streams.Failure;

    /// <summary>Whether streams have intervals that end without a record.</summary>
    internal static bool CanAdvance => RecordModel<TModel, TRecord>.CanAdvance;

    /// <summary>Bytes that a record and its output take during a call, about.</summary>
    internal int BytesPerRecord => 2 * (sizeof(long) * steps.Words + sizeof(float) * streams.Form.OutputWidth);

    /// <summary>As <see cref="StreamService{TModel}.DamagedStreams"/>.</summary>
    public IReadOnlyList<string> DamagedStreams => streams.DamagedStreams;

    /// <summary>Reads a record of the stream that its key names.</summary>
    /// <param name="record">The record.</param>
    /// <param name="sequence">The number of the record, from 1; 0: the next one.</param>
    /// <param name="cancellationToken">Ends the call where the record has not been read by then.</param>
    /// <returns>What the model has given in the stream after the record.</returns>
    /// <exception cref="StepRefusedException">The record was not read; its result says why.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled before the record was read.</exception>
    public ValueTask<RecordResult<TModel>> StepAsync(TRecord record, long sequence = 0, CancellationToken cancellationToken = default) =>
        StepAsync(new RecordStep<TRecord> { Record = record, Sequence = sequence }, cancellationToken);

    /// <summary>Reads a record of a stream, with what else the model's task can be told.</summary>
    /// <param name="step">The record, and the rest.</param>
    /// <param name="cancellationToken">Ends the call where the record has not been read by then.</param>
    /// <returns>What the model has given in the stream after the record.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="step"/> is null.</exception>
    /// <exception cref="StepRefusedException">The record was not read; its result says why.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled before the record was read.</exception>
    public async ValueTask<RecordResult<TModel>> StepAsync(RecordStep<TRecord> step, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(step);
        var words = new long[steps.Words];
        string id;
        try
        {
            id = Encode(step, words);
        }
        catch (RecordException error)
        {
            throw new StepRefusedException(new(StepStatus.Invalid, 0, error.Message));
        }
        return await StepAsync(id, words, step.Sequence, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads records of any streams; a stream that occurs more than once reads its records in order. What is wrong with one record is no
    /// matter of the others.
    /// </summary>
    /// <param name="records">The records, and the rest.</param>
    /// <param name="cancellationToken">
    /// Records that were not read when it is cancelled are <see cref="StepStatus.Canceled"/>; the call ends when all have their results.
    /// </param>
    /// <returns>What became of the records, one each.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> or one of them is null.</exception>
    /// <exception cref="ArgumentException">There are more records than <see cref="MaxRecordsPerCall"/>.</exception>
    public async ValueTask<RecordResult<TModel>[]> StepManyAsync(
        IReadOnlyList<RecordStep<TRecord>> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        if (records.Count > MaxRecordsPerCall)
        {
            throw new ArgumentException(
                $"There are {records.Count} records; the service takes at most {MaxRecordsPerCall} in one call. Send fewer, or set "
                + $"{nameof(StreamServiceOptions.MaxPendingTokens)}.",
                nameof(records));
        }
        var results = new RecordResult<TModel>[records.Count];
        // Those that are wrong alone do not reach the service.
        var places = new List<int>(records.Count);
        var ids = new List<string>(records.Count);
        var words = new long[records.Count * steps.Words];
        for (int i = 0; i < results.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(records[i], nameof(records));
            try
            {
                ids.Add(Encode(records[i], words.AsSpan(places.Count * steps.Words, steps.Words)));
                places.Add(i);
            }
            catch (RecordException error)
            {
                results[i] = new(StepStatus.Invalid, 0, null, error.Message);
            }
        }
        int width = streams.Form.OutputWidth;
        var outputs = new float[places.Count * width];
        var read = new StepResult[places.Count];
        await streams.StepManyAsync(
            ids.ToArray(), Floats(words.AsSpan(0, places.Count * steps.Words)), outputs, read,
            places.ConvertAll(i => records[i].Sequence).ToArray(), cancellationToken).ConfigureAwait(false);
        for (int k = 0; k < read.Length; k++)
        {
            results[places[k]] = new(
                read[k].Status, read[k].Sequence, read[k].HasOutput ? OutputOf(ids[k], outputs.AsSpan(k * width, width)) : null,
                read[k].Message);
        }
        return results;
    }

    /// <summary>
    /// Completes the intervals of a stream of forecasts that have ended until a moment, as <c>Advance</c> of the model does. It is logged
    /// as a record is, but has no number: those of records go on as if it had not been. It may be sent again: what is complete stays so.
    /// </summary>
    /// <param name="id">The stream's id: the key of its records.</param>
    /// <param name="now">The moment.</param>
    /// <param name="cancellationToken">Ends the call where it has not been done by then.</param>
    /// <returns>
    /// What the model has given in the stream: <see cref="StepStatus.Accepted"/> where intervals were completed; otherwise
    /// <see cref="StepStatus.Repeated"/>, with what the stream had given before. Null: it has never read a record, or it was removed.
    /// </returns>
    /// <exception cref="InvalidOperationException">The model makes no forecasts.</exception>
    /// <exception cref="StepRefusedException">
    /// It was not done; its result says why. Until that moment more intervals may have no record than
    /// <see cref="StreamServiceOptions.MaxEmptyIntervals"/>, or the model, allows.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled before it was done.</exception>
    public async ValueTask<RecordResult<TModel>?> AdvanceAsync(
        string id, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        if (!CanAdvance)
        {
            throw new InvalidOperationException("Only streams of forecasts have intervals that end without a record.");
        }
        var words = new long[steps.Words];
        EncodedRecord.WriteAdvance(words, now.UtcTicks);
        RecordResult<TModel> result = await StepAsync(id, words, 0, cancellationToken).ConfigureAwait(false);
        return result.Sequence > 0 ? result : null;
    }

    /// <summary>What is known of a stream; null: it has never read a record, or it was removed.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentException">The id cannot be one.</exception>
    /// <exception cref="IOException">The store cannot be read.</exception>
    /// <exception cref="ModelFileException">The saved stream is damaged, or of another declaration.</exception>
    public async ValueTask<RecordStreamInfo<TModel>?> FindAsync(string id, CancellationToken cancellationToken = default)
    {
        var output = new float[streams.Form.OutputWidth];
        return await streams.FindAsync(id, output, cancellationToken).ConfigureAwait(false) is { } info
            ? new(info, OutputOf(id, output)) : null;
    }

    /// <summary>As <see cref="StreamService{TModel}.ResetAsync"/>.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The stream after it; null: it has never read a record, or it was removed.</returns>
    /// <exception cref="ArgumentException">The id cannot be one.</exception>
    /// <exception cref="IOException">The store failed; the stream is as it was.</exception>
    /// <exception cref="ModelFileException">The saved stream is damaged, or of another declaration.</exception>
    public ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken = default) =>
        streams.ResetAsync(id, cancellationToken);

    /// <summary>Removes streams whole: their next record is their first.</summary>
    /// <remarks>
    /// As <see cref="IStreamService{TModel}.RemoveAsync"/> says, remove many in one call: records of a shard wait meanwhile.
    /// </remarks>
    /// <param name="ids">The ids.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How many of them there were.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="ids"/> is null.</exception>
    /// <exception cref="ArgumentException">An id cannot be one.</exception>
    /// <exception cref="IOException">The store failed; some of the streams may be removed.</exception>
    public ValueTask<int> RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default) =>
        streams.RemoveAsync(ids, cancellationToken);

    /// <summary>
    /// What the model gives in a stream as it comes, from the first read on; it ends with the service, and where the reading ends. Each
    /// reading has outputs of its own.
    /// </summary>
    /// <param name="id">The stream's id; it need not have read a record yet.</param>
    /// <param name="capacity">How many outputs wait for a slow reader, who misses the oldest of more; from 1.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <exception cref="ArgumentException">The id cannot be one, or <paramref name="capacity"/> is below 1.</exception>
    public IAsyncEnumerable<RecordOutput<TModel>> WatchAsync(string id, int capacity = 64, CancellationToken cancellationToken = default) =>
        OutputsOf(streams.WatchAsync(id, capacity, cancellationToken), CancellationToken.None);

    /// <summary>As <see cref="StreamService{TModel}.UseModelAsync"/>.</summary>
    /// <param name="model">The model; nobody trains it while the service uses it.</param>
    /// <param name="cancellationToken">Ends the waiting; nothing has changed.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="IOException">The store cannot be written; the service goes on with the weights that it had.</exception>
    public Task UseModelAsync(TModel model, CancellationToken cancellationToken = default) =>
        streams.UseModelAsync(model, cancellationToken);

    /// <summary>As <see cref="StreamService{TModel}.CheckpointAsync"/>.</summary>
    /// <param name="cancellationToken">Ends it; what was written stays.</param>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public Task CheckpointAsync(CancellationToken cancellationToken = default) => streams.CheckpointAsync(cancellationToken);

    /// <summary>As <see cref="StreamService{TModel}.SaveAsync"/>.</summary>
    /// <param name="stream">The file, at its position; the caller flushes and disposes it.</param>
    /// <param name="cancellationToken">Ends the writing; the file is not complete then.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="IOException">The file or the store failed.</exception>
    public Task SaveAsync(Stream stream, CancellationToken cancellationToken = default) => streams.SaveAsync(stream, cancellationToken);

    /// <summary>As <see cref="StreamService{TModel}.LoadAsync"/>.</summary>
    /// <param name="stream">The file, at its position; the caller disposes it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>How many streams there are.</returns>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The service or its store has streams already.</exception>
    /// <exception cref="ModelFileException">The file is damaged, of another declaration, or holds no streams of records at all.</exception>
    /// <exception cref="IOException">The file or the store failed; or more streams are in the file than fit into memory.</exception>
    public Task<long> LoadAsync(Stream stream, CancellationToken cancellationToken = default) =>
        streams.LoadAsync(stream, cancellationToken);

    /// <summary>As <see cref="StreamService{TModel}.StopAsync"/>.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public Task StopAsync() => streams.StopAsync();

    /// <summary>As <see cref="StreamService{TModel}.DisposeAsync"/>.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public ValueTask DisposeAsync() => streams.DisposeAsync();

    /// <summary>As <see cref="StreamService{TModel}.Dispose"/>.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public void Dispose() => streams.Dispose();

    /// <summary>Encodes a record; returns the id of its stream.</summary>
    /// <exception cref="RecordException">The record alone is wrong.</exception>
    private string Encode(RecordStep<TRecord> step, Span<long> words)
    {
        if (step.Record is null)
        {
            throw new RecordException("A record is null; leave it out.");
        }
        string id = step.Id ?? TModel.GetKey(step.Record);
        if (id.Length == 0)
        {
            throw new RecordException("The record has no key, and there is no id that names its stream; give one of them.");
        }
        TModel model = Model;
        model.Encode(step.Record, id, words);
        if (step.Ahead.Count > 0)
        {
            model.EncodeAhead(step.Record, id, step.Ahead, words);
        }
        if (step.Reward is not null || step.TargetReturn is not null)
        {
            model.EncodeEpisode(step.Reward, step.TargetReturn, words);
        }
        if (step.HasTaken)
        {
            model.EncodeAction(step.Taken!, id, words);
        }
        return id;
    }

    private async ValueTask<RecordResult<TModel>> StepAsync(string id, long[] words, long sequence, CancellationToken cancellationToken)
    {
        var output = new float[streams.Form.OutputWidth];
        StepResult result = await streams.StepAsync(id, Floats(words), output, sequence, cancellationToken).ConfigureAwait(false);
        return new(result.Status, result.Sequence, OutputOf(id, output));
    }

    private async IAsyncEnumerable<RecordOutput<TModel>> OutputsOf(
        IAsyncEnumerable<StreamOutput> outputs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StreamOutput output in outputs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return new(output.Id, output.Sequence, OutputOf(output.Id, output.Output.Span));
        }
    }

    private SeriesOutput<TModel> OutputOf(string id, ReadOnlySpan<float> output) =>
        new(steps, id, MemoryMarshal.AsBytes(output)[..steps.SavedBytes].ToArray());

    private static float[] Floats(ReadOnlySpan<long> words) => MemoryMarshal.Cast<long, float>(words).ToArray();
}
