namespace AarenGen.Serving;

/// <summary>
/// Whether tokens wait for others that are stepped with them. Waiting pays where others come without it, as from many independent senders;
/// it does not where all senders wait for answers themselves. So waits are tried, and those that brought little are left out for a while.
/// </summary>
internal sealed class BatchPatience
{
    /// <summary>A batch that is larger by this factor costs little more.</summary>
    private const int Gain = 4;

    private const int MinSkipped = 8, MaxSkipped = 1024;
    private int penalty, skipped;

    /// <summary>Whether the tokens of the next batch wait.</summary>
    public bool ShouldWait()
    {
        if (skipped > 0)
        {
            skipped--;
            return false;
        }
        return true;
    }

    /// <summary>Says what a wait brought.</summary>
    /// <param name="before">How many tokens waited when it began.</param>
    /// <param name="after">How many there are.</param>
    /// <param name="isOver">Whether it took its whole time.</param>
    /// <param name="isLate">Whether a token came in the second half of it: one that took its whole time was not in vain.</param>
    public void Learn(int before, int after, bool isOver, bool isLate)
    {
        bool hasPaid = !isOver || (isLate && after >= (long)Gain * before);
        penalty = hasPaid ? 0 : Math.Clamp(2 * penalty, MinSkipped, MaxSkipped);
        skipped = penalty;
    }
}
