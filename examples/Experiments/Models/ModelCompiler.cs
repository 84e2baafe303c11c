using System.Reflection;
using AarenGen;
using AarenGen.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Experiments;

/// <summary>
/// Compiles declarations while the program runs, by the same generator that <c>dotnet build</c> calls: widths, classes and horizons
/// are known only when the data are.
/// </summary>
internal static class ModelCompiler
{
    private const string ClassName = "Model";
    private static readonly Dictionary<string, Type> Compiled = new(StringComparer.Ordinal);

    /// <summary>The model of a declaration: the attributes, without the class.</summary>
    /// <exception cref="InvalidOperationException">The declaration is no valid model; the message has the compiler's words.</exception>
    public static Type Compile(string attributes)
    {
        lock (Compiled)
        {
            if (!Compiled.TryGetValue(attributes, out Type? type))
            {
                Compiled.Add(attributes, type = Build(attributes));
            }
            return type;
        }
    }

    private static Type Build(string attributes)
    {
        string source = $"using AarenGen;\n{attributes}\npublic sealed partial class {ClassName};";
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator).Where(File.Exists).Select(static p => MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create(
            "Experiments.Model", [CSharpSyntaxTree.ParseText(source, options)], references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], parseOptions: options)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation complete, out System.Collections.Immutable.ImmutableArray<Diagnostic> diagnostics);
        using var image = new MemoryStream();
        IEnumerable<Diagnostic> errors = diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error);
        if (!errors.Any())
        {
            errors = complete.Emit(image).Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error);
        }
        if (errors.Any())
        {
            throw new InvalidOperationException($"This is no valid model:\n{source}\n{string.Join("\n", errors)}");
        }
        return Assembly.Load(image.ToArray()).GetType(ClassName)!;
    }
}
