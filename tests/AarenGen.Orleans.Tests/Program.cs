using System.Diagnostics;
using System.Globalization;

namespace AarenGen.Orleans.Tests;

/// <summary>
/// For people and CI: <c>kills 20 memory|redis|postgresql [Streams]</c> kills a silo twenty times under load, with the storage that the
/// environment names.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["kills", var number, "memory" or "redis" or "postgresql", .. var more])
        {
            await Console.Error.WriteLineAsync("kills NUMBER memory|redis|postgresql [Streams]");
            return 2;
        }
        string storage = arguments[2];
        if (storage == "postgresql")
        {
            await PostgreSqlTables.CreateAsync(Server.Get(Server.PostgreSql));
        }
        StreamPlacement placement = more.Length > 0 ? Enum.Parse<StreamPlacement>(more[0]) : StreamPlacement.Shards;
        await using Cluster cluster = await Cluster.StartAsync(
            storage == "memory" ? new() : null, silos: 3,
            change: o => o with { CheckpointInterval = TimeSpan.FromSeconds(1), Placement = placement },
            configure: storage switch
            {
                "redis" => Providers.Redis(Server.Get(Server.Redis)),
                "postgresql" => Providers.PostgreSql(Server.Get(Server.PostgreSql)),
                _ => null,
            });
        var time = Stopwatch.StartNew();
        await KillLoad.RunAsync(
            cluster, int.Parse(number, CultureInfo.InvariantCulture), line => Console.WriteLine($"{time.Elapsed:mm\\:ss} {line}"));
        return 0;
    }
}
