using System.Runtime.InteropServices;
using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>
/// Sends tokens to one grain, a message at a time, so that tokens of a stream arrive in order; what waits meanwhile is the next message.
/// </summary>
/// <param name="grain">The grain.</param>
/// <param name="timeout">After how long tokens without an answer are unavailable.</param>
/// <param name="failure">Is told what fails.</param>
/// <param name="maxTokens">How many tokens a message may have.</param>
/// <param name="finished">Is told how many tokens have got their results.</param>
/// <param name="idle">Is told that nothing waits any more; the sender takes nothing then. Null: it stays.</param>
internal sealed class GrainSender(
    IStreamsGrain grain, TimeSpan timeout, ClusterFailure failure, int maxTokens, Action<int> finished, Action? idle)
{
    private readonly Lock access = new();
    private readonly Queue<PendingToken> waiting = new();
    private readonly List<PendingToken> batch = [];
    private bool isSending, isEnded;

    /// <summary>Adds tokens. False: the sender has ended.</summary>
    public bool TryAdd(ReadOnlySpan<PendingToken> tokens)
    {
        lock (access)
        {
            if (isEnded)
            {
                return false;
            }
            foreach (PendingToken token in tokens)
            {
                waiting.Enqueue(token);
            }
            if (!isSending)
            {
                isSending = true;
                _ = Task.Run(SendLoopAsync);
            }
            return true;
        }
    }

    private async Task SendLoopAsync()
    {
        while (Take())
        {
            int sent = 0;
            var canceled = new List<PendingToken>();
            for (int i = 0; i < batch.Count; i++)
            {
                if (batch[i].Group.CancellationToken.IsCancellationRequested)
                {
                    batch[i].Set(StepStatus.Canceled, 0);
                    canceled.Add(batch[i]);
                }
                else
                {
                    batch[sent++] = batch[i];
                }
            }
            batch.RemoveRange(sent, batch.Count - sent);
            Finish(canceled);
            if (sent == 0)
            {
                continue;
            }
            try
            {
                Receive(await grain.StepAsync(Request()).WaitAsync(timeout).ConfigureAwait(false));
            }
            catch (Exception error)
            {
                failure.TellOfTokens(error);
                foreach (PendingToken token in batch)
                {
                    token.Set(StepStatus.Unavailable, 0, ClusterFailure.OfTokens);
                }
            }
            Finish(batch);
        }
    }

    private bool Take()
    {
        batch.Clear();
        lock (access)
        {
            while (batch.Count < maxTokens && waiting.TryDequeue(out PendingToken next))
            {
                batch.Add(next);
            }
            if (batch.Count > 0)
            {
                return true;
            }
            isSending = false;
            isEnded = idle is not null;
        }
        idle?.Invoke();
        return false;
    }

    private StepRequest Request()
    {
        int idBytes = 0;
        bool hasNumbers = false;
        foreach (PendingToken token in batch)
        {
            idBytes += 1 + token.Id.Length;
            hasNumbers |= token.Sequence != 0;
        }
        var ids = new byte[idBytes];
        int at = 0, tokenBytes = batch[0].Token.Length * sizeof(float);
        var tokens = new byte[batch.Count * tokenBytes];
        var sequences = new long[hasNumbers ? batch.Count : 0];
        for (int i = 0; i < batch.Count; i++)
        {
            PendingToken token = batch[i];
            ids[at] = (byte)token.Id.Length;
            token.Id.CopyTo(ids.AsSpan(at + 1));
            at += 1 + token.Id.Length;
            MemoryMarshal.AsBytes(token.Token).CopyTo(tokens.AsSpan(i * tokenBytes));
            if (hasNumbers)
            {
                sequences[i] = token.Sequence;
            }
        }
        return new(ids, tokens, MemoryMarshal.AsBytes<long>(sequences).ToArray());
    }

    private void Receive(StepReply reply)
    {
        ReadOnlySpan<long> sequences = MemoryMarshal.Cast<byte, long>(reply.Sequences);
        for (int i = 0; i < batch.Count; i++)
        {
            PendingToken token = batch[i];
            var result = new StepResult((StepStatus)reply.Statuses[i], sequences[i], reply.Messages?[i]);
            if (result.HasOutput)
            {
                Span<byte> output = MemoryMarshal.AsBytes(token.Output);
                reply.Outputs.AsSpan(i * output.Length, output.Length).CopyTo(output);
            }
            token.Set(result.Status, result.Sequence, result.Message);
        }
    }

    private void Finish(List<PendingToken> tokens)
    {
        if (tokens.Count == 0)
        {
            return;
        }
        // Before the callers go on, who may ask for it.
        finished(tokens.Count);
        for (int i = 0; i < tokens.Count;)
        {
            StepGroup group = tokens[i].Group;
            int first = i;
            while (i < tokens.Count && ReferenceEquals(tokens[i].Group, group))
            {
                i++;
            }
            group.Finish(i - first);
        }
    }
}
