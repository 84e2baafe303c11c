using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Planning;
using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Generator.Tests;

/// <summary>
/// One run of the generator over a piece of source. Every run also checks what must always hold: a second run finds everything
/// cached, the pipeline holds no symbol, syntax or compilation, and what was generated compiles without any warning.
/// </summary>
internal sealed class GeneratorRun
{
    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest, DocumentationMode.Diagnose);

    public static readonly MetadataReference Runtime = MetadataReference.CreateFromFile(typeof(SequenceModelAttribute).Assembly.Location);

    private static readonly CSharpCompilationOptions CompilationOptions =
        new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, warningLevel: 9999);

    private readonly GeneratorDriver driver;
    private readonly CSharpCompilation compilation;

    private GeneratorRun(CSharpCompilation compilation)
    {
        this.compilation = compilation;
        driver = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()], parseOptions: (CSharpParseOptions)compilation.SyntaxTrees[0].Options,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        Result = driver.GetRunResult().Results.Single();
        Output = output;
    }

    public GeneratorRunResult Result { get; }

    public Compilation Output { get; }

    public ImmutableArray<Diagnostic> Diagnostics => Result.Diagnostics;

    /// <summary>The plans of all declarations without a mistake.</summary>
    public IEnumerable<Plan> Plans => Result.TrackedSteps[ModelGenerator.PlanStep].SelectMany(static s => s.Outputs)
        .Select(static o => ((PlanResult)o.Value).Plan).OfType<Plan>();

    /// <summary>Their kernels on a device, where the project trains on one.</summary>
    public IEnumerable<CudaPlan> CudaPlans => Result.TrackedSteps[ModelGenerator.CudaPlanStep].SelectMany(static s => s.Outputs)
        .Select(static o => (CudaPlan)o.Value);

    /// <summary>The C# that every project gets.</summary>
    public string Source => Text(isCuda: false);

    /// <summary>What projects get that train on a device: CUDA C and its launches.</summary>
    public string CudaSource => Text(isCuda: true);

    /// <summary>Runs over source that has no mistakes.</summary>
    public static GeneratorRun Valid(params string[] sources)
    {
        GeneratorRun run = Any(sources);
        Assert.Empty(run.Diagnostics);
        run.AssertCompiles();
        return run;
    }

    /// <summary>Runs over source, mistakes or not.</summary>
    public static GeneratorRun Any(params string[] sources) => Over(Compile(sources));

    /// <summary>Runs over a compilation, mistakes or not.</summary>
    public static GeneratorRun Over(CSharpCompilation compilation)
    {
        var run = new GeneratorRun(compilation);
        Assert.Null(run.Result.Exception);
        run.AssertCached(run.compilation);
        run.AssertHoldsNoSymbols();
        return run;
    }

    public static CSharpCompilation Compile(params string[] sources) => Compile(ParseOptions, sources);

    public static CSharpCompilation Compile(CSharpParseOptions options, params string[] sources) => CSharpCompilation.Create(
        "Test", sources.Select((s, i) => CSharpSyntaxTree.ParseText(s, options, $"File{i}.cs", System.Text.Encoding.UTF8)),
        [.. Net100.References.All, Runtime], CompilationOptions);

    /// <summary>Asserts that after the edit every step's result is that of before.</summary>
    public void AssertCachedAfter(Func<CSharpCompilation, CSharpCompilation> edit) => AssertCached(edit(compilation));

    /// <summary>How the steps of a name ended after an edit.</summary>
    public IEnumerable<IncrementalStepRunReason> ReasonsAfter(Func<CSharpCompilation, CSharpCompilation> edit, string step) =>
        Steps(edit(compilation)).TrackedSteps[step].SelectMany(static s => s.Outputs).Select(static o => o.Reason);

    private string Text(bool isCuda) => string.Join(
        "\n", Result.GeneratedSources.Where(s => s.HintName.EndsWith(".cuda.g.cs", StringComparison.Ordinal) == isCuda)
            .Select(static s => s.SourceText.ToString()));

    private GeneratorRunResult Steps(Compilation next) => driver.RunGenerators(next).GetRunResult().Results.Single();

    private void AssertCached(Compilation next)
    {
        GeneratorRunResult second = Steps(next);
        IEnumerable<IncrementalGeneratorRunStep> steps = second.TrackedSteps
            .Where(
                static s => s.Key is ModelGenerator.DeclarationStep or ModelGenerator.PlanStep or ModelGenerator.CudaPlanStep
                    or ModelGenerator.DiagnosticsStep)
            .Concat(second.TrackedOutputSteps).SelectMany(static s => s.Value);
        Assert.All(
            steps.SelectMany(static s => s.Outputs),
            static o =>
                Assert.True(o.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, o.Reason.ToString()));
    }

    public void AssertCompiles()
    {
        // CS1591 is the user's own class without a comment, in sources that are tests.
        ImmutableArray<Diagnostic> all = Output.GetDiagnostics();
        Assert.Empty(all.Where(static d => d.Severity != DiagnosticSeverity.Hidden && d.Id != "CS1591"));
        Assert.Empty(
            all.Where(static d => d.Id == "CS1591" && d.Location.SourceTree!.FilePath.EndsWith(".g.cs", StringComparison.Ordinal)));
        Assert.Empty(all.Where(static d => d.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true));
    }

    private void AssertHoldsNoSymbols()
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (string step in (string[])[ModelGenerator.DeclarationStep, ModelGenerator.PlanStep, ModelGenerator.CudaPlanStep])
        {
            foreach ((object? value, _) in Result.TrackedSteps.GetValueOrDefault(step, []).SelectMany(static s => s.Outputs))
            {
                Walk(value, seen, step);
            }
        }
    }

    private static void Walk(object? value, HashSet<object> seen, string path)
    {
        if (value is null || value is string || value.GetType().IsPrimitive || value.GetType().IsEnum || !seen.Add(value))
        {
            return;
        }
        Assert.False(
            value is Compilation or ISymbol or SyntaxNode or SyntaxTree or SemanticModel or Location or Diagnostic,
            $"{path} holds {value.GetType()}");
        if (value is IEnumerable items)
        {
            foreach (object? item in items)
            {
                Walk(item, seen, path + "[]");
            }
        }
        for (Type? type = value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                Walk(field.GetValue(value), seen, $"{path}.{field.Name}");
            }
        }
    }
}
