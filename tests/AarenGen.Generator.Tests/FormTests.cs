using AarenGen.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace AarenGen.Generator.Tests;

/// <summary>The forms of classes and their surroundings.</summary>
public sealed class FormTests
{
    private const string Components = "[SequenceModel, Continuous(4), Dense(8), MeanSquaredError]";

    public static TheoryData<string> Supported => new()
    {
        $"{Components} partial class M {{ static M() {{ }} }}",
        $"{Components} partial class M {{ ~M() {{ }} }}",
        $"{Components} partial class M {{ public override string ToString() => \"\"; public override int GetHashCode() => 1; }}",
        $"{Components} partial class M {{ internal int field = 3; public event System.Action? Changed {{ add {{ }} remove {{ }} }} }}",
        $"{Components} partial class M {{ public int this[int i] => i; public static M operator +(M a, M b) => a; class Nested; }}",
        $"{Components} partial class M : System.IDisposable {{ public void Dispose() {{ }} }}",
        $"{Components} partial class M : SequenceModel<M>;",
        $"interface IFit {{ void Fit(); }} {Components} partial class M : IFit {{ void IFit.Fit() {{ }} }}",
        $"{Components} internal sealed partial class M;",
        $"[System.Obsolete(\"old\")] {Components} partial class M;",
        $"[System.Diagnostics.CodeAnalysis.Experimental(\"X1\")] {Components} partial class M;",
        $"public partial interface IOuter {{ {Components} public partial class M; }}",
        $"partial record struct Outer {{ {Components} private partial class M; }}",
        $"ref partial struct Outer {{ {Components} internal partial class M; }}",
        $"readonly partial struct Outer {{ {Components} internal partial class M; }}",
        $"partial class Outer(int x) {{ public int X => x; {Components} protected internal partial class M; }}",
        $"class Base {{ protected class M; }} partial class Outer : Base {{ {Components} private new partial class M; }}",
        $"namespace @class.@record.where.@partial.var.@file.dynamic {{ {Components} partial class @required; }}",
        $"namespace Größe.日本 {{ {Components} partial class Ελλάδα; }}",
        $"namespace N {{ {Components} partial class Con; }} {Components} partial class Aux;",
        $"namespace System {{ {Components} partial class Span; }}",
        $"namespace N.AarenGen.System {{ {Components} partial class M; class SequenceModel<T>; }}",
        $"{Components} partial class M; {Components} partial class m;",
        $"partial class A {{ {Components} partial class M; }} namespace a {{ {Components} partial class m; }}",
        $"{Components} partial class M; partial class M {{ int mine; public int Mine => mine++; }}",
        // Names of types in generated code.
        $"namespace N {{ {Components} partial class M; class Kernels; class FloatSpan; class Runtime; }}",
        $"{Components} partial class M {{ class ReadOnlyFloatSpan; int Runtime => 0; class Training; }}",
        $"class Base {{ protected int Kernels = 0; }} partial class Outer : Base {{ {Components} private partial class M; }}",
        $"namespace AarenGen {{ {Components} partial class M; }}",
        "[SequenceModel, Continuous(4), Head(\"FloatSpan\"), Dense(8), MeanSquaredError] partial class M;",
        "[SequenceModel, Continuous(4), Head(\"A\"), Dense(8), MeanSquaredError, Head(\"Training\"), Dense(8), MeanSquaredError] "
            + "partial class M;",
    };

    public static TheoryData<string, string> Unsupported => new()
    {
        { DiagnosticDescriptors.UnsupportedKind, $"{Components} partial struct M;" },
        { DiagnosticDescriptors.UnsupportedKind, $"{Components} ref partial struct M;" },
        { DiagnosticDescriptors.UnsupportedKind, $"{Components} partial record struct M;" },
        { DiagnosticDescriptors.UnsupportedKind, $"{Components} partial interface M;" },
        { DiagnosticDescriptors.UnsupportedKind, $"{Components} partial record M;" },
        { DiagnosticDescriptors.BaseClass, $"{Components} partial class Other; {Components} partial class M : SequenceModel<Other>;" },
        { DiagnosticDescriptors.MemberExists, $"{Components} partial class M {{ public M() {{ }} }}" },
        { DiagnosticDescriptors.MemberExists, $"{Components} partial class M {{ public required int X {{ get; set; }} }}" },
        { DiagnosticDescriptors.MemberExists, $"{Components} partial class M {{ public required int X; }}" },
        { DiagnosticDescriptors.MemberExists, $"{Components} partial class Dense0;" },
        { DiagnosticDescriptors.MemberExists, $"{Components} partial class Prediction;" },
        { DiagnosticDescriptors.NameTooLong, $"{Components} partial class {new string('M', 1000)};" },
    };

    [Theory]
    [MemberData(nameof(Supported))]
    public void A_supported_form_compiles(string declaration)
    {
        GeneratorRun run = GeneratorRun.Any("using AarenGen;\n" + declaration);
        Assert.Empty(run.Diagnostics);
        // Warnings of the user's own half are the test's.
        Assert.Empty(run.Output.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error
            || (d.Severity == DiagnosticSeverity.Warning
                && d.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true)));
    }

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void An_unsupported_form_has_one_error(string id, string declaration)
    {
        GeneratorRun run = GeneratorRun.Any("using AarenGen;\n" + declaration);
        Assert.Equal(id, Assert.Single(run.Diagnostics).Id);
        Assert.DoesNotContain(
            run.Result.GeneratedSources, static s => s.SourceText.ToString().Contains("partial class M ", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_kind_of_constructor_has_its_own_message()
    {
        GeneratorRun run = GeneratorRun.Any($"using AarenGen;\n{Components} partial class M {{ M() {{ }} public M(int x) {{ }} }}");
        Assert.Equal(2, run.Diagnostics.Select(static d => d.Location.SourceSpan).Distinct().Count());
        Assert.All(run.Diagnostics, static d => Assert.Equal(
            "'M' declares a constructor, but models are made by Create and Load; remove it",
            d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_model_marked_twice_is_generated_once()
    {
        GeneratorRun run = GeneratorRun.Any($"using AarenGen;\n{Components} partial class M; [SequenceModel] partial class M;");
        Assert.Single(run.Result.GeneratedSources);
    }

    [Fact]
    public void Arguments_of_an_unknown_component_may_have_any_type()
    {
        GeneratorRun run = GeneratorRun.Any("""
            using AarenGen;
            class MineAttribute(params object?[] a) : LayerAttribute
            { public string[]? Texts; public System.Type[]? Types; public long L; public char C; }
            [SequenceModel, Continuous(4), Dense(8), MeanSquaredError]
            [Mine(1, "a", new[] { 1 }, typeof(int), null, Texts = new[] { "x", null! }, Types = new[] { typeof(int) }, L = 3, C = 'c')]
            partial class M;
            """);
        Assert.Equal(DiagnosticDescriptors.UnknownComponent, Assert.Single(run.Diagnostics).Id);
    }

    [Theory]
    [InlineData("[Continuous(4), Dense(8), MeanSquaredError] partial class [|M|];")]
    [InlineData("[AarenGen.DenseAttribute(8)] class [|M|];")]
    [InlineData("[global::AarenGen.Weights(\"w\")] class [|M|];")]
    [InlineData("[Dense(8)] record [|M|];")]
    [InlineData("[Dense(8)] partial class [|M|]; [Dense(9)] partial class M;")]
    public void Components_without_a_model_are_a_warning_at_the_class(string marked)
    {
        string source = "using AarenGen;\n" + marked.Replace("[|", "", StringComparison.Ordinal)
            .Replace("|]", "", StringComparison.Ordinal);
        Diagnostic diagnostic = Assert.Single(GeneratorRun.Any(source).Diagnostics);
        Assert.Equal(DiagnosticDescriptors.ComponentsWithoutModel, diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Warning, diagnostic.Severity);
        Assert.Equal(("using AarenGen;\n" + marked).IndexOf("[|", StringComparison.Ordinal), diagnostic.Location.SourceSpan.Start);
        Assert.Equal("M", source.Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length));
    }

    [Theory]
    [InlineData("[SequenceModel, Continuous(4), Dense(8), MeanSquaredError] partial class M; [System.Obsolete] class Other;")]
    [InlineData("class DenseAttribute : System.Attribute; [Dense] class M;")]
    public void Other_classes_are_not_reported(string source) => Assert.Empty(GeneratorRun.Any("using AarenGen; " + source).Diagnostics);

    [Theory]
    [InlineData("M", "M.g.cs")]
    [InlineData("Größe", "Größe.g.cs")]
    [InlineData("Con", "_Con.g.cs")]
    public void Generated_files_have_the_class_name(string name, string expected) =>
        Assert.Equal(
            expected,
            Assert.Single(GeneratorRun.Valid($"using AarenGen; {Components} partial class {name};").Result.GeneratedSources).HintName);

    [Fact]
    public void Generated_files_can_be_written()
    {
        string longName = new('N', 300), wide = new('値', 200);
        GeneratorRun run = GeneratorRun.Valid($$"""
            using AarenGen;
            namespace Long
            {
                {{Components}} partial class {{longName}}A; {{Components}} partial class {{longName}}B;
                {{Components}} partial class {{wide}};
            }
            namespace {{wide}} { {{Components}} partial class M; }
            namespace Case { {{Components}} partial class Load; {{Components}} partial class loaD; {{Components}} partial class LOAD; }
            namespace Arity { {{Components}} partial class M; class M<T>; partial class Outer { {{Components}} internal partial class M; } }
            """, "namespace AarenGen.Cuda { internal static class CudaDeviceInfo; }");
        string[] files = [.. run.Result.GeneratedSources.Select(static s => s.HintName)];
        Assert.Equal(18, files.Length);
        Assert.Equal(files.Length, files.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Contains("Arity.Outer.M.g.cs", files);
        string folder = Directory.CreateTempSubdirectory("aarengen-files").FullName;
        try
        {
            foreach (GeneratedSourceResult source in run.Result.GeneratedSources)
            {
                Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(source.HintName), 1, 128);
                File.WriteAllText(Path.Combine(folder, source.HintName), source.SourceText.ToString());
            }
            Assert.Equal(files.Length, Directory.GetFiles(folder).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        // The longest names give the longest names in metadata.
        using var image = new MemoryStream();
        GeneratorRun longest = GeneratorRun.Valid(
            $"using AarenGen; [SequenceModel, Continuous(4), Aaren(Heads = 1), MeanSquaredError] partial class {new string('N', 900)};");
        Assert.Empty(longest.Output.Emit(image).Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error));
    }
}
