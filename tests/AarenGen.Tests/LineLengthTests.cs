using System.Globalization;

namespace AarenGen.Tests;

/// <summary>The compiler does not check .editorconfig's max_line_length. This test does.</summary>
public sealed class LineLengthTests
{
    private static readonly string[] Folders = ["src", "generators", "cuda", "examples", "tests"], BuildFolders = ["bin", "obj"],
        Patterns = ["*.cs", "*.cu"];

    [Fact]
    public void No_line_of_C_sharp_or_CUDA_is_longer_than_editorconfig_says()
    {
        const string setting = "max_line_length = ";
        string line = File.ReadLines(Path.Combine(Repository.Root, ".editorconfig"))
            .Single(static l => l.StartsWith(setting, StringComparison.Ordinal));
        int max = int.Parse(line[setting.Length..], CultureInfo.InvariantCulture);
        IEnumerable<string> files = Folders.SelectMany(static f => SourcesIn(Path.Combine(Repository.Root, f)));
        Assert.Empty(files.SelectMany(f => File.ReadLines(f).Index().Where(l => l.Item.Length > max).Select(l => $"{f}:{l.Index + 1}")));
    }

    private static IEnumerable<string> SourcesIn(string folder) => Patterns.SelectMany(p => Directory.GetFiles(folder, p)).Concat(
        Directory.GetDirectories(folder).Where(static d => !BuildFolders.Contains(Path.GetFileName(d))).SelectMany(SourcesIn));
}
