using AarenGen.Generator;
using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Planning;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Cuda.Tests.Reference;

/// <summary>The reference programs of the test models: the generator plans their declarations here once more.</summary>
internal static class ReferencePrograms
{
    private static readonly Lazy<Dictionary<string, ReferenceProgram>> Programs = new(Lower);

    public static ReferenceProgram Of<TModel>() => Programs.Value[typeof(TModel).Name];

    private static Dictionary<string, ReferenceProgram> Lower()
    {
        string models = Path.Combine(Repository.Root, "tests", "AarenGen.Tests", "Models");
        var assemblies = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        // The declarations alone matter; that the files' other code misses the test project around it does not.
        var compilation = CSharpCompilation.Create(
            "Models", Directory.EnumerateFiles(models, "*.cs").Select(File.ReadAllText).Prepend("global using System;")
                .Select(static text => CSharpSyntaxTree.ParseText(text)),
            assemblies.Split(Path.PathSeparator).Select(static a => MetadataReference.CreateFromFile(a)),
            new(OutputKind.DynamicallyLinkedLibrary));
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        return driver.RunGenerators(compilation).GetRunResult().Results.Single()
            .TrackedSteps[ModelGenerator.PlanStep].SelectMany(static s => s.Outputs)
            .Select(static o => ((PlanResult)o.Value).Plan!)
            .ToDictionary(static p => p.Name, static p => ReferenceLowering.Lower(p), StringComparer.Ordinal);
    }
}
