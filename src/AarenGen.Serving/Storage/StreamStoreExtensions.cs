namespace AarenGen.Serving;

/// <summary>What can be asked of a store before a service starts on it.</summary>
public static class StreamStoreExtensions
{
    /// <summary>
    /// The weights that stepped the tokens of the store's logs, as <see cref="SequenceModel{TSelf}.WeightFingerprint"/>; null: the logs are
    /// empty, as after a service that was stopped. A service that starts with these weights has all outputs that were acknowledged, bit for
    /// bit; others can be used from then on.
    /// </summary>
    /// <param name="store">The store, which no service uses.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentNullException"><paramref name="store"/> is null.</exception>
    /// <exception cref="IOException">
    /// The store cannot be read, or its log is of another version; or, after a loss of power, its logs were written with different weights,
    /// which the message names: start with those that were used last.
    /// </exception>
    public static async Task<string?> FindLogWeightsAsync(this IStreamStore store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return await StreamLog.FindWeightsAsync(store, cancellationToken).ConfigureAwait(false) is { } weights
            ? Serialization.WeightVersion.Text(weights) : null;
    }
}
