namespace AarenGen.Serving;

/// <summary>
/// Follows any number of streams with one model, wherever they are: in this process, as <see cref="StreamService{TModel}"/> does, or on the
/// machines of a cluster.
/// </summary>
/// <remarks>
/// <para>Tokens have numbers: the first of a stream is 1. A sender that numbers its tokens may send one again after a failure: the token is
/// read once, and both sendings get the same output. A sender that gives no number, 0, has its tokens read as they come.</para>
/// <para>Thread safety: any number of threads may call all members.</para>
/// </remarks>
/// <typeparam name="TModel">The model.</typeparam>
public interface IStreamService<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>How many tokens a call may have, from 1.</summary>
    int MaxTokensPerCall { get; }

    /// <summary>Reads a token of a stream.</summary>
    /// <param name="id">The stream's id: 1 to 255 bytes of UTF-8 without a null character.</param>
    /// <param name="token">InputWidth numbers, which nobody changes during the call.</param>
    /// <param name="output">OutputWidth numbers, overwritten.</param>
    /// <param name="sequence">The number of the token, from 1; 0: the next one.</param>
    /// <param name="cancellationToken">Ends the call where the token has not been read by then.</param>
    /// <returns>What became of the token, which has an output. The task is awaited once: a second time disturbs other calls.</returns>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="StepRefusedException">The token was not read; its result says why.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled before the token was read.</exception>
    ValueTask<StepResult> StepAsync(
        string id, ReadOnlyMemory<float> token, Memory<float> output, long sequence = 0, CancellationToken cancellationToken = default);

    /// <summary>Reads a token each of some streams; a stream that occurs more than once reads its tokens in order.</summary>
    /// <param name="ids">The ids: 1 to 255 bytes of UTF-8 without a null character.</param>
    /// <param name="tokens">[ids, InputWidth]; nobody changes them during the call.</param>
    /// <param name="outputs">[ids, OutputWidth]; written where the result has an output, and NaN where it has none.</param>
    /// <param name="results">What became of the tokens, one each. What is wrong with one token is no matter of the others.</param>
    /// <param name="sequences">Their numbers, each 0 where the sender gives none; empty: none has one.</param>
    /// <param name="cancellationToken">
    /// Tokens that were not read when it is cancelled are <see cref="StepStatus.Canceled"/>; the call ends when all have their results.
    /// </param>
    /// <returns>The end of the call. The task is awaited once: a second time disturbs other calls.</returns>
    /// <exception cref="ArgumentException">
    /// A length is wrong, or there are more tokens than <see cref="MaxTokensPerCall"/>.
    /// </exception>
    ValueTask StepManyAsync(
        ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences = default, CancellationToken cancellationToken = default);

    /// <summary>What is known of a stream; null: it has never read a token, or it was removed.</summary>
    /// <param name="id">The id.</param>
    /// <param name="output">OutputWidth numbers, overwritten by the output of its last token; or empty.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentException">The id cannot be one, or <paramref name="output"/> has another length.</exception>
    /// <exception cref="ObjectDisposedException">The service has stopped.</exception>
    /// <exception cref="IOException">The store cannot be read, or an earlier batch broke the part of the service that has it.</exception>
    /// <exception cref="ModelFileException">The saved stream is damaged, or of another declaration.</exception>
    ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a stream forget what it has read. The numbers of its tokens go on, so that a reset that is sent twice, or a token from before
    /// it that comes late, does no harm.
    /// </summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The stream after it; null: it has never read a token, or it was removed.</returns>
    /// <exception cref="ArgumentException">The id cannot be one.</exception>
    /// <exception cref="ObjectDisposedException">The service has stopped.</exception>
    /// <exception cref="IOException">
    /// The store failed. The stream is as it was, but a service that ends then without a further token or checkpoint may come back with the
    /// reset done. A reset may be sent again.
    /// </exception>
    /// <exception cref="ModelFileException">The saved stream is damaged, or of another declaration.</exception>
    ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Removes streams whole: their next token is their first.</summary>
    /// <remarks>
    /// With a store it is an entry of the log, and the call waits until the disk has it; saved streams go with a later checkpoint. Tokens
    /// of the same shard wait meanwhile. Remove many streams in one call, which waits once for up to 1,024 of a shard: callers that remove
    /// them one by one stall its tokens.
    /// </remarks>
    /// <param name="ids">The ids.</param>
    /// <param name="cancellationToken">Ends the waiting; some of the streams may be removed.</param>
    /// <returns>How many of them there were.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="ids"/> is null.</exception>
    /// <exception cref="ArgumentException">An id cannot be one.</exception>
    /// <exception cref="ObjectDisposedException">The service has stopped.</exception>
    /// <exception cref="IOException">
    /// The store failed. Some of the streams may be removed, or be so when the service has started again. A removal may be sent again.
    /// </exception>
    ValueTask<int> RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default);

    /// <summary>
    /// The outputs of a stream as they come, from the first read on; they end with the service, and where the reading ends. Each reading
    /// has outputs of its own.
    /// </summary>
    /// <param name="id">The stream's id; it need not have read a token yet.</param>
    /// <param name="capacity">How many outputs wait for a slow reader, who misses the oldest of more; from 1.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <exception cref="ArgumentException">The id cannot be one, or <paramref name="capacity"/> is below 1.</exception>
    IAsyncEnumerable<StreamOutput> WatchAsync(string id, int capacity = 64, CancellationToken cancellationToken = default);

    /// <summary>
    /// Steps with other weights, from one token of a stream to the next. <see cref="StreamPoolOptions.OnWeightChange"/> says what becomes
    /// of states.
    /// </summary>
    /// <param name="model">The model; nobody trains it while the service uses it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The service has stopped.</exception>
    /// <exception cref="IOException">The store cannot be written.</exception>
    Task UseModelAsync(TModel model, CancellationToken cancellationToken = default);

    /// <summary>How the service is.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="IOException">Parts of the service cannot be reached.</exception>
    ValueTask<StreamServiceInfo> GetInfoAsync(CancellationToken cancellationToken = default);
}
