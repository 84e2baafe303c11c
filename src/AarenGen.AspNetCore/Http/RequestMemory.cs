namespace AarenGen.AspNetCore.Http;

/// <summary>What a request holds of the budget of its endpoints.</summary>
internal sealed class RequestMemory(MemoryBudget budget) : IDisposable
{
    /// <summary>Bytes of each request that do not count.</summary>
    public const int FreeBytes = 1 << 16;

    private long held;

    /// <summary>Changes how many bytes the request needs.</summary>
    /// <exception cref="RequestException">There are not as many left.</exception>
    public void Hold(long bytes)
    {
        long counted = Math.Max(0, bytes - FreeBytes);
        if (counted != held)
        {
            if (!budget.TryChange(held, counted))
            {
                throw RequestException.Unavailable(
                    "Requests that are being read or answered hold all memory that they may have; try again later, or send fewer tokens "
                    + "in each request.", retryAfter: 1);
            }
            held = counted;
        }
    }

    public void Dispose()
    {
        budget.Return(held);
        held = 0;
    }
}
