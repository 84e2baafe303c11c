using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AarenGen.Serving.Tests.Hosting;

/// <summary>Options of a service from a configuration.</summary>
public sealed class ConfigurationTests
{
    private static IConfigurationSection Section(params (string Key, string? Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(static v => KeyValuePair.Create("Streams:" + v.Key, v.Value))).Build().GetSection("Streams");

    [Fact]
    public void Options_that_are_named_are_read_and_others_stay()
    {
        StreamServiceOptions read = StreamsConfiguration.Apply(
            Section(
                ("maxbatch", "512"), ("MaxDelay", "00:00:00.002"), ("MaxPendingTokens", "1000"), ("CheckpointInterval", "00:02:00"),
                ("MaxLogBytes", "2097152"), ("Pool:IdleTime", ""), ("Pool:MaxStreams", "1000"), ("Pool:OnWeightChange", "keep")),
            new() { Shards = 3, Pool = new() { HistoryTokens = 5 } });
        Assert.Equal(
            new StreamServiceOptions
            {
                MaxBatch = 512, MaxDelay = TimeSpan.FromMilliseconds(2), MaxPendingTokens = 1000, Shards = 3,
                CheckpointInterval = TimeSpan.FromMinutes(2), MaxLogBytes = 2 << 20,
                Pool = new() { IdleTime = null, MaxStreams = 1000, OnWeightChange = WeightChange.Keep, HistoryTokens = 5 },
            },
            read);
    }

    public static TheoryData<string> Keys =>
    [
        .. Names(typeof(StreamServiceOptions)).Where(static n => n != nameof(StreamServiceOptions.Pool)),
        .. Names(typeof(StreamPoolOptions)).Where(static n => n != nameof(StreamPoolOptions.TimeProvider))
            .Select(static n => $"{nameof(StreamServiceOptions.Pool)}:{n}"),
    ];

    private static IEnumerable<string> Names(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static p => p.CanWrite).Select(static p => p.Name);

    /// <summary>So that a new option is not forgotten here.</summary>
    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_option_has_a_key(string key)
    {
        var e = Assert.Throws<InvalidOperationException>(() => StreamsConfiguration.Apply(Section((key, "x")), new()));
        Assert.Contains($"Streams:{key} = \"x\", which must be", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaxBatches", "5")]
    [InlineData("Pool:MaxStream", "5")]
    [InlineData("MaxBatch", "0")]
    [InlineData("MaxBatch", null)]
    [InlineData("MaxBatch", "1e3")]
    [InlineData("Pool:OnWeightChange", "7")]
    [InlineData("CheckpointInterval", "60")]
    [InlineData("Pool:IdleTime", "60")]
    [InlineData("Pool", "x")]
    [InlineData("Pool", "{}")]
    public void What_is_no_option_is_an_error_that_names_the_key(string key, string? value)
    {
        var e = Assert.Throws<InvalidOperationException>(() => StreamsConfiguration.Apply(Section((key, value)), new()));
        Assert.Contains($"Streams:{key}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_in_place_of_the_section_is_an_error()
    {
        IConfiguration all = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Streams", (string?)"x")]).Build();
        var e = Assert.Throws<InvalidOperationException>(() => StreamsConfiguration.Apply(all.GetSection("Streams"), new()));
        Assert.Contains("Streams = \"x\", which must be a section", e.Message, StringComparison.Ordinal);
        // None at all, and one that is null, name no options.
        Assert.Equal(new(), StreamsConfiguration.Apply(all.GetSection("Other"), new()));
        Assert.Equal(new(), StreamsConfiguration.Apply(Section(("Pool", null)), new()));
    }

    [Fact]
    public async Task Changes_are_made_in_the_order_of_their_calls()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton("16");
        builder.Services.AddStreams(static _ => HostedModel.Create(seed: 1)).KeepInMemory()
            .Configure(static o => o with { MaxBatch = 8, Shards = 1 })
            .Configure(Section(("MaxBatch", "12")))
            .Configure(static (services, o) => o with
            {
                MaxPendingTokens = 10 * o.MaxBatch, MaxBatch = o.MaxBatch + services.GetRequiredService<string>().Length,
            });
        using IHost host = builder.Build();
        await host.StartAsync();
        StreamServiceOptions options = host.Services.GetRequiredService<StreamService<HostedModel>>().Options;
        Assert.Equal((14, 120, 1), (options.MaxBatch, options.MaxPendingTokens, options.Shards));
    }
}
