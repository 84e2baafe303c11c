namespace AarenGen.AspNetCore.Grpc;

/// <summary>
/// Lets messages of a call in, and further ones when others have left: by their number, their tokens and their bytes, of which all calls
/// share a budget. One caller enters, one leaves.
/// </summary>
internal sealed class CallWindow(int mostTokens, MemoryBudget budget)
{
    /// <summary>As many single tokens as a service steps together; each takes some hundreds of bytes.</summary>
    public const int MaxMessages = 256;

    private readonly Lock gate = new();
    private int messages, tokens;
    private TaskCompletionSource? waiting;

    /// <summary>Lets a message in, at once where there is none inside, however large it is.</summary>
    public async ValueTask EnterAsync(int count, long bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (gate)
            {
                if (TryEnter(count, bytes))
                {
                    return;
                }
                // Where the budget has no room, one of the messages inside will leave.
                waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
                room = waiting.Task;
            }
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Leave(int count, long bytes)
    {
        TaskCompletionSource? released;
        lock (gate)
        {
            messages--;
            tokens -= count;
            released = waiting;
            waiting = null;
        }
        budget.Return(bytes);
        released?.TrySetResult();
    }

    private bool TryEnter(int count, long bytes)
    {
        if (messages == 0)
        {
            budget.Take(bytes);
        }
        else if (messages == MaxMessages || tokens + count > mostTokens || !budget.TryChange(0, bytes))
        {
            return false;
        }
        messages++;
        tokens += count;
        return true;
    }
}
