namespace AarenGen.AspNetCore;

/// <summary>Bytes that all requests of some endpoints hold together: of bodies, of tokens and of answers.</summary>
/// <remarks>Thread safety: any number of threads may call all members.</remarks>
/// <param name="most">How many there may be. One holder alone may have more, so that none is refused for ever.</param>
internal sealed class MemoryBudget(long most)
{
    private long held;

    /// <summary>Changes what one of the holders has; less is always granted.</summary>
    /// <returns>Whether it is granted.</returns>
    public bool TryChange(long from, long to)
    {
        long before = Volatile.Read(ref held);
        while (true)
        {
            long others = before - from;
            if (to > from && others > 0 && others + to > most)
            {
                return false;
            }
            long seen = Interlocked.CompareExchange(ref held, others + to, before);
            if (seen == before)
            {
                return true;
            }
            before = seen;
        }
    }

    /// <summary>Takes bytes, whatever the others hold.</summary>
    public void Take(long bytes) => Interlocked.Add(ref held, bytes);

    /// <summary>Gives back what was taken.</summary>
    public void Return(long bytes) => Interlocked.Add(ref held, -bytes);
}
