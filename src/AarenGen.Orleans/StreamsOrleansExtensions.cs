using AarenGen.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Hosting;
using Orleans.Providers;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;

namespace AarenGen.Orleans;

/// <summary>Adds the streams of models to clusters of Orleans.</summary>
public static class StreamsOrleansExtensions
{
    /// <summary>
    /// Follows the streams of a model in this silo, together with all others of the cluster; <see cref="IStreamService{TModel}"/> of its
    /// services sends tokens to them.
    /// </summary>
    /// <remarks>
    /// <para>The streams are kept by a grain storage provider of the silo, which must check ETags, as those of Orleans do. A token is
    /// written there before it is acknowledged. What an acknowledged token survives, the provider says: with Redis the loss of the silo
    /// always, the end of Redis with <c>appendonly yes</c> and <c>appendfsync always</c> alone, and the loss of Redis's machine with
    /// replicas whose confirmation its writes wait for; with PostgreSQL all of that by default (<c>synchronous_commit on</c>), the loss of
    /// its machine with synchronous replicas. Orleans' script for PostgreSQL makes no unique index over a state's name; add one, as the
    /// README says, so that two activations cannot create the same state at the same moment.</para>
    /// <para>The model's weights are those of the cluster: the first silo that ever starts gives it its own, and
    /// <see cref="IStreamService{TModel}.UseModelAsync"/> changes them. A silo that is given others logs a warning.</para>
    /// </remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="model">Gives the model, when the silo starts.</param>
    /// <param name="change">Returns the options that it wants, given the defaults; null: those.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>The silo.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="silo"/> or <paramref name="model"/> is null.</exception>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    /// <exception cref="InvalidOperationException">Streams of a model of this name were added before.</exception>
    public static ISiloBuilder AddStreams<TModel>(
        this ISiloBuilder silo, Func<IServiceProvider, TModel> model, Func<ClusterStreamsOptions, ClusterStreamsOptions>? change = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(model);
        ClusterStreamsOptions options = change is null ? new() : change(new())
            ?? throw new ArgumentException("The change of the options returned null.", nameof(change));
        options.Pool.Check();
        string name = SequenceModel<TModel>.Description.Name;
        IServiceCollection services = silo.Services;
        if (services.Any(s => s.ServiceType == typeof(IModelHost) && name.Equals(s.ServiceKey)))
        {
            throw new InvalidOperationException(
                $"Streams of a model named {name} were added before; call {nameof(AddStreams)} once for each, and give models of a cluster "
                + "names of their own.");
        }
        services.AddSingleton(provider => new ModelHost<TModel>(
            provider, LoggerOf(provider), model, options));
        services.AddKeyedSingleton<IModelHost>(name, static (provider, _) => provider.GetRequiredService<ModelHost<TModel>>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            static provider => provider.GetRequiredService<ModelHost<TModel>>());
        services.AddKeyedSingleton<IControllable>(
            ModelControl.NameOf(name), static (provider, _) => new ModelControl(provider.GetRequiredService<ModelHost<TModel>>()));
        // Providers take the serializer that is registered under their name; it hands states of other grains on.
        services.TryAddKeyedSingleton<IGrainStorageSerializer>(
            options.StorageProvider,
            static (provider, _) => new RawBytesSerializer(provider.GetRequiredService<IGrainStorageSerializer>()));
        AddClient<TModel>(services, options.Client);
        return silo;
    }

    /// <summary>
    /// Follows the streams of a model in this silo, with the weights of a file; otherwise as
    /// <see cref="AddStreams{TModel}(ISiloBuilder, Func{IServiceProvider, TModel}, Func{ClusterStreamsOptions, ClusterStreamsOptions}?)"/>.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="path">
    /// The file, which is read when the silo starts, by <see cref="SequenceModel{TSelf}.Load(string, WeightLoadOptions?)"/>.
    /// </param>
    /// <param name="change">Returns the options that it wants, given the defaults; null: those.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>The silo.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty, or two options contradict each other.</exception>
    /// <exception cref="InvalidOperationException">Streams of a model of this name were added before.</exception>
    public static ISiloBuilder AddStreams<TModel>(
        this ISiloBuilder silo, string path, Func<ClusterStreamsOptions, ClusterStreamsOptions>? change = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return silo.AddStreams(_ => SequenceModel<TModel>.Load(path), change);
    }

    /// <summary>
    /// Sends tokens to the streams of a model in a cluster, whose silos follow them: <see cref="IStreamService{TModel}"/> of the services.
    /// </summary>
    /// <remarks>
    /// <para>Tokens of a stream that one client sends arrive in the order of its calls. A token whose silo was lost is
    /// <see cref="StepStatus.Unavailable"/>, and may have been read: send it again with its number, which reads it once.</para>
    /// <para>Watching goes on after a silo was lost; outputs of the meantime are missed.</para>
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="change">Returns the options that it wants, given the defaults; null: those.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>The client.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="change"/> returned null.</exception>
    public static IClientBuilder AddStreams<TModel>(
        this IClientBuilder client, Func<ClusterClientOptions, ClusterClientOptions>? change = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(client);
        ClusterClientOptions options = change is null ? new() : change(new())
            ?? throw new ArgumentException("The change of the options returned null.", nameof(change));
        AddClient<TModel>(client.Services, options);
        return client;
    }

    /// <summary>
    /// Adds a health check of the streams of a model in a cluster, in a silo or a client whose <c>AddStreams</c> was called. It fails where
    /// the cluster cannot be reached, while the storage fails, and where a shard cannot be opened; a failure that nothing repeats counts
    /// for a minute. It asks the silos, and neither brings streams into memory nor keeps them there. Its data are <c>streams</c>, those in
    /// memory, <c>pendingTokens</c> and <c>memoryBytes</c>.
    /// </summary>
    /// <param name="checks">The health checks.</param>
    /// <param name="name">Its name; null: <c>streams</c> and the name of the model.</param>
    /// <param name="failureStatus">What it reports where it fails; null: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="timeout">After how long without an answer it fails, at most a day; null: ten seconds.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>The health checks.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="checks"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is not above zero, or above a day.</exception>
    public static IHealthChecksBuilder AddClusterStreams<TModel>(
        this IHealthChecksBuilder checks, string? name = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(checks);
        TimeSpan time = timeout ?? TimeSpan.FromSeconds(10);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time, TimeSpan.FromDays(1), nameof(timeout));
        return checks.Add(new(
            name ?? $"streams {SequenceModel<TModel>.Description.Name}",
            static services => new ClusterHealthCheck<TModel>(services.GetRequiredService<IStreamService<TModel>>()),
            failureStatus, tags, time));
    }

    private static void AddClient<TModel>(IServiceCollection services, ClusterClientOptions options)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        services.AddSerializer(static serializer => serializer.AddAssembly(typeof(ShardGrain).Assembly));
        services.TryAddSingleton<IStreamService<TModel>>(
            provider => new ClusterStreams<TModel>(provider.GetRequiredService<IGrainFactory>(), options, LoggerOf(provider)));
    }

    private static ILogger LoggerOf(IServiceProvider services) =>
        services.GetService<ILoggerFactory>()?.CreateLogger("AarenGen.Orleans") ?? NullLogger.Instance;
}
