using System.Runtime.InteropServices;
using System.Threading.Channels;
using AarenGen.Serving;
using Orleans;

namespace AarenGen.Orleans;

/// <summary>Watches the outputs of a stream: an observer that says again and again that it is there, since its grain may move.</summary>
internal sealed class OutputWatch : IOutputObserver, IAsyncDisposable
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(5), Retry = TimeSpan.FromMilliseconds(500);

    private readonly IGrainFactory grains;
    private readonly IStreamsGrain grain;
    private readonly string id;
    private readonly IOutputObserver reference;
    private readonly CancellationTokenSource ending = new();
    private readonly Channel<StreamOutput> outputs;
    private readonly Task renewing;

    public OutputWatch(IGrainFactory grains, IStreamsGrain grain, string id, int capacity)
    {
        (this.grains, this.grain, this.id) = (grains, grain, id);
        outputs = Channel.CreateBounded<StreamOutput>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        reference = grains.CreateObjectReference<IOutputObserver>(this);
        renewing = RenewAsync();
    }

    public ChannelReader<StreamOutput> Outputs => outputs.Reader;

    public Task ReceiveAsync(OutputMessage output)
    {
        outputs.Writer.TryWrite(new(
            output.Id, output.Sequence, MemoryMarshal.Cast<byte, float>(output.Token).ToArray(),
            MemoryMarshal.Cast<byte, float>(output.Output).ToArray()));
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await renewing.ConfigureAwait(false);
        outputs.Writer.TryComplete();
        try
        {
            await grain.UnwatchAsync(id, reference).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is forgotten in a while.
        }
        grains.DeleteObjectReference<IOutputObserver>(reference);
        ending.Dispose();
    }

    private async Task RenewAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            TimeSpan next = Renewal;
            try
            {
                await grain.WatchAsync(id, reference).WaitAsync(ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception)
            {
                next = Retry;
            }
            await Task.Delay(next, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
