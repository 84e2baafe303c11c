namespace AarenGen.Orleans.Tests;

/// <summary>Real servers that keep the streams of a cluster.</summary>
public sealed class ServerTests
{
    [ServerFact(Server.Redis)]
    public async Task Redis_keeps_all_tokens_where_silos_are_killed()
    {
        await using Cluster cluster = await Cluster.StartAsync(
            null, silos: 2, change: static o => o with { CheckpointInterval = TimeSpan.FromSeconds(1) },
            configure: Providers.Redis(Server.Get(Server.Redis)));
        await KillLoad.RunAsync(cluster, kills: 2);
    }

    [ServerFact(Server.PostgreSql)]
    public async Task PostgreSql_keeps_all_tokens_where_silos_are_killed()
    {
        await PostgreSqlTables.CreateAsync(Server.Get(Server.PostgreSql));
        await using Cluster cluster = await Cluster.StartAsync(
            null, silos: 2, change: static o => o with { CheckpointInterval = TimeSpan.FromSeconds(1) },
            configure: Providers.PostgreSql(Server.Get(Server.PostgreSql)));
        await KillLoad.RunAsync(cluster, kills: 2);
    }

    [ServerFact(Server.RedisProgram)]
    public async Task A_restart_of_Redis_loses_no_token()
    {
        using var redis = new RedisServer();
        await redis.StartAsync();
        await using Cluster cluster = await Cluster.StartAsync(
            null, silos: 2, change: static o => o with { CheckpointInterval = TimeSpan.FromSeconds(1) },
            configure: Providers.Redis(redis.Address));
        var load = new KillLoad(cluster.Streams, SequenceModel<SmallModel>.Create(Cluster.ModelSeed));
        load.Start();
        for (int restart = 0; restart < 3; restart++)
        {
            await load.WaitForAsync(300);
            redis.Kill();
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            await redis.StartAsync();
        }
        await load.WaitForAsync(300);
        Assert.True(load.Unavailable > 0, "No token met Redis while it was away.");
        await load.EndAsync();
    }
}
