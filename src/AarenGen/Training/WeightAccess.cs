namespace AarenGen.Training;

/// <summary>
/// Refuses calls that would change a model's weights while another call reads or changes them. Nobody waits: a progress callback that
/// waited for its own training would never return.
/// </summary>
internal sealed class WeightAccess
{
    private const int Changing = -1;

    /// <summary>Calls that read the weights, or <see cref="Changing"/>.</summary>
    private int users;

    /// <exception cref="InvalidOperationException">Another call reads or changes the weights.</exception>
    public void BeginChange(string call)
    {
        int before = Interlocked.CompareExchange(ref users, Changing, 0);
        if (before != 0)
        {
            throw before == Changing
                ? Trained(call)
                : new InvalidOperationException(
                    $"{call} changes the weights, but Evaluate, Save or SaveCompiled of the same model has not returned yet; "
                    + "wait until it has.");
        }
    }

    public void EndChange() => Volatile.Write(ref users, 0);

    /// <exception cref="InvalidOperationException">Another call changes the weights.</exception>
    public void BeginRead(string call)
    {
        int before = Volatile.Read(ref users);
        while (true)
        {
            if (before == Changing)
            {
                throw Trained(call);
            }
            int found = Interlocked.CompareExchange(ref users, before + 1, before);
            if (found == before)
            {
                return;
            }
            before = found;
        }
    }

    public void EndRead() => Interlocked.Decrement(ref users);

    private static InvalidOperationException Trained(string call) => new(
        $"{call} cannot run while Fit, FitAsync or UsePrecision of the same model runs, on any thread; "
        + "wait until that has ended, or use another instance of the model.");
}
