using AarenGen.Orleans;
using Orleans.Configuration;
using Orleans.Dashboard;
using StackExchange.Redis;

namespace Service.Cluster;

/// <summary>The streams are in silos, in processes of their own, and in Redis.</summary>
internal sealed class ClusterHome : IHome, IAsyncDisposable
{
    /// <summary>Where Orleans' dashboard is.</summary>
    public const string DashboardPath = "/orleans";

    /// <summary>An answer that was lost with its silo does not come: tokens are sent again after this time.</summary>
    private static readonly TimeSpan StepTime = TimeSpan.FromSeconds(3);

    /// <summary>Other calls may wait for streams that begin, and first read their log.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private readonly RedisServer redis;
    private readonly Silos silos;
    private readonly string cluster;
    private readonly bool isKilling;

    private ClusterHome(RedisServer redis, Silos silos, string cluster, bool isKilling) =>
        (this.redis, this.silos, this.cluster, this.isKilling) = (redis, silos, cluster, isKilling);

    public string Name => $"{Cluster.Silos.Count} silos";

    public IReadOnlyList<SiloInfo> Silos => silos.Status;

    /// <summary>Each silo was killed, and all are there again.</summary>
    public bool HasShownAll => !isKilling || Silos.All(static s => s is { Kills: > 0, State: SiloState.Running });

    /// <summary>Starts Redis and the silos.</summary>
    /// <exception cref="Reporting.UserException">One of them does not start.</exception>
    public static async Task<ClusterHome> StartAsync(Settings settings, CancellationToken stop)
    {
        RedisServer redis = await RedisServer.StartAsync(settings.RedisFolder, stop);
        // A new name each time: silos of an earlier start are none of this cluster.
        string cluster = Guid.NewGuid().ToString("N");
        var home = new ClusterHome(redis, new(settings.WeightFile, redis.Address, cluster), cluster, settings.KillInterval > TimeSpan.Zero);
        try
        {
            await home.silos.StartAsync(stop);
            return home;
        }
        catch
        {
            await home.DisposeAsync();
            throw;
        }
    }

    public void AddTo(WebApplicationBuilder builder, Forecaster model)
    {
        builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (cluster, SiloHost.ServiceId))
            .Configure<ClientMessagingOptions>(static o => o.ResponseTimeout = AnswerTime)
            .UseRedisClustering(o => o.ConfigurationOptions = ConfigurationOptions.Parse(redis.Address))
            .AddDashboard()
            // The streams.
            .AddStreams<Forecaster>(static o => o with { StepTimeout = StepTime }));
        builder.Services.AddHealthChecks().AddClusterStreams<Forecaster>();
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<SiloKiller>(services, silos));
    }

    public void Map(WebApplication app) => app.MapOrleansDashboard(DashboardPath).RequireAuthorization();

    public async ValueTask DisposeAsync()
    {
        await silos.DisposeAsync();
        await redis.DisposeAsync();
    }
}
