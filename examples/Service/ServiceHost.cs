using System.Diagnostics;
using System.Net;
using AarenGen.AspNetCore;
using AarenGen.Serving.Sqlite;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Reporting;

namespace Service;

/// <summary>The whole program: model, service, sensors, page.</summary>
internal static class ServiceHost
{
    /// <summary>Runs until it is stopped; in the short form, until the sensors have sent what they have.</summary>
    public static async Task RunAsync(Settings settings, CancellationToken stop)
    {
        OutputFolder.Prepare(settings.Folder, "--data");
        Forecaster model = Load(settings, stop);
        using var history = new History(settings.HistoryFile, settings.Sensors);
        await using WebApplication app = Build(settings, model, history);
        try
        {
            await app.StartAsync(stop);
        }
        catch (InvalidDataException e)
        {
            throw new UserException($"{settings.StreamFolder}: {e.Message}", e);
        }
        var sender = app.Services.GetRequiredService<Sender>();
        try
        {
            await TellAsync(app, settings);
            if (settings.IsShort)
            {
                await sender.ExecuteTask!.WaitAsync(stop);
                Tell(app);
                return;
            }
            // A sender that fails stops the host.
            await app.WaitForShutdownAsync(stop);
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
        await sender.ExecuteTask!;
        Console.WriteLine("Stopped; the next start goes on from here.");
    }

    private static Forecaster Load(Settings settings, CancellationToken stop)
    {
        if (File.Exists(settings.WeightFile))
        {
            return Forecaster.Load(settings.WeightFile);
        }
        long start = Stopwatch.GetTimestamp();
        Forecaster model = Training.Run(stop);
        model.Save(settings.WeightFile);
        Console.WriteLine($"Trained in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s; later starts load {settings.WeightFile}.");
        return model;
    }

    private static WebApplication Build(Settings settings, Forecaster model, History history)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            // The page lies beside the program, wherever that is started.
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, settings.Port));

        // The service of the streams, kept in a folder.
        builder.Services.AddStreams(_ => model).UseSqlite(settings.StreamFolder).AddHealthCheck();

        // Who may use it is the host's matter.
        builder.Services.AddSingleton(new ApiKey(settings.KeyFile));
        // Authentication could protect data of its own with keys in the user's folder; this one has none.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddAuthentication(ApiKeyHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        builder.Services.AddAuthorization();

        // The sensors, and what the page shows of them.
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(history);
        builder.Services.AddSingleton<Meters>();
        builder.Services.AddSingleton<Alarms>();
        builder.Services.AddSingleton<Sender>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Sender>());
        builder.Services.AddSingleton<Dashboard>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Dashboard>());

        WebApplication app = builder.Build();
        // The page has nothing from elsewhere, and a browser asks whether it has changed.
        app.Use(static (context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'self'";
            context.Response.Headers.CacheControl = "no-cache";
            return next(context);
        });
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseStaticFiles();
        app.MapStreams<Forecaster>("/streams").RequireAuthorization();
        app.MapHealthChecks("/health");
        LivePage.Map(app);
        return app;
    }

    private static async Task TellAsync(WebApplication app, Settings settings)
    {
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            .Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        string key = app.Services.GetRequiredService<ApiKey>().Value;
        await app.Services.GetRequiredService<Sender>().Started;
        string rate = settings.IsShort ? "full speed" : $"{settings.Rate:N0} readings a second";
        Console.WriteLine($"{settings.Sensors:N0} sensors, {rate}; all is kept in {settings.Folder}.");
        Console.WriteLine($"{app.Services.GetRequiredService<Sender>().Acknowledged:N0} readings were acknowledged before this start.");
        Console.WriteLine($"Page: {address}/?key={key}");
        Console.WriteLine($"Streams: {address}/streams with the header 'Authorization: Bearer {key}'");
    }

    /// <summary>What happened in the short form.</summary>
    private static void Tell(WebApplication app)
    {
        (FaultCounts[] kinds, int falseAlarms) = app.Services.GetRequiredService<Dashboard>().Score();
        Console.WriteLine($"{app.Services.GetRequiredService<Sender>().Acknowledged:N0} readings are acknowledged.");
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            FaultCounts counts = kinds[kind];
            Console.WriteLine($"{(FaultKind)kind}: {counts.Found} of {counts.Planted} found, {counts.Missed} missed, "
                + $"after {(counts.Found > 0 ? (double)counts.Delay / counts.Found : 0):F1} readings");
        }
        Console.WriteLine($"False alarms: {falseAlarms}");
    }
}
