namespace AarenGen.Tool.Tables;

/// <summary>Counts how the times of rows follow each other.</summary>
internal struct TimeOrder
{
    private long rises, falls;

    /// <summary>Rows that have the time of the row before.</summary>
    public long Repeats { get; private set; }

    /// <summary>Takes the distance of a row from the one before.</summary>
    public void Add(long ticks)
    {
        rises += ticks > 0 ? 1 : 0;
        falls += ticks < 0 ? 1 : 0;
        Repeats += ticks == 0 ? 1 : 0;
    }

    /// <summary>Whether times rise, or fall, with few exceptions: rows that are there twice, and clocks that were set back.</summary>
    /// <param name="exceptions">How many there may be.</param>
    public readonly bool IsSorted(long exceptions) => Math.Min(rises, falls) + Repeats <= exceptions;
}
