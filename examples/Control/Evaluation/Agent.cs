namespace Control;

/// <summary>A trained model that acts. One episode at a time; nothing is allocated while it acts.</summary>
internal abstract class Agent
{
    /// <summary>Bytes that it remembers from step to step.</summary>
    public abstract long StateBytes { get; }

    /// <summary>Forgets everything and begins an episode.</summary>
    /// <param name="targetReturn">The return to reach; an agent that knows no returns ignores it.</param>
    public abstract void Begin(double targetReturn);

    /// <summary>Decides what to do.</summary>
    /// <param name="observation">What is seen.</param>
    /// <param name="action">To be written, each number from -1 to 1.</param>
    public abstract void Act(ReadOnlySpan<float> observation, Span<float> action);

    /// <summary>Takes note of what the action brought.</summary>
    public virtual void Reward(double reward)
    {
    }
}
