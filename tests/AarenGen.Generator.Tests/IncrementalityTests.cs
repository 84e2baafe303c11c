using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Generator.Tests;

/// <summary>An edit re-runs no more than it must.</summary>
public sealed class IncrementalityTests
{
    private static readonly string Model = SnapshotTests.Sources["Readme"];

    [Fact]
    public void Editing_an_unrelated_file_reruns_nothing()
    {
        GeneratorRun run = GeneratorRun.Valid(Model, "class Unrelated { public int A = 1; }");
        run.AssertCachedAfter(static c => Replace(c, 1, "class Unrelated { public int B = 2; void M() { } }"));
    }

    [Theory]
    [InlineData("[SequenceModel, Continuous(4), Dense(8), Huber] partial class Load; [SequenceModel, Continuous(4), Dense(8), Huber] "
        + "partial class LOAD;")]
    [InlineData("[Continuous(4), Dense(8), MeanSquaredError] partial class NoModel;")]
    public void Editing_an_unrelated_file_reruns_nothing_for_what_is_rare(string source)
    {
        GeneratorRun run = GeneratorRun.Any("using AarenGen; " + source, "class Unrelated { public int A = 1; }");
        run.AssertCachedAfter(static c => Replace(c, 1, "class Unrelated { public int B = 2; void M() { } }"));
    }

    [Fact]
    public void Moving_the_declaration_plans_nothing_again()
    {
        GeneratorRun run = GeneratorRun.Valid(Model);
        IEnumerable<IncrementalStepRunReason> reasons = run.ReasonsAfter(
            static c => Replace(c, 0, "// a new line\n" + Model), ModelGenerator.PlanStep);
        Assert.All(reasons, static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Fact]
    public void Changing_an_argument_plans_again()
    {
        GeneratorRun run = GeneratorRun.Valid(Model);
        IEnumerable<IncrementalStepRunReason> reasons = run.ReasonsAfter(
            static c => Replace(c, 0, Model.Replace("Dense(64)", "Dense(32)", StringComparison.Ordinal)), ModelGenerator.PlanStep);
        Assert.Equal([IncrementalStepRunReason.Modified], reasons);
    }

    private static CSharpCompilation Replace(CSharpCompilation compilation, int file, string source)
    {
        SyntaxTree old = compilation.SyntaxTrees[file];
        return compilation.ReplaceSyntaxTree(old, CSharpSyntaxTree.ParseText(source, (CSharpParseOptions)old.Options, old.FilePath));
    }
}
