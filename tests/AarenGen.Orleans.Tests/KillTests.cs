using Orleans.Runtime;

namespace AarenGen.Orleans.Tests;

/// <summary>Silos that die, and shards that move, under load.</summary>
public sealed class KillTests
{
    [Theory]
    [InlineData(StreamPlacement.Shards)]
    [InlineData(StreamPlacement.Streams)]
    public async Task No_token_is_lost_or_applied_twice_where_silos_are_killed(StreamPlacement placement)
    {
        await using Cluster cluster = await Cluster.StartAsync(
            new(), silos: 3, change: o => o with { Placement = placement, CheckpointInterval = TimeSpan.FromSeconds(1) });
        await KillLoad.RunAsync(cluster, kills: 3);
    }
    [Theory]
    [InlineData(32 << 20)]
    [InlineData(0)]
    public async Task No_token_is_lost_or_applied_twice_where_shards_move(int mostCarried)
    {
        await using Cluster cluster = await Cluster.StartAsync(
            new(), silos: 2, change: o => o with { MaxCarriedBytes = mostCarried, CheckpointInterval = TimeSpan.FromSeconds(1) });
        var load = new KillLoad(cluster.Streams, SequenceModel<SmallModel>.Create(Cluster.ModelSeed));
        load.Start();
        await load.WaitForAsync(200);
        SiloAddress[] silos = [.. cluster.Host.GetActiveSilos().Select(static s => s.SiloAddress)];
        int moves = 0;
        for (int round = 0; round < 6; round++)
        {
            for (int shard = 0; shard < 4; shard++)
            {
                // Where it is already it would not move.
                GrainId grain = GrainKeys.ShardOf("SmallModel", shard);
                if (cluster.Host.TryGetGrainContext(grain, out IGrainContext? context))
                {
                    SiloAddress from = context.Address.SiloAddress!;
                    await cluster.Host.MigrateAsync(grain, silos.First(s => !s.Equals(from))).WaitAsync(TimeSpan.FromMinutes(1));
                    moves++;
                }
            }
            await load.WaitForAsync(100);
        }
        Assert.True(moves >= 12, $"{moves} moves");
        await load.EndAsync();
    }
}
