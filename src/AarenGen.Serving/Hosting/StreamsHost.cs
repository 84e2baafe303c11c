using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AarenGen.Serving;

/// <summary>Starts and stops the service of a model's streams with its host.</summary>
internal sealed partial class StreamsHost<TModel>(IServiceProvider services, StreamsSettings<TModel> settings, ILogger logger)
    : IHostedLifecycleService, IAsyncDisposable, IDisposable
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>How many streams a line of the log names.</summary>
    private const int MaxNamed = 20;

    private static readonly string Name = typeof(TModel).Name;

    private StreamService<TModel>? service;
    private IStreamStore? store;

    /// <exception cref="InvalidOperationException">It has not started.</exception>
    public StreamService<TModel> Service => Running ?? throw new InvalidOperationException(
        $"The streams of {Name} have not started: their service is there once the host is starting. Take it later, for instance "
        + "from IServiceProvider in StartAsync or ExecuteAsync of a hosted service, and not in its constructor.");

    /// <summary>The service; null before it has started.</summary>
    public StreamService<TModel>? Running => Volatile.Read(ref service);

    /// <summary>Before any service of the host starts: what they start with may be a token.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (settings.OpenStore is null && !settings.IsInMemory)
        {
            throw new InvalidOperationException(
                $"Nothing says where the streams of {Name} are kept. Call UseSqlite(folder) or UseStore(…) on what "
                + $"AddStreams<{Name}> returns, so that they survive the end of the process; or KeepInMemory() to lose them then.");
        }
        StreamServiceOptions options = settings.Changes.Aggregate(new StreamServiceOptions(), (o, change) => change(services, o)
            ?? throw new InvalidOperationException($"A change of the options of the streams of {Name} returned null."));
        long start = Stopwatch.GetTimestamp();
        TModel model = settings.Model(services)
            ?? throw new InvalidOperationException($"AddStreams<{Name}> was given a function that returned no model.");
        if (settings.OpenStore is not null)
        {
            store = await settings.OpenStore(services, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"UseStore of the streams of {Name} was given a function that returned no store.");
        }
        Volatile.Write(
            ref service,
            await StreamService<TModel>.StartAsync(model, store, options, settings.Form(model), cancellationToken).ConfigureAwait(false));
        if (Service.DamagedStreams is { Count: > 0 } damaged)
        {
            LogDamaged(Name, damaged.Count, string.Join(", ", damaged.Take(MaxNamed)));
        }
        LogStarted(Name, Service.StreamCount, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After all services of the host have stopped: until then they may have tokens.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (Running is not { } running)
        {
            return;
        }
        long start = Stopwatch.GetTimestamp();
        try
        {
            await running.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            LogStopped(Name, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            // It goes on writing; the container waits for it.
            LogUnfinished(e, Name);
            return;
        }
        catch (IOException e)
        {
            LogUnwritten(e, Name);
        }
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Once, after a stop or a start that failed. The container disposes the service, too, if anybody has taken it from there, which does
    /// no harm.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        IStreamStore? opened = Interlocked.Exchange(ref store, null);
        try
        {
            if (Running is { } running)
            {
                await running.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // The stop has told of it.
        }
        finally
        {
            if (opened is not null)
            {
                await opened.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>For containers that are disposed synchronously.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    [LoggerMessage(1, LogLevel.Information, "Following {Streams} streams of {Model}, after {Seconds:0.000} s.")]
    private partial void LogStarted(string model, int streams, double seconds);

    [LoggerMessage(2, LogLevel.Information, "The streams of {Model} have stopped, after {Seconds:0.000} s.")]
    private partial void LogStopped(string model, double seconds);

    [LoggerMessage(
        3, LogLevel.Warning,
        "The streams of {Model} did not stop within the host's shutdown timeout; acknowledged tokens are in the log of the store.")]
    private partial void LogUnfinished(Exception exception, string model);

    [LoggerMessage(
        4, LogLevel.Error,
        "The streams of {Model} could not be written when they stopped; acknowledged tokens are in the log of the store.")]
    private partial void LogUnwritten(Exception exception, string model);

    [LoggerMessage(
        5, LogLevel.Warning,
        "{Count} saved streams of {Model} are damaged, and the log had tokens of theirs, which are not read: {Streams}. Remove the "
        + "streams, or take them from a backup.")]
    private partial void LogDamaged(string model, int count, string streams);
}
