using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// Where the numbers of a state come from. A service may hold a million states, so that a state has one reference for all of it, and all
/// states of a model that are of no series share one object.
/// </summary>
/// <param name="Weights">The weights that last ran the state; those of its model where it has read no token.</param>
/// <param name="Series">The name of its series; null: none.</param>
/// <param name="Common">What its model scales all data with; null where it has no model yet, or one that standardises nothing.</param>
/// <param name="Scales">What its model scales the series with; null where nobody asked.</param>
internal sealed record StateOrigin(WeightVersion Weights, string? Series, Standardizer? Common, Standardizer? Scales)
{
    /// <summary>That of a state without a model.</summary>
    public static StateOrigin None { get; } = new(WeightVersion.None, null, null, null);

    /// <summary>The same for a series.</summary>
    public static StateOrigin Of(string? series) => series is null ? None : None with { Series = series };
}
