using System.Collections.Concurrent;

namespace AarenGen.AspNetCore;

/// <summary>Buffers of requests that are over, for those that come.</summary>
internal sealed class StepBuffersPool(int inputWidth, int outputWidth)
{
    /// <summary>More requests at a time than this are rare, and their buffers are garbage.</summary>
    private const int MaxKept = 64;

    private readonly ConcurrentBag<StepBuffers> kept = [];

    public StepBuffers Rent() => kept.TryTake(out StepBuffers? buffers) ? buffers : new(inputWidth, outputWidth);

    /// <summary>Takes buffers that nobody writes any more.</summary>
    public void Return(StepBuffers buffers)
    {
        if (buffers.IsWorthKeeping && kept.Count < MaxKept)
        {
            buffers.Clear();
            kept.Add(buffers);
        }
    }
}
