using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AarenGen.Serving;

/// <summary>Says how a host follows the streams of a model: where they are kept, with which options.</summary>
/// <remarks>Thread safety: none; it is used while the services of a host are registered.</remarks>
/// <typeparam name="TModel">The model.</typeparam>
public sealed class StreamsBuilder<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly StreamsSettings<TModel> settings;

    internal StreamsBuilder(IServiceCollection services, StreamsSettings<TModel> settings)
    {
        Services = services;
        this.settings = settings;
    }

    /// <summary>The services that the streams were added to.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Keeps the streams in a store, so that they survive the end of the process.</summary>
    /// <param name="open">Opens the store when the host starts. The host disposes it after the service has stopped.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="open"/> is null.</exception>
    /// <exception cref="InvalidOperationException">It was said before where the streams are kept.</exception>
    public StreamsBuilder<TModel> UseStore(Func<IServiceProvider, CancellationToken, Task<IStreamStore>> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        CheckUndecided();
        settings.OpenStore = open;
        return this;
    }

    /// <summary>Keeps the streams in memory alone: all of them are lost when the process ends.</summary>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidOperationException">It was said before where the streams are kept.</exception>
    public StreamsBuilder<TModel> KeepInMemory()
    {
        CheckUndecided();
        settings.IsInMemory = true;
        return this;
    }

    /// <summary>Changes the options of the service. Several changes are made in the order of their calls.</summary>
    /// <param name="change">Returns the options that it wants, given the ones so far: <c>o => o with { MaxBatch = 512 }</c>.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    public StreamsBuilder<TModel> Configure(Func<StreamServiceOptions, StreamServiceOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Configure((_, options) => change(options));
    }

    /// <summary>Changes the options of the service, with the help of other services, when the host starts.</summary>
    /// <param name="change">Returns the options that it wants, given the ones so far.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    public StreamsBuilder<TModel> Configure(Func<IServiceProvider, StreamServiceOptions, StreamServiceOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        settings.Changes.Add(change);
        return this;
    }

    /// <summary>Reads options of the service from a configuration when the host starts.</summary>
    /// <param name="section">
    /// A section with the names of the options as keys, such as <c>{ "MaxBatch": 512, "Pool": { "IdleTime": "01:00:00" } }</c>; options
    /// that it does not name stay as they are. The start fails where a key is unknown or a value is none of its option.
    /// </param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="section"/> is null.</exception>
    public StreamsBuilder<TModel> Configure(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Configure((_, options) => StreamsConfiguration.Apply(section, options));
    }

    /// <summary>
    /// Adds a health check of the service. It fails before the service has started, after it has stopped, and while the store fails; it is
    /// degraded where more than 90 % of <see cref="StreamServiceOptions.MaxPendingTokens"/> wait. Its data are <c>streams</c>,
    /// <c>pendingTokens</c> and <c>memoryBytes</c>.
    /// </summary>
    /// <param name="name">Its name; null: <c>streams</c> and the name of the model.</param>
    /// <param name="failureStatus">What it reports where it fails; null: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Its tags.</param>
    /// <returns>This builder.</returns>
    public StreamsBuilder<TModel> AddHealthCheck(
        string? name = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name ?? $"streams {typeof(TModel).Name}",
            static services => new StreamsHealthCheck<TModel>(services.GetRequiredService<StreamsHost<TModel>>()),
            failureStatus, tags));
        return this;
    }

    private void CheckUndecided()
    {
        if (settings.OpenStore is not null || settings.IsInMemory)
        {
            throw new InvalidOperationException(
                $"It was said before where the streams of {typeof(TModel).Name} are kept; call one of UseStore, UseSqlite and "
                + $"{nameof(KeepInMemory)}, once.");
        }
    }
}
