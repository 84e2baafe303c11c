namespace AarenGen.Orleans;

/// <summary>What an activation of a shard learns once a later one has taken the states over: it can do nothing any more.</summary>
internal sealed class Fence
{
    /// <summary>Whether a later activation has taken the states over.</summary>
    public bool IsRaised { get; private set; }

    /// <summary>Notes it.</summary>
    /// <returns>What to throw.</returns>
    public FencedException Raise()
    {
        IsRaised = true;
        return new();
    }

    /// <exception cref="FencedException">A later activation has taken the states over.</exception>
    public void Check()
    {
        if (IsRaised)
        {
            throw new FencedException();
        }
    }
}

/// <summary>A later activation of the shard has taken its states over.</summary>
internal sealed class FencedException()
    : IOException("The shard has been activated elsewhere, for instance because its silo was taken for dead; send again with its number.");
