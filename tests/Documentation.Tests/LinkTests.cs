using System.Text.RegularExpressions;
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

    /// <summary>Tables of what was measured or tried name the page of each figure.</summary>
    [Theory]
    [InlineData("README.md", 3)]
    [InlineData("docs/serving.md", 12)]
    public void Figures_are_on_the_pages_that_their_rows_link(string path, int count)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, path))!;
        (string Row, Match Link)[] rows =
        [
            .. File.ReadLines(Path.Combine(Repository.Root, path)).Where(static l => l.StartsWith('|'))
                .Select(static l => (l, Regex.Match(l, @"\]\(((?:docs/)?performance/[^)#]*)#[^)]*\)"))).Where(static r => r.Item2.Success),
        ];
        Assert.Equal(count, rows.Length);
        foreach ((string row, Match link) in rows)
        {
            string page = File.ReadAllText(Path.Combine(folder, link.Groups[1].Value));
            MatchCollection figures = Regex.Matches(row.Replace(link.Value, "", StringComparison.Ordinal), @"\d[\d,.]+\d");
            Assert.NotEmpty(figures);
            Assert.All(figures, f => Assert.Matches($@"(?<![\d,.]){Regex.Escape(f.Value)}(?![\d,.]*\d)", page));
        }
    }

    [Fact]
    public void The_site_lists_every_page()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "toc.yml"));
        IEnumerable<string> listed = lines.Select(static l => l.Trim().Split(' ')).Where(static l => l[0] == "href:")
            .Select(static l => l[1]);
        Assert.Equal(
            MarkdownPage.All.Select(static p => p.Split('/')).Where(static p => p is ["docs", not "index.md"]).Select(static p => p[1]),
            listed.Where(static h => !h.Contains('/')).Order(StringComparer.Ordinal));
    }
}
