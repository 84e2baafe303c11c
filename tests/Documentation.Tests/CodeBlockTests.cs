using System.Collections.Immutable;
using AarenGen.AspNetCore;
using AarenGen.Cuda;
using AarenGen.Data;
using AarenGen.Generator;
using AarenGen.Onnx;
using AarenGen.Orleans;
using AarenGen.Reports;
using AarenGen.Serving;
using AarenGen.Serving.Sqlite;
using AarenGen.Tests;
using Basic.Reference.Assemblies;
using Microsoft.AspNetCore.Builder;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AarenGen.Documentation.Tests;

/// <summary>
/// Every C# block of the documentation compiles, together with what the generator makes of it. What a block leaves to the reader, such as
/// the data, lies in Given: <c>docs-page.cs</c> for all blocks of a page, <c>docs-page.2.cs</c> for the second one alone. Where a given
/// file has the line <c>// The block.</c>, the block stands there. Types of a page's earlier blocks are known to the later ones. The types
/// of <c>shared.cs</c> are given where a page's file has the line <c>// With shared.cs.</c> and nothing of the page declares them. Where it
/// has the line <c>// As it is, in a project of the Web SDK.</c>, blocks have all usings that they need beside those of that SDK.
/// </summary>
public sealed class CodeBlockTests
{
    private const string Place = "// The block.", Shared = "shared.cs", WithShared = $"// With {Shared}.",
        AsItIs = "// As it is, in a project of the Web SDK.";

    /// <summary>For blocks that are a declaration alone.</summary>
    private const string Class = "\ninternal sealed partial class Declared;";

    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using AarenGen;
        global using AarenGen.Data;
        global using AarenGen.Onnx;
        global using AarenGen.Reports;
        global using AarenGen.Serving;
        global using AarenGen.Serving.Sqlite;
        """;

    /// <summary>Those of Microsoft.NET.Sdk.Web with ImplicitUsings.</summary>
    private const string WebUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Preview);

    private static readonly MetadataReference[] References =
    [
        .. Net100.References.All,
        .. new[]
        {
            typeof(SequenceModelAttribute), typeof(TableFile), typeof(BacktestHtml), typeof(OnnxExport), typeof(CudaDevice),
            typeof(IStreamStore), typeof(SqliteStreamStore), typeof(StreamEndpointExtensions), typeof(AarenGen.V1.Streams),
            typeof(Google.Protobuf.IMessage), typeof(Grpc.Core.Metadata), typeof(Grpc.Net.Client.GrpcChannel),
            typeof(Grpc.AspNetCore.Server.GrpcServiceOptions),
            typeof(ClusterStreamsOptions), typeof(StackExchange.Redis.ConfigurationOptions),
            typeof(ModelGenerator), typeof(Compilation), typeof(CSharpCompilation),
        }.Select(static t => t.Assembly.Location)
            // ASP.NET Core, which hosts are built with.
            .Concat(((string[])["Microsoft.*.dll", "System.Threading.RateLimiting.dll"]).SelectMany(static names =>
                Directory.EnumerateFiles(Path.GetDirectoryName(typeof(WebApplication).Assembly.Location)!, names)))
            // Orleans, which is many.
            .Concat(Directory.EnumerateFiles(AppContext.BaseDirectory, "Orleans.*.dll"))
            .Distinct().Select(static l => MetadataReference.CreateFromFile(l)),
    ];

    public static TheoryData<string, int> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, int>();
            foreach (string page in MarkdownPage.All)
            {
                for (int i = 0; i < MarkdownPage.Read(page).CodeBlocks.Count; i++)
                {
                    blocks.Add(page, i);
                }
            }
            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_compiles(string page, int index)
    {
        IReadOnlyList<string> blocks = MarkdownPage.Read(page).CodeBlocks;
        string? around = Given(page, $".{index + 1}"), beside = Given(page, "");
        string? shared = beside?.Contains(WithShared, StringComparison.Ordinal) == true ? Read(Shared) : null;
        string text = blocks[index];
        if (around?.Contains(Place, StringComparison.Ordinal) == true)
        {
            text = around.Replace(Place, text, StringComparison.Ordinal);
            around = null;
        }
        CompilationUnitSyntax block = Arrange(text.TrimEnd().EndsWith(']') ? text + Class : text);
        HashSet<string> own = [.. TypeNames(block)];
        SyntaxTree[] trees =
        [
            Parse(beside?.Contains(AsItIs, StringComparison.Ordinal) == true ? WebUsings : Usings), block.SyntaxTree,
            .. new[] { around, beside }.OfType<string>().Select(g => Without(Arrange(g), own)),
            .. Enumerable.Range(0, index).Reverse().Select(i => Without(TypesOf(Arrange(blocks[i])), own)),
            .. new[] { shared }.OfType<string>().Select(g => Without(Arrange(g), own)),
        ];
        bool isProgram = block.Members.OfType<GlobalStatementSyntax>().Any();
        // The generator lets its tests see what a new layer is made of.
        var compilation = CSharpCompilation.Create(
            "AarenGen.Generator.Tests", trees, References, new CSharpCompilationOptions(
                isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true,
                nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], parseOptions: ParseOptions)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out ImmutableArray<Diagnostic> mistakes);
        Assert.Empty(mistakes);
        Assert.Empty(output.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void What_is_given_belongs_to_a_block()
    {
        IEnumerable<string> known = MarkdownPage.All.SelectMany(page =>
            Enumerable.Range(1, MarkdownPage.Read(page).CodeBlocks.Count).Select(n => Name(page, $".{n}")).Append(Name(page, "")));
        Assert.Empty(Directory.EnumerateFiles(Folder).Select(Path.GetFileName).Except(known.Append(Shared)));
    }

    private static string Folder => Path.Combine(Repository.Root, "tests", "Documentation.Tests", "Given");

    private static string Name(string page, string suffix) => Path.ChangeExtension(page, null).Replace('/', '-') + suffix + ".cs";

    private static string? Given(string page, string suffix) => Read(Name(page, suffix));

    private static string? Read(string file)
    {
        string path = Path.Combine(Folder, file);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    private static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text, ParseOptions);

    /// <summary>Statements come before types in a program; a page may show the types first.</summary>
    private static CompilationUnitSyntax Arrange(string text)
    {
        var unit = (CompilationUnitSyntax)Parse(text).GetRoot();
        unit = unit.WithMembers(new(unit.Members.OrderBy(static m => m is GlobalStatementSyntax ? 0 : 1)));
        return (CompilationUnitSyntax)Parse(unit.ToFullString()).GetRoot();
    }

    private static IEnumerable<string> TypeNames(CompilationUnitSyntax unit) =>
        unit.Members.OfType<BaseTypeDeclarationSyntax>().Select(static t => t.Identifier.ValueText);

    /// <summary>A file without the types that are declared already; what it declares is declared then.</summary>
    private static SyntaxTree Without(CompilationUnitSyntax unit, HashSet<string> names)
    {
        CompilationUnitSyntax rest = unit.WithMembers(new(unit.Members.Where(m =>
            m is not BaseTypeDeclarationSyntax type || !names.Contains(type.Identifier.ValueText))));
        names.UnionWith(TypeNames(rest));
        return unit.SyntaxTree.WithRootAndOptions(rest, ParseOptions);
    }

    private static CompilationUnitSyntax TypesOf(CompilationUnitSyntax unit) =>
        unit.WithMembers(new(unit.Members.OfType<BaseTypeDeclarationSyntax>()));
}
