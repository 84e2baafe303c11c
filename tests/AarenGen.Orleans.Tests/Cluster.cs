using AarenGen.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;

namespace AarenGen.Orleans.Tests;

/// <summary>A cluster in this process, whose storage survives its silos.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const int ModelSeed = 5;

    private Cluster(InProcessTestCluster host) => Host = host;

    public InProcessTestCluster Host { get; }

    public IStreamService<SmallModel> Streams => Host.Client.ServiceProvider.GetRequiredService<IStreamService<SmallModel>>();

    public IGrainFactory Grains => Host.Client;

    /// <summary>Starts a cluster.</summary>
    /// <param name="storage">Its storage; null: that of <paramref name="configure"/>.</param>
    /// <param name="silos">How many silos it has.</param>
    /// <param name="change">Changes of the options.</param>
    /// <param name="model">The model that silos are given.</param>
    /// <param name="configure">What else a silo has.</param>
    /// <param name="follow">Adds the streams to a silo; null: those of the small model, with the options.</param>
    /// <param name="configureClient">Adds the streams to the client; null: those of the small model.</param>
    public static async Task<Cluster> StartAsync(
        SharedStorage? storage, short silos = 2, Func<ClusterStreamsOptions, ClusterStreamsOptions>? change = null,
        Func<SmallModel>? model = null, Action<ISiloBuilder>? configure = null,
        Action<ISiloBuilder>? follow = null, Action<IClientBuilder>? configureClient = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        // A storage of a test's own may serve one cluster after the other; servers serve many tests.
        builder.Options.ServiceId = storage is null ? builder.Options.ServiceId : "streams";
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddLogging(static l => l.ClearProviders());
            if (storage is not null)
            {
                silo.Services.AddGrainStorage("Default", (_, _) => storage);
            }
            configure?.Invoke(silo);
            // A killed silo is missed soon.
            silo.Configure<ClusterMembershipOptions>(static o =>
            {
                o.NumMissedProbesLimit = 2;
                o.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                o.NumVotesForDeathDeclaration = 1;
                o.TableRefreshTimeout = TimeSpan.FromSeconds(2);
            });
            if (follow is not null)
            {
                follow(silo);
                return;
            }
            silo.AddStreams(_ => model?.Invoke() ?? SequenceModel<SmallModel>.Create(ModelSeed), o => Small(change, o));
        });
        builder.ConfigureClient(client =>
        {
            client.Services.AddLogging(static l => l.ClearProviders());
            (configureClient ?? (static c => c.AddStreams<SmallModel>()))(client);
        });
        InProcessTestCluster host = builder.Build();
        try
        {
            await host.DeployAsync();
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
        return new(host);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static ClusterStreamsOptions Small(Func<ClusterStreamsOptions, ClusterStreamsOptions>? change, ClusterStreamsOptions options)
    {
        options = options with { Shards = 4 };
        return change is null ? options : change(options);
    }
}
