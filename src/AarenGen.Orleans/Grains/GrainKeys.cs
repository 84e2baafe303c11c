using System.Globalization;
using System.IO.Hashing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace AarenGen.Orleans;

/// <summary>How grains of streams are called, readable in logs and in storage. The dashboard lists their classes.</summary>
internal static class GrainKeys
{
    public const string Model = "aarengen.model", Shard = "aarengen.shard", Stream = "aarengen.stream";

    public static GrainId ShardOf(string model, int shard) =>
        GrainId.Create(Shard, string.Create(CultureInfo.InvariantCulture, $"{model}/{shard}"));

    public static GrainId StreamOf(string model, string id) => GrainId.Create(Stream, $"{model}/{id}");

    /// <summary>The shard of a stream, the same in all processes and versions.</summary>
    public static int ShardOf(ReadOnlySpan<byte> id, int shards) => (int)((XxHash3.HashToUInt64(id) >> 32) * (ulong)shards >> 32);

    /// <summary>The model of a grain, and what follows its name in the key.</summary>
    public static (IModelHost Host, string End) HostOf(IServiceProvider services, string key)
    {
        int end = key.IndexOf('/', StringComparison.Ordinal);
        string model = end < 0 ? key : key[..end];
        return (
            services.GetKeyedService<IModelHost>(model) ?? throw new InvalidOperationException(
                $"The silo does not follow the streams of {model}; call AddStreams<{model}> in all silos."),
            key[(end + 1)..]);
    }
}
