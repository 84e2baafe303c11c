using AarenGen.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace AarenGen.Generator.Tests;

/// <summary>Code fixes, applied as an editor does: what they write has no mistake any more.</summary>
public sealed class CodeFixTests
{
    private const string Components = "Continuous(4), Dense(8), MeanSquaredError";
    private const string Reading =
        "record Reading { [Timestamp] public System.DateTime Time { get; set; } [Target] public float Load { get; set; } }\n";

    private static readonly string Long = new('N', 950);

    /// <summary>The diagnostic, the source with the mistake, and what the fix makes of it.</summary>
    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "AAREN001", $"[SequenceModel, {Components}]\nclass M;", $"[SequenceModel, {Components}]\npartial class M;" },
        { "AAREN001", $"[SequenceModel, {Components}] // A model.\ninternal sealed class M {{ }}",
            $"[SequenceModel, {Components}] // A model.\ninternal sealed partial class M {{ }}" },
        { "AAREN005", $"public class Outer {{ [SequenceModel, {Components}] partial class M; }}",
            $"public partial class Outer {{ [SequenceModel, {Components}] partial class M; }}" },
        { "AAREN005", $"/// <summary>Around.</summary>\nclass Outer {{ [SequenceModel, {Components}] partial class M; }}",
            $"/// <summary>Around.</summary>\npartial class Outer {{ [SequenceModel, {Components}] partial class M; }}" },
        { "AAREN004", $"[SequenceModel, {Components}] file partial class M;", $"[SequenceModel, {Components}] internal partial class M;" },
        { "AAREN004", $"file partial class Outer {{ [SequenceModel, {Components}] partial class M; }}",
            $"internal partial class Outer {{ [SequenceModel, {Components}] partial class M; }}" },
        { "AAREN020", "[SequenceModel, Continuous(0), Dense(8), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(1), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Heads = -3, Repeat = 100_000), Dense(1), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(4), Aaren(Heads = 1, Repeat = 1024), Dense(1), MeanSquaredError] partial class M;" },
        { "AAREN020",
            "[SequenceModel, Continuous(4), Aaren(Forget = true, ShortestHalfLife = 0), Dense(1), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(4), Aaren(Forget = true, ShortestHalfLife = 0.01), Dense(1), MeanSquaredError] partial class M;" },
        { "AAREN021", "[SequenceModel, Continuous(16), Aaren(Heads = 7), Dense(1), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(16), Aaren(Heads = 8), Dense(1), MeanSquaredError] partial class M;" },
        { "AAREN021",
            "[SequenceModel, Continuous(16), Transformer(Context = 4, Heads = 1 + 2), Dense(1), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(16), Transformer(Context = 4, Heads = 2), Dense(1), MeanSquaredError] partial class M;" },
        { "AAREN023", "[SequenceModel, Continuous(4), Dense(8, Name = \"my layer..é\"), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(4), Dense(8, Name = \"my_layer._._\"), MeanSquaredError] partial class M;" },
        { "AAREN035", $"[{Components}] partial class M;", $"[SequenceModel, {Components}] partial class M;" },
        { "AAREN035", "[AarenGen.Continuous(4)]\n[AarenGen.Dense(1), AarenGen.MeanSquaredError]\npartial class M;",
            "[AarenGen.SequenceModel, AarenGen.Continuous(4)]\n[AarenGen.Dense(1), AarenGen.MeanSquaredError]\npartial class M;" },
        { "AAREN035", "[System.Serializable] [AarenGen.Continuous(4), AarenGen.Dense(1), AarenGen.MeanSquaredError] partial class M;",
            "[System.Serializable] [AarenGen.SequenceModel, AarenGen.Continuous(4), AarenGen.Dense(1), AarenGen.MeanSquaredError] "
                + "partial class M;" },
        { "AAREN035", $"[System.Serializable, {Components}] partial class M;",
            $"[System.Serializable, SequenceModel, {Components}] partial class M;" },
        { "AAREN035", $"[Other.Dense] [{Components}] partial class M; namespace Other {{ class DenseAttribute : System.Attribute; }}",
            $"[Other.Dense] [SequenceModel, {Components}] partial class M; "
                + "namespace Other { class DenseAttribute : System.Attribute; }" },
        { "AAREN038", $"[SequenceModel, {Components}] partial class {Long}; class User {{ public {Long}? Model {{ get; set; }} }}",
            $"[SequenceModel, {Components}] partial class {Long[..900]}; class User {{ public {Long[..900]}? Model {{ get; set; }} }}" },
        { "AAREN039", "[SequenceModel, Continuous(4), Aaren(ShortestHalfLife = 2), Dense(1), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(4), Aaren(ShortestHalfLife = 2, Forget = true), Dense(1), MeanSquaredError] partial class M;" },
        { "AAREN039",
            "[SequenceModel, Continuous(4), Aaren(Forget = false, ShortestHalfLife = 2), Dense(1), MeanSquaredError] partial class M;",
            "[SequenceModel, Continuous(4), Aaren(Forget = true, ShortestHalfLife = 2), Dense(1), MeanSquaredError] partial class M;" },
        { "AAREN059", Reading + "[SequenceModel, Forecast<Reading>(3, \"1h\"), Dense(8), Aaren, Gaussian] partial class M;",
            Reading + "[SequenceModel, Forecast<Reading>(3, \"1h\"), Dense(8), Aaren(Forget = true), Gaussian] partial class M;" },
        { "AAREN056",
            Reading + "[SequenceModel, Forecast<Reading>(3, \"1h\"), Calendar(CalendarField.HourOfDay, CalendarField.HourOfDay), "
                + "Dense(8), Gaussian] partial class M;",
            Reading + "[SequenceModel, Forecast<Reading>(3, \"1h\"), Calendar(CalendarField.HourOfDay), "
                + "Dense(8), Gaussian] partial class M;" },
        { "AAREN057", Reading + "[SequenceModel, Forecast<Reading>(3, \"1d\"), Calendar(CalendarField.HourOfDay), "
                + "Dense(8), Gaussian] partial class M;",
            Reading + "[SequenceModel, Forecast<Reading>(3, \"1d\"), Dense(8), Gaussian] partial class M;" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_fixed(string id, string source, string expected)
    {
        const string prefix = "using AarenGen;\n";
        string text = prefix + source;
        // One fix after the other, as the user would take them.
        while (Find(text, id) is { } diagnostic)
        {
            string replaced = await Apply(text, diagnostic);
            Assert.NotEqual(text, replaced);
            text = replaced;
        }
        Assert.Equal(prefix + expected, text);
        GeneratorRun.Valid(text);
    }

    [Theory]
    [InlineData("AAREN020", "[SequenceModel, Continuous(4), Aaren(Dropout = 1.5), Dense(8), MeanSquaredError] partial class M;")]
    [InlineData("AAREN057", "[SequenceModel, Forecast<Reading>(3, \"1d\")] [Calendar(CalendarField.HourOfDay)] [Dense(8), Gaussian] "
        + "partial class M;")]
    public async Task Where_no_fix_is_obvious_none_is_offered(string id, string source)
    {
        string text = "using AarenGen;\n" + Reading + source;
        Assert.Empty(await Actions(text, Find(text, id) ?? throw new InvalidOperationException("There is no mistake.")));
    }

    [Fact]
    public void What_can_be_fixed_is_a_diagnostic()
    {
        var provider = new DeclarationFixProvider();
        Assert.Equal(provider.FixableDiagnosticIds.Order(StringComparer.Ordinal), Mistakes.Select(static m => (string)m[0])
            .Distinct().Order(StringComparer.Ordinal));
        Assert.NotNull(provider.GetFixAllProvider());
    }

    private static Diagnostic? Find(string source, string id) => GeneratorRun.Any(source).Diagnostics.FirstOrDefault(d => d.Id == id);

    private static async Task<string> Apply(string source, Diagnostic diagnostic)
    {
        (AdhocWorkspace workspace, Document document) = Open(source);
        using (workspace)
        {
            CodeAction action = Assert.Single(await Actions(document, diagnostic));
            Assert.NotEqual("", action.Title);
            IEnumerable<CodeActionOperation> operations = await action.GetOperationsAsync(CancellationToken.None);
            ApplyChangesOperation change = Assert.Single(operations.OfType<ApplyChangesOperation>());
            return (await change.ChangedSolution.GetDocument(document.Id)!.GetTextAsync()).ToString();
        }
    }

    private static async Task<IReadOnlyList<CodeAction>> Actions(string source, Diagnostic diagnostic)
    {
        (AdhocWorkspace workspace, Document document) = Open(source);
        using (workspace)
        {
            return await Actions(document, diagnostic);
        }
    }

    private static async Task<IReadOnlyList<CodeAction>> Actions(Document document, Diagnostic diagnostic)
    {
        var actions = new List<CodeAction>();
        SyntaxTree tree = (await document.GetSyntaxTreeAsync())!;
        Diagnostic here = Diagnostic.Create(
            diagnostic.Descriptor, Location.Create(tree, diagnostic.Location.SourceSpan), diagnostic.Properties);
        await new DeclarationFixProvider().RegisterCodeFixesAsync(
            new CodeFixContext(document, here, (action, _) => actions.Add(action), CancellationToken.None));
        return actions;
    }

    private static (AdhocWorkspace Workspace, Document Document) Open(string source)
    {
        var workspace = new AdhocWorkspace();
        Project project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Project", "Project", LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary), parseOptions: GeneratorRun.ParseOptions,
            metadataReferences: [.. Basic.Reference.Assemblies.Net100.References.All, GeneratorRun.Runtime]));
        return (workspace, workspace.AddDocument(project.Id, "M.cs", SourceText.From(source)));
    }
}
