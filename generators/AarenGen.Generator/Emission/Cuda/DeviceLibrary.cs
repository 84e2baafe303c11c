using System.Reflection;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>
/// The device code that lies beside the layers, as files of CUDA C in this assembly. A file that needs others names them in its first line.
/// </summary>
internal static class DeviceLibrary
{
    /// <summary>What every file needs.</summary>
    private const string Common = "common";

    private const string Needs = "// needs: ", Ending = ".cu";
    private static readonly Assembly Own = typeof(DeviceLibrary).Assembly;
    private static readonly Dictionary<string, string> Texts = Own.GetManifestResourceNames()
        .Where(static n => n.EndsWith(Ending, StringComparison.Ordinal))
        .ToDictionary(static n => n.Substring(0, n.Length - Ending.Length), Read, StringComparer.Ordinal);

    /// <summary>
    /// The files of these names and those they need, each once, none before what it needs, else in the order of their names.
    /// </summary>
    public static IEnumerable<string> Of(IEnumerable<string> names)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        return Order([Common, .. names.OrderBy(static n => n, StringComparer.Ordinal)], done).ToList();
    }

    private static IEnumerable<string> Order(IEnumerable<string> names, HashSet<string> done)
    {
        foreach (string name in names.Where(done.Add))
        {
            string text = Texts[name];
            if (text.StartsWith(Needs, StringComparison.Ordinal))
            {
                int end = text.IndexOf('\n');
                foreach (string needed in Order(
                    text.Substring(Needs.Length, end - Needs.Length).Split(',').Select(static n => n.Trim()), done))
                {
                    yield return needed;
                }
                text = text.Substring(end + 1);
            }
            yield return text.Trim('\n') + "\n";
        }
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Own.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().Replace("\r\n", "\n");
    }
}
