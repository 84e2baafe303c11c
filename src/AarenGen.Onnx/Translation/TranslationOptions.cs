using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>
/// How a graph is written. The defaults are what users get; benchmarks compare with graphs as other exporters write them.
/// </summary>
internal sealed record TranslationOptions
{
    /// <summary>Whether scores of attention with a constant query come from a vector a head, rather than from keys of each token.</summary>
    public bool FoldsQueries { get; init; } = true;

    /// <summary>The type in which attention with a constant query sums over time.</summary>
    public ElementType Sums { get; init; } = ElementType.Double;
}
