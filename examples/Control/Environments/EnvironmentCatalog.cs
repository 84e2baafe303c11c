namespace Control;

/// <summary>The environments, by name.</summary>
internal static class EnvironmentCatalog
{
    private static readonly (EnvironmentDescription Description, Func<ControlEnvironment> Create)[] entries =
    [
        (CartPole.Reference, static () => new CartPole()),
        Entry(LocomotionTask.Hopper),
        Entry(LocomotionTask.HalfCheetah),
        Entry(LocomotionTask.Walker2d),
        Entry(LocomotionTask.Ant),
    ];

    /// <summary>All of them, the simplest first.</summary>
    public static IReadOnlyList<EnvironmentDescription> Descriptions { get; } = [.. entries.Select(static e => e.Description)];

    /// <summary>Sizes and limits of an environment; no simulator is needed.</summary>
    /// <exception cref="UserException">The name is unknown.</exception>
    public static EnvironmentDescription Find(string name) => Entry(name).Description;

    /// <summary>Makes one.</summary>
    /// <exception cref="UserException">The name is unknown, or the environment needs a simulator that is not installed.</exception>
    public static ControlEnvironment Create(string name) => Entry(name).Create();

    private static (EnvironmentDescription Description, Func<ControlEnvironment> Create) Entry(LocomotionTask task) =>
        (task.Description, () => new Locomotion(task));

    private static (EnvironmentDescription Description, Func<ControlEnvironment> Create) Entry(string name)
    {
        int index = Array.FindIndex(entries, e => e.Description.Name == name);
        return index >= 0
            ? entries[index]
            : throw new UserException(
                $"There is no environment '{name}'; choose from {string.Join(", ", entries.Select(static e => e.Description.Name))}.");
    }
}
