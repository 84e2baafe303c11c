using System.Collections.Concurrent;

namespace AarenGen.AspNetCore;

/// <summary>Memory that serves one request after the other.</summary>
internal interface IBuffers
{
    /// <summary>Bytes of all of its arrays.</summary>
    long Capacity { get; }

    /// <summary>Forgets what a request has written.</summary>
    void Clear();
}

/// <summary>Buffers of requests that are over, for those that come.</summary>
internal sealed class BuffersPool<T>(Func<T> create) where T : class, IBuffers
{
    /// <summary>Bytes of all buffers that are kept, and of the largest of them; what is beyond that is garbage.</summary>
    public const long MaxKeptBytes = 16 << 20, MaxLargestBytes = 1 << 20;

    private readonly ConcurrentBag<T> kept = [];
    private long keptBytes;

    /// <summary>Bytes of the arrays that are kept.</summary>
    public long KeptBytes => Volatile.Read(ref keptBytes);

    public T Rent()
    {
        if (!kept.TryTake(out T? buffers))
        {
            return create();
        }
        Interlocked.Add(ref keptBytes, -buffers.Capacity);
        return buffers;
    }

    /// <summary>Takes buffers that nobody writes any more.</summary>
    public void Return(T buffers)
    {
        long bytes = buffers.Capacity;
        if (bytes > MaxLargestBytes)
        {
            return;
        }
        if (Interlocked.Add(ref keptBytes, bytes) > MaxKeptBytes)
        {
            Interlocked.Add(ref keptBytes, -bytes);
            return;
        }
        buffers.Clear();
        kept.Add(buffers);
    }
}
