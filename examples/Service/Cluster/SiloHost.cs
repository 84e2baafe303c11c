using System.Diagnostics;
using System.Net;
using AarenGen.Orleans;
using Orleans.Configuration;
using Orleans.Dashboard;
using Reporting;
using StackExchange.Redis;

namespace Service.Cluster;

/// <summary>The program of a silo: it follows a part of the streams, until it is asked to stop.</summary>
internal static class SiloHost
{
    /// <summary>The command that runs it.</summary>
    public const string Command = "silo";

    /// <summary>The line that it writes once it is one of the cluster.</summary>
    public const string Ready = "Ready.";

    /// <summary>The line that asks it to stop; it writes what it has, and ends.</summary>
    public const string Stop = "Stop.";

    /// <summary>The environment's variable with the address of Redis, and its password.</summary>
    public const string RedisVariable = "SERVICE_REDIS";

    /// <summary>The environment's variable with the name of the cluster.</summary>
    public const string ClusterVariable = "SERVICE_CLUSTER";

    /// <summary>Streams belong to a service, whatever the cluster is called that they are in now.</summary>
    public const string ServiceId = "sensors";

    /// <summary>A silo that is gone is given up after two seconds without an answer.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(string name, string weightFile, CancellationToken stop)
    {
        if (Environment.GetEnvironmentVariable(RedisVariable) is not { } redis
            || Environment.GetEnvironmentVariable(ClusterVariable) is not { } cluster)
        {
            throw new UserException("A silo is started by the command 'cluster'.");
        }
        ConfigurationOptions server = ConfigurationOptions.Parse(redis);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Error);
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (cluster, ServiceId))
            .Configure<SiloOptions>(o => o.SiloName = name)
            .ConfigureEndpoints(IPAddress.Loopback, RedisServer.FreePort(), RedisServer.FreePort())
            .Configure<ClusterMembershipOptions>(static o =>
            {
                // Two silos: one alone must be able to give the other up.
                (o.ProbeTimeout, o.NumMissedProbesLimit, o.NumVotesForDeathDeclaration) = (ProbeInterval, 2, 1);
                o.EnableIndirectProbes = false;
            })
            .UseRedisClustering(o => o.ConfigurationOptions = server)
            .AddRedisGrainStorageAsDefault(o => o.ConfigurationOptions = server)
            .AddDashboard()
            // The streams.
            .AddStreams<Forecaster>(weightFile));
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Listen(asked)) { IsBackground = true }.Start();
        using IHost host = builder.Build();
        await host.StartAsync(stop);
        Console.WriteLine(Ready);
        await asked.Task.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await host.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>
    /// Reads the input from the first moment to the last. Where it ends, the program that has started this one is gone, and Redis with it:
    /// a silo that wanted to write what it has would wait for Redis forever. What was acknowledged is there already.
    /// </summary>
    private static void Listen(TaskCompletionSource asked)
    {
        while (Console.In.ReadLine() is { } line)
        {
            if (line == Stop)
            {
                asked.TrySetResult();
            }
        }
        Process.GetCurrentProcess().Kill();
    }
}
