using System.Globalization;
using System.Text.RegularExpressions;

namespace AarenGen.Tests;

/// <summary>
/// No compiler checks .editorconfig's max_line_length. These tests do, for all files that people write. Files that programs write are
/// exempt: golden files and the pages of results.
/// </summary>
public sealed partial class LineLengthTests
{
    private static readonly string[] Folders = [".ci", "src", "generators", "cuda", "docs", "examples", "tests"],
        ForeignFolders = ["bin", "obj", "build", "TestResults", "Snapshots"];

    [Theory]
    [InlineData("*.cs")]
    [InlineData("*.cu")]
    [InlineData("*.cpp")]
    [InlineData("*.h")]
    [InlineData("*.py")]
    [InlineData("*.sh")]
    [InlineData("run")]
    [InlineData("CMakeLists.txt")]
    [InlineData("*.csproj")]
    [InlineData("*.props")]
    [InlineData("*.targets")]
    [InlineData("*.template")]
    [InlineData("pack")]
    [InlineData("*.json")]
    [InlineData("*.razor")]
    [InlineData("*.css")]
    [InlineData("*.js")]
    [InlineData("*.html")]
    public void No_line_is_longer_than_editorconfig_says(string pattern) =>
        AssertShort(FilesOf(pattern), static line => line.Length);

    /// <summary>Tables, code and the targets of links cannot be wrapped.</summary>
    [Fact]
    public void No_line_of_text_in_markdown_is_longer_than_editorconfig_says()
    {
        bool isCode = false;
        AssertShort(FilesOf("*.md").Where(static f => Path.GetFileName(f) != "results.md"), line =>
        {
            string text = line.TrimStart();
            bool isFence = text.StartsWith("```", StringComparison.Ordinal);
            isCode ^= isFence;
            return isCode || isFence || text.StartsWith('|') ? 0 : LinkTarget.Replace(line, "]").Length;
        });
        Assert.False(isCode, "A block of code has no end.");
    }

    [GeneratedRegex(@"\]\([^)]*\)")]
    private static partial Regex LinkTarget { get; }

    private static void AssertShort(IEnumerable<string> files, Func<string, int> measure)
    {
        const string setting = "max_line_length = ";
        string line = File.ReadLines(Path.Combine(Repository.Root, ".editorconfig"))
            .Single(static l => l.StartsWith(setting, StringComparison.Ordinal));
        int max = int.Parse(line[setting.Length..], CultureInfo.InvariantCulture);
        string[] all = [.. files];
        Assert.NotEmpty(all);
        Assert.Empty(all.SelectMany(
            f => File.ReadLines(f).Index().Where(l => measure(l.Item) > max).Select(l => $"{f}:{l.Index + 1}")));
    }

    private static IEnumerable<string> FilesOf(string pattern) => Directory.GetFiles(Repository.Root, pattern)
        .Concat(Folders.SelectMany(f => FilesIn(Path.Combine(Repository.Root, f), pattern)));

    private static IEnumerable<string> FilesIn(string folder, string pattern) => Directory.GetFiles(folder, pattern).Concat(
        Directory.GetDirectories(folder).Where(static d => !ForeignFolders.Contains(Path.GetFileName(d)))
            .SelectMany(d => FilesIn(d, pattern)));
}
