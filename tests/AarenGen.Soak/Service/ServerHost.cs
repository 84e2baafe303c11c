using System.Globalization;
using System.Net;
using System.Text.Json;
using AarenGen.AspNetCore;
using AarenGen.Serving;
using AarenGen.Serving.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AarenGen.Soak;

/// <summary>How a server is.</summary>
/// <param name="ManagedBytes">Bytes of objects, with garbage that was not collected yet.</param>
/// <param name="Streams">Streams in memory.</param>
/// <param name="PendingTokens">Tokens that wait or are stepped.</param>
/// <param name="Errors">What was logged as an error or worse.</param>
internal sealed record ServerInfo(long ManagedBytes, int Streams, int PendingTokens, string[] Errors);

/// <summary>The process of a server: a host of streams as a user would write it, and a page that says how it is.</summary>
internal static class ServerHost
{
    public const string Command = "service-host", Prefix = "/served", InfoPath = "/info";

    public const int Seed = 1, SlowDiskPendingTokens = 4096;

    /// <summary>Runs on the store of a folder until the standard input ends; says the addresses of HTTP/1.1 and of HTTP/2.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="disk">Milliseconds of each call of the store, and the how-manieth takes a second; empty: the disk is as it is.</param>
    public static async Task RunAsync(string folder, string disk)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        var errors = new ErrorLog();
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.WebHost.ConfigureKestrel(static server =>
        {
            server.Listen(IPAddress.Loopback, 0, static o => o.Protocols = HttpProtocols.Http1);
            server.Listen(IPAddress.Loopback, 0, static o => o.Protocols = HttpProtocols.Http2);
        });
        // Often enough that streams leave memory and come back while the tests run.
        StreamsBuilder<ServedModel> streams = builder.Services.AddStreams(static _ => ServedModel.Create(Seed)).Configure(static o => o with
        {
            CheckpointInterval = TimeSpan.FromSeconds(10), Pool = new() { IdleTime = TimeSpan.FromMinutes(1) },
        });
        if (disk.Length == 0)
        {
            streams.UseSqlite(folder);
        }
        else
        {
            int[] slow = [.. disk.Split(',').Select(static n => int.Parse(n, CultureInfo.InvariantCulture))];
            streams.Configure(static o => o with { MaxPendingTokens = SlowDiskPendingTokens })
                .UseStore(async (_, stop) => new SlowStore(
                    await SqliteStreamStore.OpenAsync(folder, cancellationToken: stop), slow[0], slow[1]));
        }
        builder.Services.AddStreamsGrpc();
        await using WebApplication app = builder.Build();
        app.MapStreams<ServedModel>(Prefix);
        app.MapStreamsGrpc<ServedModel>();
        app.MapGet(InfoPath, context =>
        {
            var service = context.RequestServices.GetRequiredService<StreamService<ServedModel>>();
            var info = new ServerInfo(
                GC.GetTotalMemory(forceFullCollection: false), service.StreamCount, service.PendingTokens, errors.Messages);
            return context.Response.WriteAsync(JsonSerializer.Serialize(info));
        });
        await app.StartAsync();
        Console.WriteLine(string.Join(' ', app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses));
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
    }

    /// <summary>Keeps what is logged as an error.</summary>
    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        private const int MaxKept = 100;

        private readonly List<string> messages = [];

        public string[] Messages
        {
            get
            {
                lock (messages)
                {
                    return [.. messages];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (messages)
            {
                if (IsEnabled(logLevel) && messages.Count < MaxKept)
                {
                    messages.Add($"{formatter(state, exception)} {exception}");
                }
            }
        }

        public void Dispose()
        {
        }
    }
}
