namespace AarenGen.Orleans;

/// <summary>The conflicts of one write, whose writer reads what there is and tries again after each.</summary>
internal sealed class StateConflicts
{
    /// <summary>
    /// A write conflicts with an own attempt that seemed to fail, and with an earlier activation that has not met the fence yet: a few
    /// times at most. More conflicts mean that another cluster writes the same states.
    /// </summary>
    private const int Max = 8;

    private int count;

    /// <summary>Counts a conflict, and gives up where there were too many.</summary>
    /// <exception cref="IOException">There were too many.</exception>
    public void Add(StateConflictException error)
    {
        if (++count > Max)
        {
            throw new IOException("Somebody else writes the states of the shard; give each service a ServiceId of its own.", error);
        }
    }
}
