using System.ComponentModel;

namespace AarenGen;

/// <summary>What <see cref="DecideAttribute{TRecord}"/> declares. Immutable.</summary>
public sealed record DecisionTask
{
    /// <summary>Steps of the longest episode.</summary>
    public required int MaxSteps { get; init; }

    /// <summary>The values of a record: observed ones, continuous actions, the reward, categories, a discrete action.</summary>
    public required IReadOnlyList<RecordColumn> Columns { get; init; }

    /// <summary>The values of each continuous action; empty where the action is discrete.</summary>
    public required IReadOnlyList<ActionRange> Ranges { get; init; }

    /// <summary>The names of the categories of a discrete action, in the order of the outputs; empty where actions are numbers.</summary>
    public required IReadOnlyList<string> Choices { get; init; }
}

/// <summary>How the library knows a model's decisions. Generated code implements it explicitly.</summary>
/// <typeparam name="TDecision">The typed view of a decision.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IDecisionDefinition<TDecision> where TDecision : struct
{
    /// <summary>What is declared.</summary>
    static abstract DecisionTask Task { get; }

    /// <summary>Views a decision.</summary>
    /// <param name="output">The decision.</param>
    static abstract TDecision View(DecisionOutput output);
}
