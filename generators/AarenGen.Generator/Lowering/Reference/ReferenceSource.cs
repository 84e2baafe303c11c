using System.Reflection;

namespace AarenGen.Generator.Lowering.Reference;

/// <summary>All reference kernels as one translation unit. Sizes are arguments, so that one serves every model.</summary>
internal static class ReferenceSource
{
    private const string Ending = ".reference.cu", Common = "common" + Ending;

    /// <summary>The text.</summary>
    public static string Text { get; } = string.Concat(Names().Select(Read));

    private static IEnumerable<string> Names() => typeof(ReferenceSource).Assembly.GetManifestResourceNames()
        .Where(static n => n.EndsWith(Ending, StringComparison.Ordinal))
        .OrderBy(static n => n != Common).ThenBy(static n => n, StringComparer.Ordinal);

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(ReferenceSource).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().Replace("\r\n", "\n").Trim('\n') + "\n\n";
    }
}
