namespace Control;

/// <summary>Properties of an environment that are known before it runs.</summary>
/// <param name="Name">Name on the command line: lower case.</param>
/// <param name="ObservationWidth">Numbers of an observation.</param>
/// <param name="ActionWidth">Numbers of an action, each from -1 to 1.</param>
/// <param name="StepLimit">Steps after which an episode is cut off.</param>
/// <param name="RandomReturn">Mean return of random actions, for the normalised score.</param>
/// <param name="ExpertReturn">Mean return of an expert, for the normalised score.</param>
internal sealed record EnvironmentDescription(
    string Name, int ObservationWidth, int ActionWidth, int StepLimit, double RandomReturn, double ExpertReturn)
{
    /// <summary>Numbers of an observation in D4RL's files, if they have more: those of the environment come first.</summary>
    public int LoggedObservationWidth { get; init; } = ObservationWidth;

    /// <summary>A return on D4RL's scale: 0 is random, 100 the expert.</summary>
    /// <remarks>Source: Fu et al., D4RL, arXiv 2004.07219, section 5.</remarks>
    public double NormalizedScore(double episodeReturn) => 100 * (episodeReturn - RandomReturn) / (ExpertReturn - RandomReturn);
}

/// <summary>The result of a step.</summary>
/// <param name="Reward">The step's reward.</param>
/// <param name="IsTerminal">Whether the episode ended by itself, for example by a fall, not by the step limit.</param>
internal readonly record struct StepResult(double Reward, bool IsTerminal);

/// <summary>A world to act in. Only one thread may use it at a time; the caller enforces the step limit.</summary>
internal abstract class ControlEnvironment : IDisposable
{
    /// <summary>Sizes, limits and reference returns.</summary>
    public abstract EnvironmentDescription Description { get; }

    /// <summary>Time that passes in a step, in seconds.</summary>
    public abstract double SecondsPerStep { get; }

    /// <summary>Begins an episode.</summary>
    /// <param name="random">Random numbers of the start.</param>
    /// <param name="observation">[ObservationWidth]: receives the observation.</param>
    public abstract void Reset(Random random, Span<float> observation);

    /// <summary>Acts once.</summary>
    /// <param name="action">[ActionWidth]; numbers are clipped to -1 and 1.</param>
    /// <param name="observation">[ObservationWidth]: receives the observation after the action.</param>
    public abstract StepResult Step(ReadOnlySpan<float> action, Span<float> observation);

    /// <summary>The current state of the world as a scene.</summary>
    public abstract Scene Look();

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}

/// <summary>
/// Bodies seen from the side: metres, x to the right, y upwards; in the same order in every scene. The ground is at y = 0.
/// </summary>
/// <param name="Centre">The x that the view follows.</param>
/// <param name="Bodies">The bodies.</param>
internal sealed record Scene(double Centre, IReadOnlyList<Body> Bodies);

/// <summary>A stick with round ends; a ball if both ends are the same point.</summary>
internal readonly record struct Body(double X1, double Y1, double X2, double Y2, double Radius);
