using AarenGen.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AarenGen.Generator.Parsing;

/// <summary>
/// Classes that have components of a model but are not marked as one. They are found by the names of their attributes, so that symbols are
/// looked up for hardly any class but those that are reported.
/// </summary>
internal static class UnmarkedComponents
{
    private const string Model = "SequenceModel", Weights = "Weights";

    public static bool IsCandidate(SyntaxNode node, CancellationToken cancellation)
    {
        if (node is not TypeDeclarationSyntax { AttributeLists.Count: > 0 } type)
        {
            return false;
        }
        string[] names = type.AttributeLists.SelectMany(static l => l.Attributes).Select(static a => NameOf(a.Name)).ToArray();
        return !names.Contains(Model) && names.Any(static n => n == Weights || Registry.Find(n) is not null);
    }

    /// <summary>The class, at the first of its declarations that has a component; null: nothing to report.</summary>
    public static UnmarkedClass? Check(GeneratorSyntaxContext context, CancellationToken cancellation)
    {
        var syntax = (TypeDeclarationSyntax)context.Node;
        if (context.SemanticModel.GetDeclaredSymbol(syntax, cancellation) is not INamedTypeSymbol type
            || type.GetAttributes().Any(Parser.IsModel))
        {
            return null;
        }
        AttributeData? component = type.GetAttributes().FirstOrDefault(Parser.IsComponentOrWeights);
        return component is not null && Parser.Declaration(component, cancellation) == syntax
            ? new(syntax.Identifier.GetLocation(), type.Name, AttributeParser.Short(component.AttributeClass!.Name)) : null;
    }

    private static string NameOf(NameSyntax name) => name switch
    {
        QualifiedNameSyntax qualified => NameOf(qualified.Right),
        AliasQualifiedNameSyntax alias => NameOf(alias.Name),
        _ => AttributeParser.Short(((SimpleNameSyntax)name).Identifier.ValueText),
    };
}

/// <summary>
/// A class with components but without [SequenceModel]. It compares by value, so that the pipeline can detect that nothing changed;
/// diagnostics compare their arguments by reference.
/// </summary>
internal sealed record UnmarkedClass(Location Location, string Name, string Component)
{
    public Diagnostic Warning() =>
        Diagnostic.Create(DiagnosticDescriptors.Get(DiagnosticDescriptors.ComponentsWithoutModel), Location, Name, Component);
}
