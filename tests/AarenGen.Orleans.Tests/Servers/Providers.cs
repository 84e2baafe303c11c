using Orleans.Hosting;
using StackExchange.Redis;

namespace AarenGen.Orleans.Tests;

/// <summary>Adds storage providers to silos of tests.</summary>
internal static class Providers
{
    public static Action<ISiloBuilder> Redis(string address) => silo => silo.AddRedisGrainStorage("Default", options =>
    {
        options.ConfigurationOptions = ConfigurationOptions.Parse(address);
        options.ConfigurationOptions.AbortOnConnectFail = false;
    });

    public static Action<ISiloBuilder> PostgreSql(string connection) => silo => silo.AddAdoNetGrainStorage("Default", options =>
    {
        options.Invariant = "Npgsql";
        options.ConnectionString = connection;
    });
}
