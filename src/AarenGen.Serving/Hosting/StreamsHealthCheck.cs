using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AarenGen.Serving;

/// <summary>Whether the service of a model's streams can take tokens.</summary>
internal sealed class StreamsHealthCheck<TModel>(StreamsHost<TModel> host) : IHealthCheck
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(context.Registration.FailureStatus));

    private HealthCheckResult Check(HealthStatus failure)
    {
        if (host.Running is not { } service)
        {
            return new(failure, "The service has not started.");
        }
        int pending = service.PendingTokens, most = service.Options.MaxPendingTokens;
        var data = new Dictionary<string, object>
        {
            ["streams"] = service.StreamCount, ["pendingTokens"] = pending, ["memoryBytes"] = service.MemoryBytes,
        };
        if (service.IsStopping)
        {
            return new(failure, "The service has stopped.", null, data);
        }
        if (service.Failure is { } e)
        {
            return new(failure, e.Message, e, data);
        }
        // In long: ten times the options may be more than an int.
        return 10L * pending > 9L * most
            ? new(HealthStatus.Degraded, $"{pending} tokens wait; from {most} on tokens are refused.", null, data)
            : new(HealthStatus.Healthy, null, null, data);
    }
}
