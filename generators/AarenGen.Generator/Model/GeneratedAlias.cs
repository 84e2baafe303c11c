namespace AarenGen.Generator.Model;

/// <summary>
/// A using alias of the generated file. It stands inside the namespace of the class, and is left out where its name already means
/// something there: the type or namespace is then written in full.
/// </summary>
internal sealed record GeneratedAlias(string Name, string Target)
{
    public static readonly GeneratedAlias Runtime = new("Runtime", "global::AarenGen");
    public static readonly GeneratedAlias Training = new("Training", "global::AarenGen.Training");
    public static readonly GeneratedAlias Kernels = new("Kernels", "global::AarenGen.Kernels");
    public static readonly GeneratedAlias FloatSpan = new("FloatSpan", "global::System.Span<float>");
    public static readonly GeneratedAlias ReadOnlyFloatSpan = new("ReadOnlyFloatSpan", "global::System.ReadOnlySpan<float>");

    public static readonly GeneratedAlias[] All = [Runtime, Training, Kernels, FloatSpan, ReadOnlyFloatSpan];
}
