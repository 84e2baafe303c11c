namespace AarenGen.AspNetCore.Grpc;

/// <summary>Lets a number of tokens in, and further ones when as many have left. One caller enters, one leaves.</summary>
internal sealed class TokenWindow(int most)
{
    private readonly Lock gate = new();
    private int inside;
    private TaskCompletionSource? waiting;

    /// <summary>Lets tokens in, at once where there are none inside, however many they are.</summary>
    public async ValueTask EnterAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (gate)
            {
                if (inside == 0 || inside + count <= most)
                {
                    inside += count;
                    return;
                }
                waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
                room = waiting.Task;
            }
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Leave(int count)
    {
        TaskCompletionSource? released;
        lock (gate)
        {
            inside -= count;
            released = waiting;
            waiting = null;
        }
        released?.TrySetResult();
    }
}
