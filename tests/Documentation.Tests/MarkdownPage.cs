using AarenGen.Tests;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace AarenGen.Documentation.Tests;

/// <summary>A page of the documentation, as hosts of Markdown read it.</summary>
internal sealed class MarkdownPage
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .UsePipeTables().Build();

    private readonly MarkdownDocument document;

    private MarkdownPage(string path)
    {
        Path = path;
        document = Markdown.Parse(File.ReadAllText(path), Pipeline);
    }

    /// <summary>All pages that users and contributors read, by their paths in the repository.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. new[] { "docs", "examples", "src", "cuda", "tests", "generators" }
            .SelectMany(static folder => Directory.EnumerateFiles(
                System.IO.Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Repository.Root, "*.md"))
            .Select(static p => System.IO.Path.GetRelativePath(Repository.Root, p).Replace('\\', '/'))
            .Where(static p => !p.Split('/').Any(static part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal),
    ];

    public string Path { get; }

    /// <summary>The addresses that the page links to or shows.</summary>
    public IEnumerable<string> Links => document.Descendants<LinkInline>().Select(static l => l.Url ?? "");

    /// <summary>The names of the headings in addresses.</summary>
    public IEnumerable<string> Anchors => document.Descendants<HeadingBlock>().Select(static h => h.GetAttributes().Id ?? "");

    /// <summary>The C# blocks.</summary>
    public IReadOnlyList<string> CodeBlocks =>
    [
        .. document.Descendants<FencedCodeBlock>().Where(static b => b.Info == "csharp").Select(static b => b.Lines.ToString()),
    ];

    public static MarkdownPage Read(string path) => new(System.IO.Path.Combine(Repository.Root, path));
}
