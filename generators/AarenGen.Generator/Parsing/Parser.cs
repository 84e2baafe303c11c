using System.Collections.Immutable;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AarenGen.Generator.Parsing;

/// <summary>Roslyn symbols to a declaration: the only place that sees a symbol.</summary>
internal static class Parser
{
    public const string ModelAttribute = "AarenGen.SequenceModelAttribute";
    private const string WeightsAttribute = "AarenGen.WeightsAttribute";
    private const string PartAttribute = "ModelPartAttribute";

    public static ParsedModel Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var syntax = (TypeDeclarationSyntax)context.TargetNode;
        var locations = ImmutableDictionary.CreateBuilder<Site, Location>();
        var problems = new List<Problem>();
        var here = new Site();
        locations[here] = syntax.Identifier.GetLocation();

        CheckType(type, syntax, here, problems, locations, cancellation);
        EquatableArray<PartDeclaration> parts = ParseParts(type, context.Attributes[0], problems, locations, cancellation);

        IEnumerable<ISymbol> members = type.GetMembers().Where(static m => !m.IsImplicitlyDeclared && m.Locations.Length > 0);
        var names = new List<string>();
        foreach (ISymbol member in members)
        {
            names.Add(member.Name);
            locations[new Site(Member: member.Name)] = member.Locations[0];
        }

        var declaration = new Declaration(
            type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat),
            new(Containers(type).Reverse().Select(static c => $"{Keyword(c)} {Escape(c.Name)}")),
            Escape(type.Name), parts, ParseWeights(type, problems, locations, cancellation), new(names.Distinct(StringComparer.Ordinal)), new(problems));
        return new(declaration, locations.ToImmutable());
    }

    private static void CheckType(
        INamedTypeSymbol type, TypeDeclarationSyntax syntax, Site here, List<Problem> problems,
        ImmutableDictionary<Site, Location>.Builder locations, CancellationToken cancellation)
    {
        string? kind = type switch
        {
            { IsRecord: true } => "a record",
            { IsStatic: true } => "static",
            { IsAbstract: true } => "abstract",
            _ => null,
        };
        if (kind is not null)
        {
            problems.Add(Problem.At(here, Descriptors.UnsupportedKind, type.Name, kind));
        }
        if (!IsPartial(syntax))
        {
            problems.Add(Problem.At(here, Descriptors.NotPartial, type.Name));
        }
        if (type.IsGenericType || Containers(type).Any(static c => c.IsGenericType))
        {
            problems.Add(Problem.At(here, Descriptors.Generic, type.Name));
        }
        if (syntax.AncestorsAndSelf().OfType<TypeDeclarationSyntax>().Any(static t => t.Modifiers.Any(static m => m.ValueText == "file")))
        {
            problems.Add(Problem.At(here, Descriptors.FileLocal, type.Name));
        }
        foreach (TypeDeclarationSyntax container in syntax.Ancestors().OfType<TypeDeclarationSyntax>().Where(static c => !IsPartial(c)))
        {
            var site = new Site(Member: "container " + container.Identifier.ValueText);
            locations[site] = container.Identifier.GetLocation();
            problems.Add(Problem.At(site, Descriptors.ContainerNotPartial, container.Identifier.ValueText, type.Name));
        }
        if (type.BaseType is { SpecialType: not SpecialType.System_Object, TypeKind: not TypeKind.Error } parent
            && !(parent.Name == "SequenceModel" && parent.ContainingNamespace.ToDisplayString() == "AarenGen"))
        {
            var site = new Site(Member: "base");
            locations[site] = type.DeclaringSyntaxReferences.Select(r => r.GetSyntax(cancellation)).OfType<TypeDeclarationSyntax>()
                .Select(static t => t.BaseList?.Types[0].GetLocation()).FirstOrDefault(static l => l is not null) ?? locations[here];
            problems.Add(Problem.At(site, Descriptors.BaseClass, type.Name, parent.ToDisplayString()));
        }
    }

    /// <summary>The file of [Weights], where there is that attribute.</summary>
    private static string? ParseWeights(
        INamedTypeSymbol type, List<Problem> problems, ImmutableDictionary<Site, Location>.Builder locations, CancellationToken cancellation)
    {
        AttributeData? weights = type.GetAttributes().FirstOrDefault(static a => a.AttributeClass?.ToDisplayString() == WeightsAttribute);
        if (weights?.AttributeConstructor is null)
        {
            return null;
        }
        string? file = weights.ConstructorArguments[0].Value as string;
        // Resources have no folders: a path would never be found.
        if (string.IsNullOrWhiteSpace(file) || file!.IndexOfAny(['/', '\\', '"', '\n', '\r']) >= 0)
        {
            var site = new Site(Member: "weights");
            locations[site] = weights.ApplicationSyntaxReference?.GetSyntax(cancellation).GetLocation() ?? locations[new Site()];
            problems.Add(Problem.At(site, Descriptors.BadWeightsFile, file ?? "null"));
        }
        return file;
    }

    private static EquatableArray<PartDeclaration> ParseParts(
        INamedTypeSymbol type, AttributeData model, List<Problem> problems,
        ImmutableDictionary<Site, Location>.Builder locations, CancellationToken cancellation)
    {
        SyntaxNode? home = Declaration(model, cancellation);
        var parts = new List<PartDeclaration>();
        IEnumerable<(AttributeData Data, AttributeSyntax Syntax)> attributes = type.GetAttributes()
            .Where(static a => IsPart(a.AttributeClass))
            .Select(a => (a, (a.ApplicationSyntaxReference?.GetSyntax(cancellation) as AttributeSyntax)!))
            .Where(static a => a.Item2 is not null)
            .OrderBy(static a => a.Item2.SyntaxTree.FilePath, StringComparer.Ordinal).ThenBy(static a => a.Item2.SpanStart);
        foreach ((AttributeData data, AttributeSyntax syntax) in attributes)
        {
            int index = parts.Count;
            var site = new Site(index);
            locations[site] = syntax.GetLocation();
            if (syntax.FirstAncestorOrSelf<TypeDeclarationSyntax>() != home)
            {
                problems.Add(Problem.At(site, Descriptors.SeveralDeclarations, type.Name));
            }
            string name = data.AttributeClass!.Name;
            parts.Add(new(
                name.EndsWith("Attribute", StringComparison.Ordinal) ? name.Substring(0, name.Length - "Attribute".Length) : name,
                new(ParseArguments(data, syntax, index, locations))));
        }
        return new(parts);
    }

    private static List<Argument> ParseArguments(
        AttributeData data, AttributeSyntax syntax, int part, ImmutableDictionary<Site, Location>.Builder locations)
    {
        var arguments = new List<Argument>();
        SeparatedSyntaxList<AttributeArgumentSyntax> written = syntax.ArgumentList?.Arguments ?? default;
        // Without a constructor the compiler reports the arguments itself.
        for (int i = 0; data.AttributeConstructor is not null && i < data.ConstructorArguments.Length; i++)
        {
            string parameter = data.AttributeConstructor!.Parameters[i].Name;
            string name = char.ToUpperInvariant(parameter[0]) + parameter.Substring(1);
            // An open list of values has no one place but the attribute.
            Add(name, data.ConstructorArguments[i], data.AttributeConstructor.Parameters[i].IsParams ? null
                : written.FirstOrDefault(a => a.NameColon?.Name.Identifier.ValueText == parameter)
                ?? written.Where(static a => a.NameColon is null && a.NameEquals is null).ElementAtOrDefault(i));
        }
        foreach (KeyValuePair<string, TypedConstant> named in data.NamedArguments)
        {
            Add(named.Key, named.Value, written.FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == named.Key));
        }
        return arguments;

        void Add(string name, TypedConstant constant, AttributeArgumentSyntax? at)
        {
            locations[new Site(part, name)] = at?.Expression.GetLocation() ?? syntax.GetLocation();
            if (constant.Kind is TypedConstantKind.Primitive or TypedConstantKind.Enum)
            {
                arguments.Add(new(name, constant.Value));
            }
            else if (constant.Kind is TypedConstantKind.Array && !constant.IsNull)
            {
                arguments.Add(new(name, new EquatableArray<double>(constant.Values
                    .Where(static v => v.Value is not null)
                    .Select(static v => Convert.ToDouble(v.Value, System.Globalization.CultureInfo.InvariantCulture)))));
            }
        }
    }

    private static TypeDeclarationSyntax? Declaration(AttributeData attribute, CancellationToken cancellation) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(cancellation).FirstAncestorOrSelf<TypeDeclarationSyntax>();

    private static bool IsPart(INamedTypeSymbol? type)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.BaseType)
        {
            if (t.Name == PartAttribute && t.ContainingNamespace.ToDisplayString() == "AarenGen")
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsPartial(TypeDeclarationSyntax type) => type.Modifiers.Any(SyntaxKind.PartialKeyword);

    private static IEnumerable<INamedTypeSymbol> Containers(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? t = type.ContainingType; t is not null; t = t.ContainingType)
        {
            yield return t;
        }
    }

    private static string Keyword(INamedTypeSymbol type) => type switch
    {
        { IsRecord: true, TypeKind: TypeKind.Struct } => "record struct",
        { IsRecord: true } => "record",
        { TypeKind: TypeKind.Struct } => "struct",
        { TypeKind: TypeKind.Interface } => "interface",
        _ => "class",
    };

    private static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None && SyntaxFacts.GetContextualKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}

/// <summary>A declaration, and where its pieces stand: the second only for reporting.</summary>
internal sealed record ParsedModel(Declaration Declaration, ImmutableDictionary<Site, Location> Locations);
