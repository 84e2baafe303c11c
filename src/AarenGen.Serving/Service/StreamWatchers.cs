using System.Collections.Concurrent;
using System.Threading.Channels;

namespace AarenGen.Serving;

/// <summary>
/// Those who watch the outputs of streams. Each has a channel of its own, from which the oldest outputs fall when it is slow.
/// </summary>
internal sealed class StreamWatchers
{
    private readonly ConcurrentDictionary<ulong, Watcher[]> watchers = [];
    private readonly Lock changing = new();
    private volatile int count;
    private bool isCompleted;

    /// <summary>Begins to watch a stream.</summary>
    public Watcher Add(byte[] id, int capacity)
    {
        var watcher = new Watcher(id, StreamTable.HashOf(id), Channel.CreateBounded<StreamOutput>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }));
        lock (changing)
        {
            if (isCompleted)
            {
                watcher.Channel.Writer.Complete();
            }
            else
            {
                watchers.AddOrUpdate(watcher.Hash, _ => [watcher], (_, others) => [.. others, watcher]);
                count++;
            }
        }
        return watcher;
    }

    /// <summary>Ends it, where it has not ended.</summary>
    public void Remove(Watcher watcher)
    {
        lock (changing)
        {
            watcher.Channel.Writer.TryComplete();
            if (!watchers.TryGetValue(watcher.Hash, out Watcher[]? all) || !all.Contains(watcher))
            {
                return;
            }
            count--;
            Watcher[] left = [.. all.Where(w => w != watcher)];
            if (left.Length > 0)
            {
                watchers[watcher.Hash] = left;
            }
            else
            {
                watchers.TryRemove(watcher.Hash, out _);
            }
        }
    }

    /// <summary>Ends all, and those that are still to come.</summary>
    public void Complete()
    {
        lock (changing)
        {
            isCompleted = true;
            foreach (Watcher watcher in watchers.Values.SelectMany(static w => w))
            {
                watcher.Channel.Writer.TryComplete();
            }
        }
    }

    /// <summary>How many watch.</summary>
    public int Count => count;

    /// <summary>
    /// Sends the outputs of tokens to those who watch their streams; where that fails they miss some, which is no matter of the tokens.
    /// </summary>
    public void Send(List<PendingToken> tokens)
    {
        if (count == 0)
        {
            return;
        }
        try
        {
            SendEach(tokens);
        }
        catch (Exception)
        {
            // For instance memory is out.
        }
    }

    private void SendEach(List<PendingToken> tokens)
    {
        foreach (PendingToken token in tokens)
        {
            StepResult result = token.Group.Results.Span[token.Index];
            if (result.Status != StepStatus.Accepted || !watchers.TryGetValue(token.Hash, out Watcher[]? some))
            {
                continue;
            }
            StreamOutput? output = null;
            foreach (Watcher watcher in some)
            {
                if (token.Id.SequenceEqual(watcher.Id))
                {
                    output ??= new(token.Group.IdText(token.Index), result.Sequence, token.Token.ToArray(), token.Output.ToArray());
                    watcher.Channel.Writer.TryWrite(output);
                }
            }
        }
    }

    internal sealed record Watcher(byte[] Id, ulong Hash, Channel<StreamOutput> Channel);
}
