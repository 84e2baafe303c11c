using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>How a model's code names the types of the runtime: by aliases where it has them, otherwise in full.</summary>
internal sealed class TypeNames(Plan plan)
{
    /// <summary>The type of time zones.</summary>
    public const string Zone = "global::System.TimeZoneInfo";

    /// <summary>The namespace of the runtime, with its point.</summary>
    public string Runtime { get; } = NameOf(plan, GeneratedAlias.Runtime) + ".";

    /// <summary>The namespace of training, with its point.</summary>
    public string Training { get; } = NameOf(plan, GeneratedAlias.Training) + ".";

    /// <summary>The namespace of the kernels, with its point.</summary>
    public string Kernels { get; } = NameOf(plan, GeneratedAlias.Kernels) + ".";

    public string Span { get; } = NameOf(plan, GeneratedAlias.FloatSpan);

    public string ReadOnlySpan { get; } = NameOf(plan, GeneratedAlias.ReadOnlyFloatSpan);

    public string InferencePass => $"scoped in {Runtime}InferencePass<{plan.Name}> pass";

    public string TrainingPass => $"scoped in {Training}TrainingPass pass";

    /// <summary>The zone of a name; null: UTC. On a machine that lacks the zone the code throws.</summary>
    public static string FindZone(string? name) => name is null ? $"{Zone}.Utc" : $"{Zone}.FindSystemTimeZoneById({Literal.Text(name)})";

    /// <summary>The aliases that the file declares.</summary>
    public static IEnumerable<GeneratedAlias> Aliases(Plan plan) => GeneratedAlias.All.Where(a => !plan.TakenAliases.Contains(a.Name));

    private static string NameOf(Plan plan, GeneratedAlias alias) => plan.TakenAliases.Contains(alias.Name) ? alias.Target : alias.Name;
}
