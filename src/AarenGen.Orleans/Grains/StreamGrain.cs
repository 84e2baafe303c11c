using System.Runtime.InteropServices;
using AarenGen.Serving;
using Orleans;
using Orleans.Placement;
using Orleans.Runtime;

namespace AarenGen.Orleans;

/// <summary>
/// One stream of a model. Its key is the model's name and the stream's id. It is saved before a token is acknowledged, in place of
/// what was read: where another activation has written since, the write fails and nothing is acknowledged.
/// </summary>
[GrainType(GrainKeys.Stream), HashBasedPlacement, CollectionAgeLimit(Minutes = 15)]
internal sealed class StreamGrain(IServiceProvider services) : Grain, IStreamsGrain
{
    private const string StateName = "stream";

    private readonly Subscriptions subscriptions = new();
    private IModelHost host = null!;
    private GrainStates states = null!;
    private string id = null!;
    private byte[]? saved;
    private string? etag;
    private bool isKnown;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (host, id) = GrainKeys.HostOf(services, this.GetPrimaryKeyString());
        states = host.StatesOf(GrainContext.GrainId);
        host.CountStreams(1);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        host?.CountStreams(-1);
        return Task.CompletedTask;
    }

    public async Task<StepReply> StepAsync(StepRequest request)
    {
        RequestGroup? group = null;
        string? failure;
        try
        {
            await ReadAsync();
            byte[]? stepped = await host.UseStreamAsync(id, saved, async pool =>
            {
                group = new(request, pool.Widths.Input, pool.Widths.Output);
                await pool.StepAsync(group, id);
            });
            failure = IsStepped(group!) ? await WriteAsync(stepped) : null;
        }
        catch (Exception error) when (error is IOException or ModelFileException)
        {
            (group, failure) = (null, error.Message);
        }
        if (group is null)
        {
            return Refused(request, failure!);
        }
        if (failure is not null)
        {
            return Refused(group, failure);
        }
        Send(group);
        return group.Reply();
    }

    public async Task<InfoReply> FindAsync(string id, bool withOutput)
    {
        try
        {
            await ReadAsync();
            StreamInfo? info = null;
            float[] output = [];
            await host.UseStreamAsync(id, saved, async pool =>
            {
                output = withOutput ? new float[pool.Widths.Output] : [];
                info = await pool.FindAsync(id, output);
            });
            return InfoReply.Of(info, MemoryMarshal.AsBytes<float>(output).ToArray());
        }
        catch (IOException error)
        {
            return InfoReply.Of(FailureKind.Store, error.Message);
        }
        catch (ModelFileException error)
        {
            return InfoReply.Of(FailureKind.Data, error.Message);
        }
    }

    public async Task<InfoReply> ResetAsync(string id)
    {
        try
        {
            await ReadAsync();
            StreamInfo? info = null;
            byte[]? reset = await host.UseStreamAsync(id, saved, async pool => info = await pool.ResetAsync(id));
            string? failure = info is null ? null : await WriteAsync(reset);
            return failure is null ? InfoReply.Of(info, null) : InfoReply.Of(FailureKind.Store, failure);
        }
        catch (IOException error)
        {
            return InfoReply.Of(FailureKind.Store, error.Message);
        }
        catch (ModelFileException error)
        {
            return InfoReply.Of(FailureKind.Data, error.Message);
        }
    }

    public async Task<RemoveReply> RemoveAsync(string[] ids)
    {
        try
        {
            await ReadAsync();
            if (saved is null)
            {
                return new(0, null);
            }
            string? failure = await WriteAsync(null);
            return failure is null ? new(1, null) : new(0, failure);
        }
        catch (IOException error)
        {
            return new(0, error.Message);
        }
    }

    public Task UseWeightsAsync() => host.RefreshAsync();

    public Task WatchAsync(string id, IOutputObserver observer)
    {
        subscriptions.Add(id, observer, static () => static () => { });
        return Task.CompletedTask;
    }

    public Task UnwatchAsync(string id, IOutputObserver observer)
    {
        subscriptions.Remove(id, observer);
        return Task.CompletedTask;
    }

    /// <exception cref="IOException">The provider failed.</exception>
    private async ValueTask ReadAsync()
    {
        if (!isKnown)
        {
            (byte[] data, etag) = await states.ReadAsync(StateName);
            saved = data.Length == 0 ? null : data;
            isKnown = true;
        }
    }

    /// <summary>Saves the stream, or removes it.</summary>
    /// <returns>What went wrong; null: nothing.</returns>
    private async Task<string?> WriteAsync(byte[]? changed)
    {
        isKnown = false;
        try
        {
            etag = changed is null ? await states.ClearAsync(StateName, etag) : await states.WriteAsync(StateName, changed, etag);
            (saved, isKnown) = (changed, true);
            return null;
        }
        catch (StateConflictException)
        {
            // Another activation, which the cluster knows; or an own attempt that seemed to fail. The next call reads what there is.
            return "The stream was written elsewhere at the same moment; send the token again with its number.";
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private static bool IsStepped(RequestGroup group)
    {
        foreach (StepResult result in group.Results.Span)
        {
            if (result.Status == StepStatus.Accepted)
            {
                return true;
            }
        }
        return false;
    }

    private StepReply Refused(StepRequest request, string failure)
    {
        int count = 0;
        for (int at = 0; at < request.Ids.Length; at += 1 + request.Ids[at])
        {
            count++;
        }
        var statuses = new byte[count];
        Array.Fill(statuses, (byte)StepStatus.Unavailable);
        return new(statuses, new byte[sizeof(long) * count], [], [.. Enumerable.Repeat(Sentence(failure), count)]);
    }

    /// <summary>Refuses all tokens of a group: none was acknowledged, and what was judged by others of them may be otherwise.</summary>
    private StepReply Refused(RequestGroup group, string failure)
    {
        group.Results.Span.Fill(new(StepStatus.Unavailable, 0, Sentence(failure)));
        group.Outputs.Span.Fill(float.NaN);
        return group.Reply();
    }

    private string Sentence(string failure) => $"The token of stream '{id}' could not be written to the store: {failure}";

    private void Send(RequestGroup group)
    {
        foreach (IOutputObserver observer in subscriptions.Observers)
        {
            for (int i = 0; i < group.Count; i++)
            {
                if (group.Results.Span[i].Status != StepStatus.Accepted)
                {
                    continue;
                }
                var token = new PendingToken(group, i);
                _ = SendAsync(observer, new(
                    id, group.Results.Span[i].Sequence, MemoryMarshal.AsBytes(token.Token).ToArray(),
                    MemoryMarshal.AsBytes((ReadOnlySpan<float>)token.Output).ToArray()));
            }
        }
    }

    private static async Task SendAsync(IOutputObserver observer, OutputMessage message)
    {
        try
        {
            await observer.ReceiveAsync(message);
        }
        catch (Exception)
        {
            // Nobody is there any more; it does not come back, and is forgotten.
        }
    }
}
