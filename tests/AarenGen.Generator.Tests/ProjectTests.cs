using AarenGen.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Generator.Tests;

/// <summary>What projects may be like: language versions, options, references.</summary>
public sealed class ProjectTests
{
    // Written as C# 7.3 allows, but for the generated half.
    private const string Model =
        "[AarenGen.SequenceModel, AarenGen.Continuous(4), AarenGen.Dense(6), AarenGen.Aaren(Heads = 2), AarenGen.Dense(9)] "
        + "[AarenGen.Quantiles(0.1, 0.5, 0.9)] public partial class M { }";

    /// <summary>C# 1 has no partial classes.</summary>
    public static TheoryData<LanguageVersion> OldVersions => new(
        Enum.GetValues<LanguageVersion>().Where(static v => v is >= LanguageVersion.CSharp2 and < LanguageVersion.CSharp12));

    public static TheoryData<LanguageVersion> NewVersions => new(
        Enum.GetValues<LanguageVersion>().Where(static v => v is LanguageVersion.Default or >= LanguageVersion.CSharp12));

    [Theory]
    [MemberData(nameof(OldVersions))]
    public void An_old_language_version_is_one_error(LanguageVersion version)
    {
        CSharpCompilation compilation = GeneratorRun.Compile(
            new CSharpParseOptions(version), Model, "[AarenGen.SequenceModel, AarenGen.Dense(-1)] class Wrong { }");
        GeneratorRun run = GeneratorRun.Over(
            compilation.WithOptions(compilation.Options.WithNullableContextOptions(NullableContextOptions.Disable)));
        Assert.Equal(
            [DiagnosticDescriptors.LanguageTooOld, DiagnosticDescriptors.LanguageTooOld], run.Diagnostics.Select(static d => d.Id));
        string message = run.Diagnostics[0].GetMessage(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains($"C# {version.ToDisplayString()},", message, StringComparison.Ordinal);
        Assert.Empty(run.Result.GeneratedSources);
        Assert.Empty(run.Output.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error));
    }

    [Theory]
    [MemberData(nameof(NewVersions))]
    public void Newer_language_versions_compile(LanguageVersion version)
    {
        GeneratorRun run = GeneratorRun.Over(GeneratorRun.Compile(new CSharpParseOptions(version), Model));
        Assert.Empty(run.Diagnostics);
        run.AssertCompiles();
    }

    [Fact]
    public void References_without_the_runtime_are_one_error()
    {
        CSharpCompilation compilation = GeneratorRun
            .Compile(Model, "namespace AarenGen { class SequenceModelAttribute : System.Attribute; }")
            .RemoveReferences(GeneratorRun.Runtime);
        Assert.Equal([DiagnosticDescriptors.MissingRuntime], GeneratorRun.Over(compilation).Diagnostics.Select(static d => d.Id));
    }

    [Fact]
    public void A_runtime_without_static_members_of_interfaces_is_one_error()
    {
        const string old = "namespace System { public class Object; public class Attribute; public class ValueType; public struct Void; } "
            + "namespace AarenGen { public class SequenceModelAttribute : System.Attribute; public class SequenceModel<T>; }";
        CSharpCompilation compilation = GeneratorRun.Compile("[AarenGen.SequenceModel] partial class M;", old).RemoveAllReferences();
        Diagnostic diagnostic = Assert.Single(GeneratorRun.Over(compilation).Diagnostics);
        Assert.Equal(DiagnosticDescriptors.MissingRuntime, diagnostic.Id);
    }

    [Fact]
    public void Options_of_the_project_do_not_matter()
    {
        CSharpCompilation compilation = GeneratorRun.Compile(Model);
        foreach (CSharpCompilationOptions options in (CSharpCompilationOptions[])
        [
            compilation.Options.WithNullableContextOptions(NullableContextOptions.Disable),
            compilation.Options.WithNullableContextOptions(NullableContextOptions.Warnings),
            compilation.Options.WithAllowUnsafe(true),
            compilation.Options.WithOverflowChecks(true),
            compilation.Options.WithOptimizationLevel(OptimizationLevel.Release).WithPlatform(Platform.X64),
            compilation.Options.WithGeneralDiagnosticOption(ReportDiagnostic.Error),
        ])
        {
            GeneratorRun run = GeneratorRun.Over(compilation.WithOptions(options));
            Assert.Empty(run.Diagnostics);
            run.AssertCompiles();
        }
    }

    [Fact]
    public void Line_ends_do_not_matter()
    {
        string model = Model.Replace(", ", ",\n    ", StringComparison.Ordinal);
        Assert.Equal(
            GeneratorRun.Valid(model).Source, GeneratorRun.Valid(model.Replace("\n", "\r\n", StringComparison.Ordinal)).Source);
    }
}
