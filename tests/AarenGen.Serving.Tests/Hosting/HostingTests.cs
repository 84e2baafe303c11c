using AarenGen.Serving.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AarenGen.Serving.Tests.Hosting;

/// <summary>Services of streams in a host.</summary>
public sealed class HostingTests
{
    private static readonly float[] Token = [1, -1];

    private static IHost Build(Action<StreamsBuilder<HostedModel>> configure, Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.ClearProviders();
        more?.Invoke(builder.Services);
        configure(builder.Services.AddStreams(static _ => HostedModel.Create(seed: 1)));
        return builder.Build();
    }

    private static async Task<StepResult> Step(StreamService<HostedModel> service, string id, long sequence = 0) =>
        await service.StepAsync(id, Token, new float[1], sequence);

    [Fact]
    public async Task A_service_runs_from_the_start_of_the_host_to_its_end()
    {
        using IHost host = Build(static b => b.KeepInMemory());
        await host.StartAsync();
        StreamService<HostedModel> service = host.Services.GetRequiredService<StreamService<HostedModel>>();
        Assert.Same(service, host.Services.GetRequiredService<StreamService<HostedModel>>());
        Assert.Equal(new StepResult(StepStatus.Accepted, 1), await Step(service, "a"));
        await host.StopAsync();
        StepStatus status;
        try
        {
            status = (await Step(service, "a")).Status;
        }
        catch (StepRefusedException e)
        {
            status = e.Result.Status;
        }
        catch (ObjectDisposedException)
        {
            status = StepStatus.Unavailable;
        }
        Assert.Equal(StepStatus.Unavailable, status);
    }

    [Fact]
    public async Task Streams_in_SQLite_continue_after_the_host_has_started_again()
    {
        using var folder = new StoreFolder();
        for (int run = 1; run <= 2; run++)
        {
            using IHost host = Build(b => b.UseSqlite(folder.Path));
            await host.StartAsync();
            Assert.Equal(run, (await Step(host.Services.GetRequiredService<StreamService<HostedModel>>(), "a")).Sequence);
            await host.StopAsync();
        }
    }

    [Fact]
    public async Task A_host_without_a_store_does_not_start_and_says_what_to_call()
    {
        using IHost host = Build(static _ => { });
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.All(
            ["HostedModel", "UseSqlite", "UseStore", "KeepInMemory()"],
            word => Assert.Contains(word, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_service_that_has_not_started_cannot_be_taken()
    {
        using IHost host = Build(static b => b.KeepInMemory());
        var e = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<StreamService<HostedModel>>());
        Assert.Contains("ExecuteAsync", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_of_a_model_are_added_once_and_kept_in_one_place()
    {
        var services = new ServiceCollection();
        StreamsBuilder<HostedModel> builder = services.AddStreams<HostedModel>("weights.safetensors").KeepInMemory();
        Assert.Throws<InvalidOperationException>(() => services.AddStreams(static _ => HostedModel.Create(1)));
        Assert.Throws<InvalidOperationException>(() => builder.KeepInMemory());
        Assert.Throws<InvalidOperationException>(() => builder.UseSqlite("folder"));
        Assert.Throws<InvalidOperationException>(() => builder.UseStore(static (_, _) => throw new NotSupportedException()));
    }

    [Fact]
    public async Task Weights_are_read_from_a_file_when_the_host_starts()
    {
        using var folder = new StoreFolder();
        string path = folder.At("weights.safetensors");
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddStreams<HostedModel>(path).KeepInMemory();
        using IHost host = builder.Build();
        HostedModel model = HostedModel.Create(seed: 7);
        model.Save(path);
        await host.StartAsync();
        Assert.Equal(
            model.WeightFingerprint, host.Services.GetRequiredService<StreamService<HostedModel>>().Model.WeightFingerprint);
    }

    /// <summary>A service that was registered before, and one that is given the services after it is constructed.</summary>
    [Fact]
    public async Task Other_services_of_the_host_find_it_running_from_their_start_to_their_stop()
    {
        using IHost host = Build(static b => b.KeepInMemory(), static s => s.AddHostedService<Feeder>());
        await host.StartAsync();
        Feeder feeder = host.Services.GetServices<IHostedService>().OfType<Feeder>().Single();
        await host.StopAsync();
        Assert.Equal([1L, 2L], feeder.Sequences);
    }

    [Fact]
    public async Task A_store_is_disposed_with_the_host_even_if_the_start_fails()
    {
        var store = new CountingStore();
        using (IHost host = Build(b => b.UseStore((_, _) => Task.FromResult<IStreamStore>(store))))
        {
            await host.StartAsync();
            await host.StopAsync();
            Assert.Equal(1, store.Disposals);
        }
        Assert.Equal(1, store.Disposals);

        var second = new CountingStore { Fails = true };
        using (IHost host = Build(b => b.UseStore((_, _) => Task.FromResult<IStreamStore>(second))))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());
        }
        Assert.Equal(1, second.Disposals);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_holds_up_the_host_no_longer_than_its_timeout()
    {
        var hold = new TaskCompletionSource();
        var store = new CountingStore();
        using (IHost host = Build(b => b.UseStore((_, _) => Task.FromResult<IStreamStore>(store))))
        {
            await host.StartAsync();
            store.Hold = hold.Task;
            await Step(host.Services.GetRequiredService<StreamService<HostedModel>>(), "a");
            using var timeout = new CancellationTokenSource(100);
            await host.StopAsync(timeout.Token).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(0, store.Disposals);
            hold.SetResult();
        }
        Assert.Equal(1, store.Disposals);
    }

    [Fact]
    public async Task A_store_that_fails_at_the_end_does_not_fail_the_stop()
    {
        var store = new CountingStore();
        IHost host = Build(b => b.UseStore((_, _) => Task.FromResult<IStreamStore>(store)));
        await host.StartAsync();
        await Step(host.Services.GetRequiredService<StreamService<HostedModel>>(), "a");
        store.Fails = true;
        await host.StopAsync();
        Assert.Equal(1, store.Disposals);
        // The container ends the service, which was taken from it, once more; the failure was reported.
        host.Dispose();
        Assert.Equal(1, store.Disposals);
    }

    /// <summary>As tools and tests do.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_container_may_be_disposed_synchronously(bool isStarted)
    {
        var store = new CountingStore();
        var services = new ServiceCollection();
        services.AddStreams(static _ => HostedModel.Create(seed: 1)).UseStore((_, _) => Task.FromResult<IStreamStore>(store));
        using (ServiceProvider provider = services.BuildServiceProvider())
        {
            var host = (IHostedLifecycleService)provider.GetServices<IHostedService>().Single();
            if (isStarted)
            {
                await host.StartingAsync(default);
                Assert.Equal(1, (await Step(provider.GetRequiredService<StreamService<HostedModel>>(), "a")).Sequence);
                Assert.NotNull(provider.GetRequiredService<IStreamService<HostedModel>>());
            }
        }
        Assert.Equal(isStarted ? 1 : 0, store.Disposals);
    }

    /// <summary>One damaged stream is no reason not to start, and is said.</summary>
    [Fact]
    public async Task A_damaged_stream_of_the_log_is_said_in_the_log_of_the_host()
    {
        var contents = new MemoryStreamStore.Contents();
        var model = HostedModel.Create(seed: 1);
        StreamService<HostedModel> lost = await StreamService<HostedModel>.StartAsync(model, new MemoryStreamStore(contents));
        await Step(lost, "broken");
        await lost.CheckpointAsync();
        await Step(lost, "broken");
        await Step(lost, "sound");
        contents.Saved["broken"][9] ^= 1;
        var lines = new List<string>();
        using IHost host = Build(
            b => b.UseStore((_, _) => Task.FromResult<IStreamStore>(new MemoryStreamStore(contents))),
            s => s.AddSingleton<ILoggerProvider>(new Lines(lines)));
        await host.StartAsync();
        StreamService<HostedModel> service = host.Services.GetRequiredService<StreamService<HostedModel>>();
        Assert.Equal(["broken"], service.DamagedStreams);
        Assert.Contains(lines, static l => l.StartsWith("Warning 1 saved streams of HostedModel are damaged", StringComparison.Ordinal)
            && l.Contains(": broken.", StringComparison.Ordinal));
        Assert.Equal(2, (await Step(service, "sound")).Sequence);
        await host.StopAsync();
        await lost.DisposeAsync();
    }

    [Fact]
    public async Task Health_is_healthy_in_a_running_service_and_not_before()
    {
        using IHost host = Build(static b => b.KeepInMemory().AddHealthCheck(tags: ["ready"]));
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        HealthReportEntry before = (await health.CheckHealthAsync()).Entries["streams HostedModel"];
        Assert.Equal(HealthStatus.Unhealthy, before.Status);
        await host.StartAsync();
        await Step(host.Services.GetRequiredService<StreamService<HostedModel>>(), "a");
        HealthReportEntry after = (await health.CheckHealthAsync()).Entries["streams HostedModel"];
        Assert.Equal(HealthStatus.Healthy, after.Status);
        Assert.Equal(["ready"], after.Tags);
        Assert.Equal(1, after.Data["streams"]);
        Assert.Equal(0, after.Data["pendingTokens"]);
        Assert.True((long)after.Data["memoryBytes"] > 0);
        await host.StopAsync();
        HealthReportEntry stopped = (await health.CheckHealthAsync()).Entries["streams HostedModel"];
        Assert.Equal((HealthStatus.Unhealthy, "The service has stopped."), (stopped.Status, stopped.Description));
    }

    [Fact]
    public async Task Health_fails_with_its_store_as_the_host_wants_it_to_be_reported()
    {
        var store = new CountingStore();
        using IHost host = Build(b => b.UseStore((_, _) => Task.FromResult<IStreamStore>(store))
            .AddHealthCheck("load", HealthStatus.Degraded));
        await host.StartAsync();
        store.Fails = true;
        StreamService<HostedModel> service = host.Services.GetRequiredService<StreamService<HostedModel>>();
        StepRefusedException e = await Assert.ThrowsAsync<StepRefusedException>(() => Step(service, "a"));
        Assert.Equal(StepStatus.Unavailable, e.Result.Status);
        HealthReportEntry entry = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["load"];
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains(CountingStore.Failure, entry.Description, StringComparison.Ordinal);
    }

    private sealed class Feeder(IServiceProvider services) : IHostedService
    {
        public List<long> Sequences { get; } = [];

        public Task StartAsync(CancellationToken cancellationToken) => Feed();

        public Task StopAsync(CancellationToken cancellationToken) => Feed();

        private async Task Feed() =>
            Sequences.Add((await Step(services.GetRequiredService<StreamService<HostedModel>>(), "fed")).Sequence);
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
            {
                lines.Add($"{logLevel} {formatter(state, exception)}");
            }
        }

        public void Dispose()
        {
        }
    }
}
