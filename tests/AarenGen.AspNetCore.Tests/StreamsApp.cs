using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AarenGen.Serving;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AarenGen.AspNetCore.Tests;

/// <summary>A host on ports of its own, whose log the test sees.</summary>
internal sealed class StreamsApp : IAsyncDisposable
{
    public const string Small = "/small";

    private readonly WebApplication app;

    private StreamsApp(WebApplication app, ConcurrentQueue<string> problems)
    {
        this.app = app;
        Problems = problems;
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        Address = new(addresses[0]);
        Client = new() { BaseAddress = Address };
        Channel = GrpcChannel.ForAddress(addresses[1]);
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public GrpcChannel Channel { get; }

    /// <summary>What was logged as an error or worse.</summary>
    public ConcurrentQueue<string> Problems { get; }

    public IServiceProvider Services => app.Services;

    public StreamService<SmallModel> Service => app.Services.GetRequiredService<StreamService<SmallModel>>();

    /// <summary>Starts a host that maps <see cref="SmallModel"/> unless it is told what else.</summary>
    public static async Task<StreamsApp> StartAsync(
        StreamEndpointOptions? options = null, Func<StreamServiceOptions, StreamServiceOptions>? configure = null,
        Action<IServiceCollection>? add = null, Action<WebApplication>? map = null, IStreamStore? store = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        var problems = new ConcurrentQueue<string>();
        builder.Logging.AddProvider(new ProblemLog(problems)).SetMinimumLevel(LogLevel.Information);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static server =>
        {
            server.Listen(IPAddress.Loopback, 0, static l => l.Protocols = HttpProtocols.Http1);
            server.Listen(IPAddress.Loopback, 0, static l => l.Protocols = HttpProtocols.Http2);
        });
        StreamsBuilder<SmallModel> streams = builder.Services.AddRouting().AddStreams(static _ => SmallModel.Create(seed: 1))
            .Configure(configure ?? (static o => o));
        _ = store is null ? streams.KeepInMemory() : streams.UseStore((_, _) => Task.FromResult(store));
        builder.Services.AddStreamsGrpc();
        add?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        if (map is null)
        {
            app.UseRouting();
            app.MapStreams<SmallModel>(Small, options);
            app.MapStreamsGrpc<SmallModel>(options);
        }
        else
        {
            map(app);
        }
        await app.StartAsync();
        return new(app, problems);
    }

    public Task<HttpResponseMessage> Post(string path, string body, string? type = "application/json") =>
        Client.PostAsync(path, new ByteArrayContent(Encoding.UTF8.GetBytes(body))
        {
            Headers = { ContentType = type is null ? null : new(type) },
        });

    /// <summary>Sends a body that must be answered with problem details of a status.</summary>
    public async Task<JsonElement> Refused(HttpStatusCode status, string path, string body) =>
        await Problem(status, await Post(path, body));

    public static async Task<JsonElement> Problem(HttpStatusCode status, HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem;
    }

    public async Task<TokenAnswer> Step(string id, long sequence, params float?[] token)
    {
        HttpResponseMessage response = await Client.PostAsJsonAsync(
            $"{Small}/{Uri.EscapeDataString(id)}", new TokenRequest { Sequence = sequence, Token = token });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<TokenAnswer>())!;
    }

    public async Task<IReadOnlyList<TokenAnswer>> StepMany(string path, params NamedTokenRequest[] tokens)
    {
        HttpResponseMessage response = await Client.PostAsJsonAsync(path, new TokenBatchRequest { Tokens = tokens });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<TokenBatchResponse>())!.Results;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Channel.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        Assert.True(Problems.IsEmpty, string.Join("\n", Problems));
    }

    public Task StopAsync() => app.StopAsync();

    private sealed class ProblemLog(ConcurrentQueue<string> problems) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                problems.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
