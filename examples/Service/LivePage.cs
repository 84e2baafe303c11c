using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Service;

/// <summary>The page, and the events that keep it alive.</summary>
internal static class LivePage
{
    /// <summary>Pages at a time.</summary>
    private const int MaxPages = 100;

    public static void Map(WebApplication app)
    {
        app.MapGet("/", static (HttpContext context, ApiKey key, IWebHostEnvironment files) =>
            context.Request.Query.TryGetValue("key", out var given) && key.Is(given) ? Enter(context, key)
            : context.User.Identity is { IsAuthenticated: true } ? Results.File(PathOf(files, "index.html"), "text/html")
            : Results.Text(File.ReadAllText(PathOf(files, "locked.html")), "text/html", null, StatusCodes.Status401Unauthorized));
        app.MapGet("/live", Live).RequireAuthorization();
    }

    private static string PathOf(IWebHostEnvironment files, string name) => Path.Combine(files.WebRootPath, name);

    /// <summary>The key goes from the address, which others may see, to a cookie, which no script can read.</summary>
    private static IResult Enter(HttpContext context, ApiKey key)
    {
        context.Response.Cookies.Append(
            ApiKey.CookieOf(context), key.Value,
            new() { HttpOnly = true, SameSite = SameSiteMode.Strict, IsEssential = true, MaxAge = TimeSpan.FromDays(30) });
        return Results.Redirect("/");
    }

    private static IResult Live(
        HttpContext context, string? sensor, Settings settings, Dashboard dashboard, Sender sender, History history,
        IHostApplicationLifetime lifetime)
    {
        if (!new Fleet(settings.Sensors).TryFind(sensor ?? "0", out int picked))
        {
            return Results.Problem(
                $"There is no such sensor; ids go from {Fleet.IdOf(0)} to {Fleet.IdOf(settings.Sensors - 1)}.", null,
                StatusCodes.Status404NotFound);
        }
        // Whatever becomes of the answer, the page leaves.
        context.Response.OnCompleted(() =>
        {
            dashboard.Leave();
            return Task.CompletedTask;
        });
        if (dashboard.Enter() > MaxPages)
        {
            return Results.Problem(
                $"{MaxPages} pages are open, which are as many as may be.", null, StatusCodes.Status503ServiceUnavailable);
        }
        return TypedResults.ServerSentEvents(
            Events(picked, dashboard, sender, history, context.RequestAborted, lifetime.ApplicationStopping));
    }

    /// <summary>A page that is slow misses news, and no news wait for it.</summary>
    private static async IAsyncEnumerable<SseItem<string>> Events(
        int sensor, Dashboard dashboard, Sender sender, History history, CancellationToken gone, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping, cancellation);
        yield return new(dashboard.Past(), "past") { ReconnectionInterval = TimeSpan.FromMilliseconds(500) };
        long alarms = -1, next = 1;
        while (!ended.IsCancellationRequested)
        {
            Task news = dashboard.Next;
            if (dashboard.Status.Length > 0)
            {
                yield return new(Picked(sensor, ref next, sender, history), "sensor");
                yield return new(dashboard.Status, "status");
                if (alarms != dashboard.AlarmVersion)
                {
                    alarms = dashboard.AlarmVersion;
                    yield return new(dashboard.NewestAlarms(), "alarms");
                }
            }
            await news.WaitAsync(ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The readings of a sensor from a number on, and the forecast of its next ones.</summary>
    private static string Picked(int sensor, ref long next, Sender sender, History history)
    {
        long first = next;
        Point[] points = history.Points(sensor, ref first);
        next = first + points.Length;
        float[] output = sender.OutputOf(sensor).ToArray();
        GaussianPrediction forecast = Forecaster.Next(output);
        var ahead = new List<double?[]>();
        for (int i = 0; i < Forecaster.Horizon && next > 1; i++)
        {
            ahead.Add([Round(forecast.Mean(i)), Round(forecast.StandardDeviation(i))]);
        }
        return Dashboard.Write(new
        {
            Id = Fleet.IdOf(sensor), First = first, sender.Records[sensor].Detector.HasAlarm,
            Points = points.Select(static p => new[] { Round(p.Value), Round(p.Mean), Round(p.Deviation), (int)p.Marks }),
            Ahead = ahead,
        });
    }

    private static double? Round(float value) => float.IsFinite(value) ? Math.Round(value, 3) : null;
}
