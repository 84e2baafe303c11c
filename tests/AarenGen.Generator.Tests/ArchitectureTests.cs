using System.Text.RegularExpressions;
using AarenGen.Tests;

namespace AarenGen.Generator.Tests;

/// <summary>What may import what: the generator's data flow one way, and its folders keep to it.</summary>
public sealed partial class ArchitectureTests
{
    private const string Root = "AarenGen.Generator";

    /// <summary>
    /// A folder, and the folders whose names its files may mention beside its own; a name stands for the folders below it, too.
    /// </summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Model"] = [],
        ["Diagnostics"] = ["Model"],
        ["Parsing"] = ["Model", "Diagnostics"],
        ["Planning"] = ["Model", "Diagnostics", "Operations", "Inputs", "Losses", "Layers", "Preprocessing"],
        ["Lowering.Cuda"] = ["Model"],
        ["Lowering.Cuda.Passes"] = ["Model", "Lowering.Cuda", "Operations"],
        ["Lowering.Reference"] = ["Model"],
        ["Operations"] = ["Model", "Lowering.Cuda", "Lowering.Reference", "Emission.CSharp", "Emission.Cuda"],
        ["Layers"] = DeclarationFolders,
        ["Inputs"] = DeclarationFolders,
        ["Losses"] = DeclarationFolders,
        ["Preprocessing"] = DeclarationFolders,
        ["Tasks"] = [.. DeclarationFolders, "Preprocessing"],
        ["Emission.CSharp"] = ["Model"],
        ["Emission.Cuda"] = ["Model", "Emission.CSharp"],
    };

    private static string[] DeclarationFolders => ["Model", "Diagnostics", "Planning", "Operations"];

    public static TheoryData<string> Folders => new(Allowed.Keys);

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_references_only_allowed_folders(string folder)
    {
        foreach ((string path, string text) in Sources().Where(s => NamespaceOf(s.Text) is { } own && FolderOf(own) == folder))
        {
            foreach (string mentioned in Mentioned(text, folder))
            {
                Assert.True(mentioned == folder || Allowed[folder].Contains(mentioned), $"{path}: {folder} mentions {mentioned}");
            }
        }
    }

    [Fact]
    public void Every_source_is_in_a_folder_that_this_test_names()
    {
        (string Path, string Text)[] sources = [.. Sources()];
        Assert.True(sources.Length > 100);
        Assert.All(sources, static s =>
        {
            string own = NamespaceOf(s.Text) ?? throw new InvalidOperationException($"{s.Path} has no namespace.");
            // What ties the folders together: the pipeline and the registry.
            bool isTop = own == Root && Path.GetFileName(s.Path) is "ModelGenerator.cs" or "Registry.cs";
            Assert.True(isTop || FolderOf(own) is not null, $"{s.Path}: {own}");
        });
        Assert.All(Allowed.Keys, folder => Assert.Contains(sources, s => FolderOf(NamespaceOf(s.Text)!) == folder));
    }

    [Fact]
    public void Only_parsing_sees_symbols_of_Roslyn()
    {
        foreach ((string path, string text) in Sources())
        {
            string folder = FolderOf(NamespaceOf(text)!) ?? "";
            bool imports = text.Contains("using Microsoft.CodeAnalysis;", StringComparison.Ordinal);
            Assert.True(!imports || folder is "" or "Parsing" or "Diagnostics", path);
        }
    }

    [Fact]
    public void References_of_a_source_are_found_in_usings_and_in_qualified_names()
    {
        const string text = """
            using AarenGen.Generator.Model;
            using static AarenGen.Generator.Lowering.Cuda.Passes.CudaLowering;
            namespace AarenGen.Generator.Operations;
            // AarenGen.Generator.Parsing in a comment counts for nothing.
            internal sealed class A { Emission.Cuda.KernelWriter? w; global::AarenGen.Generator.Planning.Planner? p; }
            """;
        Assert.Equal("Operations", FolderOf(NamespaceOf(text)!));
        Assert.Equal(["Emission.Cuda", "Lowering.Cuda.Passes", "Model", "Planning"],
            Mentioned(text, "Operations").Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(string Path, string Text)> Sources()
    {
        string root = Path.Combine(Repository.Root, "generators", Root);
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Select(p => (Path: Path.GetRelativePath(root, p), p))
            .Where(static f => f.Path.Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            .Select(static f => (f.Path, File.ReadAllText(f.p)));
    }

    private static string? NamespaceOf(string text) => NamespacePattern().Match(text) is { Success: true } match ? match.Groups[1].Value
        : null;

    /// <summary>The folder of a namespace: the longest that is named.</summary>
    private static string? FolderOf(string qualified)
    {
        string name = qualified.StartsWith(Root + ".", StringComparison.Ordinal) ? qualified[(Root.Length + 1)..] : qualified;
        return Allowed.Keys.Where(f => name == f || name.StartsWith(f + ".", StringComparison.Ordinal)).MaxBy(static f => f.Length);
    }

    private static IEnumerable<string> Mentioned(string text, string own)
    {
        string code = CommentPattern().Replace(text, "");
        IEnumerable<string> usings = UsingPattern().Matches(code).Select(static m => m.Groups[1].Value);
        string body = NamespacePattern().Replace(UsingPattern().Replace(code, ""), "");
        // Qualified names, from the root or from a folder: a property or type of the same name is followed by no folder's type.
        IEnumerable<string> qualified = QualifiedPattern().Matches(body).Select(static m => m.Groups[1].Value);
        return usings.Concat(qualified).Select(FolderOf).OfType<string>().Where(f => f != own).Distinct();
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?(?:global::)?(AarenGen\.Generator\.[\w.]+);\r?$", RegexOptions.Multiline)]
    private static partial Regex UsingPattern();

    [GeneratedRegex(@"(?<![\w.])(?:global::)?((?:AarenGen\.Generator\.(?:\w+\.)*|Model\.Cuda\.|Emission\.\w+\.|Lowering\.\w+\.)\w+)")]
    private static partial Regex QualifiedPattern();

    [GeneratedRegex(@"//.*$", RegexOptions.Multiline)]
    private static partial Regex CommentPattern();
}
