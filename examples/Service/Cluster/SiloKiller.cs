using System.Diagnostics;

namespace Service.Cluster;

/// <summary>Kills one silo after the other, and starts those that are down, whoever ended them.</summary>
internal sealed class SiloKiller(Silos silos, Settings settings, Sender sender) : BackgroundService
{
    /// <summary>How long a silo is gone.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await sender.Started;
            int kills = 0;
            // All silos run since then, as far as kills are concerned.
            long calm = Stopwatch.GetTimestamp();
            while (true)
            {
                await Task.Delay(Look, stoppingToken);
                if (silos.Status.Any(static s => s.State == SiloState.Down))
                {
                    await Task.Delay(Pause, stoppingToken);
                    await silos.StartAsync(stoppingToken);
                    calm = Stopwatch.GetTimestamp();
                }
                else if (!IsKilling(kills))
                {
                    calm = Stopwatch.GetTimestamp();
                }
                else if (Stopwatch.GetElapsedTime(calm) >= settings.KillInterval)
                {
                    await silos.KillAsync(kills++ % Silos.Count);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>The short form kills each silo once; otherwise the sensors first read their first two days.</summary>
    private bool IsKilling(int kills) =>
        settings.KillInterval > TimeSpan.Zero && (settings.IsShort ? kills < Silos.Count : sender.WarmUp == 1);
}
