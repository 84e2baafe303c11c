using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AarenGen.Generator.Parsing;

/// <summary>From where a type can be named.</summary>
internal static class Visibility
{
    /// <summary>
    /// Whether a type can be named wherever the model can, as the compiler demands of the type arguments of a base class, and in another
    /// file than the model's.
    /// </summary>
    public static bool IsAtLeastThatOf(
        INamedTypeSymbol type, INamedTypeSymbol model, Compilation compilation, CancellationToken cancellation)
    {
        INamedTypeSymbol[] around = [.. AndContainers(model)];
        return AndContainers(type).All(t => IsVisible(t, around, compilation) && !IsFileLocal(t, cancellation)
            && t.TypeArguments.OfType<INamedTypeSymbol>().All(a => IsAtLeastThatOf(a, model, compilation, cancellation)));
    }

    private static bool IsVisible(
        INamedTypeSymbol type, INamedTypeSymbol[] around, Compilation compilation) => type.DeclaredAccessibility switch
    {
        Accessibility.Public or Accessibility.NotApplicable => true,
        Accessibility.Internal or Accessibility.ProtectedOrInternal => compilation.IsSymbolAccessibleWithin(type, around[0])
            && around.Any(static c => c.DeclaredAccessibility
                is Accessibility.Internal or Accessibility.ProtectedAndInternal or Accessibility.Private),
        Accessibility.Protected or Accessibility.ProtectedAndInternal => around.Any(c => c.DeclaredAccessibility
            is Accessibility.Private or Accessibility.Protected or Accessibility.ProtectedAndInternal && IsWithin(c.ContainingType, type)),
        _ => around.Any(c => c.DeclaredAccessibility == Accessibility.Private && IsWithin(c.ContainingType, type)),
    };

    /// <summary>Whether the text of a type lies in that of the type around another one.</summary>
    private static bool IsWithin(INamedTypeSymbol type, INamedTypeSymbol nested) => AndContainers(type).Any(
        t => SymbolEqualityComparer.Default.Equals(t.OriginalDefinition, nested.ContainingType.OriginalDefinition));

    /// <summary>By syntax, since the Roslyn of the build does not know such types.</summary>
    private static bool IsFileLocal(INamedTypeSymbol type, CancellationToken cancellation) => type.DeclaringSyntaxReferences
        .Select(r => r.GetSyntax(cancellation)).OfType<BaseTypeDeclarationSyntax>()
        .Any(static t => t.Modifiers.Any(static m => m.ValueText == "file"));

    private static IEnumerable<INamedTypeSymbol> AndContainers(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.ContainingType)
        {
            yield return t;
        }
    }
}
