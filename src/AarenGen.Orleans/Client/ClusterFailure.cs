using Microsoft.Extensions.Logging;

namespace AarenGen.Orleans;

/// <summary>
/// Failures of calls over a cluster. Callers, who may be strangers, are told in our own words; the log has what Orleans, the network or a
/// silo said.
/// </summary>
internal sealed partial class ClusterFailure(ILogger logger, string model)
{
    /// <summary>What callers are told of tokens.</summary>
    public const string OfTokens =
        "The stream's place in the cluster could not be reached; the token may have been read nevertheless, so send it again with its "
        + "number.";

    private const string OfCalls =
        "The cluster could not be reached, or could not do what was asked; what it changes may have been changed nevertheless.";

    /// <summary>Says that tokens were not answered.</summary>
    public void TellOfTokens(Exception error) => LogTokens(error, model);

    /// <summary>Says that another call failed.</summary>
    /// <returns>What its caller is told.</returns>
    public IOException TellOfCall(Exception error)
    {
        LogCall(error, model);
        return new(OfCalls, error);
    }

    [LoggerMessage(1, LogLevel.Warning, "Tokens of {Model} were not answered by the cluster.")]
    private partial void LogTokens(Exception exception, string model);

    [LoggerMessage(2, LogLevel.Warning, "A call to the cluster for streams of {Model} failed.")]
    private partial void LogCall(Exception exception, string model);
}
