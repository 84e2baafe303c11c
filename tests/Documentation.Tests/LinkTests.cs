using AarenGen.Tests;

namespace AarenGen.Documentation.Tests;

/// <summary>Links and pictures of the documentation lead to files and headings that are there.</summary>
public sealed class LinkTests
{
    /// <summary>The READMEs that packages show.</summary>
    private static readonly string[] Projects =
    [
        .. MarkdownPage.All.Where(static p => p.EndsWith("/README.md", StringComparison.Ordinal)
            && Directory.EnumerateFiles(Path.Combine(Repository.Root, Path.GetDirectoryName(p)!), "*.csproj").Any(static project =>
                File.ReadAllText(project).Contains("<IsPackable>true", StringComparison.Ordinal))),
    ];

    public static TheoryData<string> Pages => [.. MarkdownPage.All];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_somewhere(string path)
    {
        MarkdownPage page = MarkdownPage.Read(path);
        Assert.All(page.Links, link =>
        {
            if (Uri.TryCreate(link, UriKind.Absolute, out Uri? address))
            {
                Assert.True(address.Scheme is "https" or "mailto", $"{link} is no https address.");
                return;
            }
            string[] parts = link.Split('#', 2);
            // Packing writes the READMEs of packages with addresses of the repository's root.
            string folder = Projects.Contains(path) ? Repository.Root : Path.GetDirectoryName(page.Path)!;
            string target = parts[0].Length == 0 ? page.Path : Path.GetFullPath(Path.Combine(folder, Uri.UnescapeDataString(parts[0])));
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{link} leads nowhere.");
            Assert.StartsWith(Repository.Root, target, StringComparison.Ordinal);
            if (parts.Length > 1)
            {
                Assert.Contains(parts[1], MarkdownPage.Read(target).Anchors);
            }
        });
    }

    [Fact]
    public void Every_page_of_the_documentation_is_linked()
    {
        HashSet<string> linked = [.. MarkdownPage.All.Select(MarkdownPage.Read).SelectMany(static page => page.Links
            .Where(static l => !Uri.TryCreate(l, UriKind.Absolute, out _))
            .Select(l => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page.Path)!, l.Split('#')[0]))))];
        Assert.All(
            MarkdownPage.All.Where(static p => p.StartsWith("docs/", StringComparison.Ordinal)),
            p => Assert.Contains(Path.Combine(Repository.Root, p), linked));
    }
}
