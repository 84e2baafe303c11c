namespace AarenGen.Fuzzing;

/// <summary>Saved inputs: a folder for each target; .bin as it is, .hex in hexadecimal, .txt as text.</summary>
internal static class Corpus
{
    /// <summary>Inputs on which a reader once went wrong.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "AarenGen.Fuzzing", "Corpus");

    /// <summary>The inputs of a target, with the names of their files.</summary>
    public static IEnumerable<(string File, byte[] Input)> Read(string folder, string target)
    {
        string own = Path.Combine(folder, target);
        return Directory.Exists(own)
            ? Directory.EnumerateFiles(own).Order(StringComparer.Ordinal).Select(static file => (file, Input(file)))
            : [];
    }

    private static byte[] Input(string file) => Path.GetExtension(file) switch
    {
        ".hex" => Convert.FromHexString(string.Concat(File.ReadAllText(file).Where(static c => !char.IsWhiteSpace(c)))),
        _ => File.ReadAllBytes(file),
    };
}
