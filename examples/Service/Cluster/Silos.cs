using System.Diagnostics;
using Reporting;

namespace Service.Cluster;

/// <summary>What a page shows of a silo.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">What it does.</param>
/// <param name="Process">The number of its process.</param>
/// <param name="Kills">How often it was killed.</param>
internal sealed record SiloInfo(string Name, SiloState State, int Process, int Kills);

/// <summary>What a silo does.</summary>
internal enum SiloState
{
    Starting,
    Running,
    Down,
}

/// <summary>The silos, each in a process of its own.</summary>
/// <remarks>Thread safety: any number of threads may read <see cref="Status"/>; one calls the other members.</remarks>
internal sealed class Silos(string weightFile, string redis, string cluster) : IAsyncDisposable
{
    public const int Count = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ChildProcess?[] processes = new ChildProcess?[Count];
    private readonly SiloInfo[] status =
        [.. Enumerable.Range(0, Count).Select(static i => new SiloInfo(NameOf(i), SiloState.Down, 0, 0))];

    /// <summary>What each silo does; one may have ended by itself, or by another hand.</summary>
    public IReadOnlyList<SiloInfo> Status =>
    [
        .. status.Select((s, i) =>
            s.State == SiloState.Running && processes[i] is not { HasExited: false } ? s with { State = SiloState.Down } : s),
    ];

    /// <summary>Starts all silos that are down, side by side, and waits until they are silos of the cluster.</summary>
    /// <exception cref="UserException">One does not start.</exception>
    public Task StartAsync(CancellationToken cancellation) =>
        Task.WhenAll(Status.Select((s, i) => s.State == SiloState.Down ? StartAsync(i, cancellation) : Task.CompletedTask));

    /// <summary>Ends a silo as if its machine had ended.</summary>
    public async Task KillAsync(int silo)
    {
        await processes[silo]!.KillAsync();
        status[silo] = status[silo] with { State = SiloState.Down, Kills = status[silo].Kills + 1 };
    }

    /// <summary>Stops all silos: they write what they have, and those that have not started have nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(processes.OfType<ChildProcess>().Zip(status, static (process, info) =>
        {
            if (info.State == SiloState.Starting)
            {
                return process.KillAsync();
            }
            process.Tell(SiloHost.Stop);
            return process.EndAsync();
        }));
        foreach (ChildProcess process in processes.OfType<ChildProcess>())
        {
            process.Dispose();
        }
    }

    private static string NameOf(int silo) => $"silo-{silo + 1}";

    private async Task StartAsync(int silo, CancellationToken cancellation)
    {
        processes[silo]?.Dispose();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string lastLine = "";
        // This program again: dotnet runs it, or it has a host of its own.
        string program = Environment.ProcessPath!;
        string[] arguments = [SiloHost.Command, NameOf(silo), weightFile];
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            arguments = ["exec", typeof(Silos).Assembly.Location, .. arguments];
        }
        var process = new ChildProcess(
            program, arguments,
            line =>
            {
                lastLine = line;
                if (line == SiloHost.Ready)
                {
                    ready.TrySetResult();
                }
            },
            environment: new Dictionary<string, string> { [SiloHost.RedisVariable] = redis, [SiloHost.ClusterVariable] = cluster });
        processes[silo] = process;
        status[silo] = status[silo] with { State = SiloState.Starting, Process = process.Id };
        long start = Stopwatch.GetTimestamp();
        while (await Task.WhenAny(ready.Task, Task.Delay(100, cancellation)) != ready.Task)
        {
            cancellation.ThrowIfCancellationRequested();
            if (process.HasExited || Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new UserException($"{NameOf(silo)} does not start; it says: {lastLine}");
            }
        }
        status[silo] = status[silo] with { State = SiloState.Running };
    }
}
