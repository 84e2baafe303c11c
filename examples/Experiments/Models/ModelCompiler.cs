using System.Collections.Immutable;
using System.Reflection;
using AarenGen;
using AarenGen.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Experiments;

/// <summary>
/// Compiles declarations while the program runs, by the same generator that <c>dotnet build</c> calls: widths, classes and horizons
/// depend on the data.
/// </summary>
internal static class ModelCompiler
{
    private const string ClassName = "Model";
    private static readonly Dictionary<string, Type> Compiled = new(StringComparer.Ordinal);

    /// <summary>The model of a declaration: the attributes, without the class.</summary>
    /// <param name="attributes">The attributes.</param>
    /// <param name="cancellation">Stops compiling.</param>
    /// <exception cref="UserException">The data and options make no valid model, such as one that is too large; the message says what is
    /// wrong.</exception>
    /// <exception cref="InvalidOperationException">The generated code does not compile.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static Type Compile(string attributes, CancellationToken cancellation)
    {
        lock (Compiled)
        {
            if (!Compiled.TryGetValue(attributes, out Type? type))
            {
                Compiled.Add(attributes, type = Build(attributes, cancellation));
            }
            return type;
        }
    }

    private static Type Build(string attributes, CancellationToken cancellation)
    {
        string source = $"using AarenGen;\n{attributes}\npublic sealed partial class {ClassName};";
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator).Where(File.Exists).Select(static p => MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create(
            "Experiments.Model", [CSharpSyntaxTree.ParseText(source, options, cancellationToken: cancellation)], references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], parseOptions: options)
            .RunGeneratorsAndUpdateCompilation(
                compilation, out Compilation complete, out ImmutableArray<Diagnostic> diagnostics, cancellation);
        if (Errors(diagnostics) is { Length: > 0 } refused)
        {
            throw new UserException("These data and options make no valid model: "
                + $"{string.Join(" ", refused.Select(static d => d.GetMessage(null)))}");
        }
        using var image = new MemoryStream();
        if (Errors(complete.Emit(image, cancellationToken: cancellation).Diagnostics) is { Length: > 0 } errors)
        {
            throw new InvalidOperationException(
                $"The generated code does not compile:\n{source}\n{string.Join("\n", errors.AsEnumerable())}");
        }
        return Assembly.Load(image.ToArray()).GetType(ClassName)!;
    }

    private static Diagnostic[] Errors(ImmutableArray<Diagnostic> diagnostics) =>
        [.. diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error)];
}
