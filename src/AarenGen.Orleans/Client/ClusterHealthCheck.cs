using AarenGen.Serving;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AarenGen.Orleans;

/// <summary>Whether the streams of a model in a cluster can take tokens.</summary>
internal sealed class ClusterHealthCheck<TModel>(IStreamService<TModel> streams) : IHealthCheck
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        StreamServiceInfo info;
        try
        {
            info = await streams.GetInfoAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            return new(context.Registration.FailureStatus, error.Message, error);
        }
        var data = new Dictionary<string, object>
        {
            ["streams"] = info.StreamCount, ["pendingTokens"] = info.PendingTokens, ["memoryBytes"] = info.MemoryBytes,
        };
        return info.Failure is null ? new(HealthStatus.Healthy, null, null, data)
            : new(context.Registration.FailureStatus, info.Failure, null, data);
    }
}
