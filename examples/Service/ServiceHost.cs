using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AarenGen.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Reporting;
using Service.Cluster;

namespace Service;

/// <summary>The whole program: model, service, sensors, page.</summary>
internal static class ServiceHost
{
    /// <summary>Readings that the short form reads again to check forecasts; some seconds of work.</summary>
    private const long MaxCheckedReadings = 4_000_000;

    /// <summary>Runs until it is stopped; in the short form, until the sensors have sent what they have.</summary>
    public static async Task RunAsync(Settings settings, CancellationToken stop)
    {
        using FileStream runs = Prepare(settings);
        Forecaster model = Load(settings, stop);
        if (settings.KillInterval is null)
        {
            await RunAsync(settings, model, new SqliteHome(settings), stop);
            return;
        }
        await using ClusterHome home = await ClusterHome.StartAsync(settings, stop);
        await RunAsync(settings, model, home, stop);
    }

    /// <summary>Makes the folder, which is this run's until the file that is returned is closed.</summary>
    private static FileStream Prepare(Settings settings)
    {
        if (!OperatingSystem.IsWindows() && !Path.Exists(settings.Folder))
        {
            // What sensors say is nobody else's business, and whoever has the key may write.
            Directory.CreateDirectory(settings.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        OutputFolder.Prepare(settings.Folder, "--data");
        try
        {
            return new(settings.LockFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            throw new UserException(
                $"{settings.Folder}: another run of this program has it open. Stop that one, or name another folder by --data.", e);
        }
    }

    /// <summary>Whether another process has the file open; a full disk is another matter.</summary>
    private static bool IsSharingViolation(IOException error) => OperatingSystem.IsWindows()
        ? (error.HResult & 0xffff) is 32 or 33
        : error.HResult == (OperatingSystem.IsLinux() ? 11 : 35);

    private static async Task RunAsync(Settings settings, Forecaster model, IHome home, CancellationToken stop)
    {
        using var history = new History(settings.HistoryFile, settings.Sensors);
        await using WebApplication app = Build(settings, model, home, history);
        try
        {
            await app.StartAsync(stop);
        }
        catch (InvalidDataException e)
        {
            throw new UserException($"{settings.StreamFolder}: {e.Message}", e);
        }
        catch (Exception e) when (e is SocketException || e.InnerException is AddressInUseException)
        {
            throw new UserException(
                $"Port {settings.Port} cannot be had: {e.InnerException?.Message ?? e.Message}. Name another one by --port, or 0 for any.",
                e);
        }
        var sender = app.Services.GetRequiredService<Sender>();
        try
        {
            await TellAsync(app, settings, stop);
            // A background service that fails stops the host. By themselves the sensors end in the short form alone.
            using (stop.Register(app.Lifetime.StopApplication))
            {
                await Task.WhenAny(sender.ExecuteTask!, Task.Delay(Timeout.Infinite, app.Lifetime.ApplicationStopping));
            }
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
        await Task.WhenAll(
            app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Select(static s => s.ExecuteTask ?? Task.CompletedTask));
        if (!settings.IsShort)
        {
            Console.WriteLine("Stopped; the next start goes on from here.");
            return;
        }
        if (!sender.HasEnded)
        {
            throw new OperationCanceledException("The program was stopped.", stop);
        }
        Tell(app);
        CheckThatNothingIsLost(model, sender, stop);
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

    private static WebApplication Build(Settings settings, Forecaster model, IHome home, History history)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            // The page lies beside the program, wherever that is started.
            ContentRootPath = AppContext.BaseDirectory,
        });
        // A client of a cluster tells of each silo that is gone; the page does, too.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error)
            .AddFilter("AarenGen.Orleans", LogLevel.Error);
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, settings.Port));

        // The service of the streams.
        home.AddTo(builder, model);

        // Who may use it is the host's matter.
        builder.Services.AddSingleton(new ApiKey(settings.KeyFile));
        // AddAuthentication would make keys in the user's folder, for cookies that this host does not have.
        builder.Services.AddWebEncoders();
        builder.Services.AddAuthenticationCore(static o =>
        {
            o.DefaultScheme = ApiKeyHandler.SchemeName;
            o.AddScheme<ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        });
        builder.Services.AddAuthorization();

        // The sensors, and what the page shows of them.
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(home);
        builder.Services.AddSingleton(history);
        builder.Services.AddSingleton<Meters>();
        builder.Services.AddSingleton<Alarms>();
        builder.Services.AddSingleton<Sender>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Sender>());
        builder.Services.AddSingleton<Dashboard>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Dashboard>());

        WebApplication app = builder.Build();
        // The page has nothing from elsewhere, and a browser asks whether it has changed. Orleans' dashboard has styles in its text.
        app.Use(static (context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments(ClusterHome.DashboardPath)
                ? "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:"
                : "default-src 'self'";
            context.Response.Headers.CacheControl = "no-cache";
            return next(context);
        });
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseStaticFiles();
        app.MapStreams<Forecaster>("/streams").RequireAuthorization();
        app.MapHealthChecks("/health");
        home.Map(app);
        LivePage.Map(app);
        return app;
    }

    private static async Task TellAsync(WebApplication app, Settings settings, CancellationToken stop)
    {
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            .Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        string key = app.Services.GetRequiredService<ApiKey>().Value;
        var sender = app.Services.GetRequiredService<Sender>();
        await sender.Started.WaitAsync(stop);
        string rate = settings.IsShort ? "full speed" : $"{settings.Rate:N0} readings a second";
        Console.WriteLine($"{settings.Sensors:N0} sensors, {rate}; all is kept in {settings.Folder}.");
        Console.WriteLine($"{sender.AcknowledgedBefore:N0} readings were acknowledged before this start.");
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
        foreach (SiloInfo silo in app.Services.GetRequiredService<IHome>().Silos)
        {
            Console.WriteLine($"Kills of {silo.Name}: {silo.Kills}");
        }
    }

    /// <summary>A reading that was lost, or read twice, would change every forecast after it.</summary>
    private static void CheckThatNothingIsLost(Forecaster model, Sender sender, CancellationToken stop)
    {
        int[] checkedSensors = SensorsToCheck(sender.Records.Length, sender.Records.Max(static r => r.Reading));
        Parallel.ForEach(checkedSensors, new() { CancellationToken = stop }, sensor =>
        {
            var life = new SensorLife(model, sensor);
            life.ReadTo(sender.Records[sensor].Reading, stop);
            if (!sender.OutputOf(sensor).SequenceEqual(life.Output))
            {
                throw new UserException(
                    $"{Fleet.IdOf(sensor)}: its forecast is not that of a model which has read it without interruption.");
            }
        });
        string which = checkedSensors.Length == sender.Records.Length
            ? "All forecasts" : $"The forecasts of {checkedSensors.Length} sensors";
        Console.WriteLine($"{which} are those of a model that nobody interrupted: no reading is missing, and none was read twice.");
    }

    /// <summary>
    /// All sensors where that takes some seconds. A forecast depends on all readings of its sensor, and a folder may have those of months:
    /// then some sensors are checked, at equal distances, and one in any case.
    /// </summary>
    internal static int[] SensorsToCheck(int sensors, long readings)
    {
        int count = (int)Math.Clamp(MaxCheckedReadings / readings, 1, sensors);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * sensors / count))];
    }
}
