using System.Collections.Immutable;
using System.Globalization;
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
    private const string ComponentAttribute = "ModelComponentAttribute";
    private const string BaseModel = "AarenGen.SequenceModel`1";

    /// <summary>C# 12, for the collection expressions in generated code. The Roslyn of the build does not know its name.</summary>
    private const LanguageVersion MinLanguage = (LanguageVersion)1200;

    /// <summary>Null for a second declaration with [SequenceModel], which the compiler reports.</summary>
    public static ParsedModel? Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var syntax = (TypeDeclarationSyntax)context.TargetNode;
        if (Declaration(type.GetAttributes().First(IsModel), cancellation) != syntax)
        {
            return null;
        }
        var locations = ImmutableDictionary.CreateBuilder<DiagnosticLocation, Location>();
        var diagnostics = new List<DiagnosticInfo>();
        var here = new DiagnosticLocation();
        locations[here] = syntax.Identifier.GetLocation();

        if (CheckProject(type, syntax, context.SemanticModel.Compilation) is { } unfit)
        {
            var nothing = new EquatableArray<string>([]);
            var named = new Declaration("", nothing, type.Name, new([]), null, new(nothing, nothing, nothing), new([unfit]), IsUnfit: true);
            return new(named, locations.ToImmutable());
        }
        Compilation compilation = context.SemanticModel.Compilation;
        INamedTypeSymbol model = FindBase(type, compilation);
        CheckType(type, syntax, here, model, diagnostics, locations, cancellation);
        EquatableArray<ComponentDeclaration> components = ParseComponents(
            type, context.Attributes[0], compilation, diagnostics, locations, cancellation);

        EquatableArray<string> own = ParseMembers(type, diagnostics, locations, cancellation);
        INamedTypeSymbol[] bases = [.. Bases(model)];
        var members = new MemberNames(
            own, new(bases.Take(bases.Length - 1).SelectMany(b => Names(b, type.ContainingAssembly)).Distinct(StringComparer.Ordinal)),
            Names(bases.Last(), type.ContainingAssembly))
        {
            TakenAliases = new(
                GeneratedAlias.All.Select(static a => a.Name).Where(name => IsTaken(name, type, model, syntax, context.SemanticModel))),
        };

        var declaration = new Declaration(
            type.ContainingNamespace.IsGlobalNamespace
                ? "" : type.ContainingNamespace.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat),
            new(Containers(type).Reverse().Select(static c => $"{Keyword(c)} {Identifier.Escape(c.Name)}")),
            Identifier.Escape(type.Name), components, ParseWeights(type, diagnostics, locations, cancellation), members, new(diagnostics));
        return new(declaration, locations.ToImmutable());
    }

    /// <summary>Whether the attribute marks a class as a model.</summary>
    public static bool IsModel(AttributeData attribute) => attribute.AttributeClass?.ToDisplayString() == ModelAttribute;

    /// <summary>Whether the attribute says something of a model.</summary>
    public static bool IsComponentOrWeights(AttributeData attribute) => IsComponent(attribute.AttributeClass) || IsWeights(attribute);

    /// <summary>The class of the runtime that the model derives from: that of its task, where it has one that the runtime knows.</summary>
    private static INamedTypeSymbol FindBase(INamedTypeSymbol type, Compilation compilation) =>
        type.GetAttributes().Where(static a => IsComponent(a.AttributeClass))
            .Select(a => Registry.BaseModelOf(AttributeParser.NameOf(a)) is { } name ? compilation.GetTypeByMetadataName(name) : null)
            .FirstOrDefault(static b => b is not null) ?? compilation.GetTypeByMetadataName(BaseModel)!;

    /// <summary>A type and those that it inherits from, the last of them last.</summary>
    private static IEnumerable<INamedTypeSymbol> Bases(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.BaseType)
        {
            yield return t;
        }
    }

    /// <summary>The declaration that an attribute stands on.</summary>
    public static TypeDeclarationSyntax? Declaration(AttributeData attribute, CancellationToken cancellation) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(cancellation).FirstAncestorOrSelf<TypeDeclarationSyntax>();

    /// <summary>Why the project cannot compile generated code, which makes every other mistake secondary.</summary>
    private static DiagnosticInfo? CheckProject(INamedTypeSymbol type, TypeDeclarationSyntax syntax, Compilation compilation)
    {
        if (syntax.SyntaxTree.Options is CSharpParseOptions { LanguageVersion: < MinLanguage and var version })
        {
            return DiagnosticInfo.At(
                new DiagnosticLocation(), DiagnosticDescriptors.LanguageTooOld, type.Name, version.ToDisplayString(), "12");
        }
        INamedTypeSymbol? features = compilation.GetSpecialType(SpecialType.System_Object).ContainingAssembly?
            .GetTypeByMetadataName("System.Runtime.CompilerServices.RuntimeFeature");
        string? missing =
            compilation.GetTypeByMetadataName(BaseModel) is not { TypeKind: TypeKind.Class } ? "the class AarenGen.SequenceModel<T>"
            : features is null || features.GetMembers("VirtualStaticsInInterfaces").IsEmpty ? "a runtime with static members of interfaces"
            : null;
        return missing is null ? null : DiagnosticInfo.At(
            new DiagnosticLocation(), DiagnosticDescriptors.MissingRuntime, type.Name, missing);
    }

    /// <summary>The names of the members that the class's own code declares; those of accessors follow from them.</summary>
    private static EquatableArray<string> ParseMembers(
        INamedTypeSymbol type, List<DiagnosticInfo> diagnostics, ImmutableDictionary<DiagnosticLocation, Location>.Builder locations,
        CancellationToken cancellation)
    {
        var names = new List<string>();
        int constructors = 0;
        foreach (ISymbol member in type.GetMembers().Where(static m => !m.IsImplicitlyDeclared && m.Locations.Length > 0))
        {
            if (member is IMethodSymbol { AssociatedSymbol: not null } or IMethodSymbol { MethodKind: MethodKind.StaticConstructor })
            {
                continue;
            }
            bool isConstructor = member is IMethodSymbol { MethodKind: MethodKind.Constructor };
            var location = new DiagnosticLocation(
                Member: isConstructor ? FormattableString.Invariant($"constructor {constructors++}") : member.Name);
            locations[location] = member.Locations[0];
            if (isConstructor)
            {
                diagnostics.Add(DiagnosticInfo.At(
                    location, DiagnosticDescriptors.MemberExists, type.Name,
                    "declares a constructor, but models are made by Create and Load", "remove it"));
                continue;
            }
            names.Add(member.Name);
            // An indexer's name is Item.
            names.Add(member.MetadataName);
            MemberDeclarationSyntax? syntax = member.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation)
                .FirstAncestorOrSelf<MemberDeclarationSyntax>();
            if (syntax is not TypeDeclarationSyntax && syntax?.Modifiers.Any(static m => m.ValueText == "required") == true)
            {
                diagnostics.Add(DiagnosticInfo.At(
                    location, DiagnosticDescriptors.MemberExists, type.Name,
                    $"declares the required member '{member.Name}', but Create and Load have no value for it", "remove 'required'"));
            }
        }
        return new(names.Distinct(StringComparer.Ordinal));
    }

    /// <summary>The names of a type's members that a type of the assembly that derives from it can see.</summary>
    private static EquatableArray<string> Names(INamedTypeSymbol type, IAssemblySymbol from)
    {
        IAssemblySymbol home = type.ContainingAssembly;
        bool seesInternals = SymbolEqualityComparer.Default.Equals(home, from) || home.GivesAccessTo(from);
        return new(type.GetMembers()
            .Where(m => m is not IMethodSymbol { AssociatedSymbol: not null } && m.DeclaredAccessibility switch
            {
                Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal => true,
                Accessibility.Internal or Accessibility.ProtectedAndInternal => seesInternals,
                _ => false,
            })
            .Select(static m => m.Name).Distinct(StringComparer.Ordinal));
    }

    /// <summary>Whether a simple name in the class, or in its namespace, means something already.</summary>
    private static bool IsTaken(
        string name, INamedTypeSymbol type, INamedTypeSymbol model, TypeDeclarationSyntax syntax, SemanticModel semantics)
    {
        INamespaceSymbol? space = semantics.Compilation.GetCompilationNamespace(type.ContainingNamespace);
        return new[] { type, model }.Concat(Containers(type)).Any(t => Declares(t, name))
            || (space is null ? type.ContainingNamespace : space).GetMembers(name).Any()
            // Aliases of the whole project are beside those of a file that has no namespace.
            || (type.ContainingNamespace.IsGlobalNamespace && !semantics.LookupNamespacesAndTypes(syntax.SpanStart, name: name).IsEmpty);
    }

    /// <summary>Whether a type, or one that it inherits from, has a member of the name.</summary>
    private static bool Declares(INamedTypeSymbol type, string name)
    {
        return Bases(type).Any(t => !t.GetMembers(name).IsEmpty)
            || (type.TypeKind == TypeKind.Interface && type.AllInterfaces.Any(i => !i.GetMembers(name).IsEmpty));
    }

    private static void CheckType(
        INamedTypeSymbol type, TypeDeclarationSyntax syntax, DiagnosticLocation here, INamedTypeSymbol model,
        List<DiagnosticInfo> diagnostics, ImmutableDictionary<DiagnosticLocation, Location>.Builder locations,
        CancellationToken cancellation)
    {
        string? kind = type switch
        {
            { TypeKind: TypeKind.Struct } => "a struct",
            { TypeKind: TypeKind.Interface } => "an interface",
            { IsRecord: true } => "a record",
            { IsStatic: true } => "static",
            { IsAbstract: true } => "abstract",
            _ => null,
        };
        if (kind is not null)
        {
            diagnostics.Add(DiagnosticInfo.At(here, DiagnosticDescriptors.UnsupportedKind, type.Name, kind));
        }
        if (!IsPartial(syntax))
        {
            diagnostics.Add(DiagnosticInfo.At(here, DiagnosticDescriptors.NotPartial, type.Name));
        }
        if (type.IsGenericType || Containers(type).Any(static c => c.IsGenericType))
        {
            diagnostics.Add(DiagnosticInfo.At(here, DiagnosticDescriptors.Generic, type.Name));
        }
        if (syntax.AncestorsAndSelf().OfType<TypeDeclarationSyntax>().Any(static t => t.Modifiers.Any(static m => m.ValueText == "file")))
        {
            diagnostics.Add(DiagnosticInfo.At(here, DiagnosticDescriptors.FileLocal, type.Name));
        }
        foreach (TypeDeclarationSyntax container in syntax.Ancestors().OfType<TypeDeclarationSyntax>().Where(static c => !IsPartial(c)))
        {
            var location = new DiagnosticLocation(Member: "container " + container.Identifier.ValueText);
            locations[location] = container.Identifier.GetLocation();
            diagnostics.Add(DiagnosticInfo.At(
                location, DiagnosticDescriptors.ContainerNotPartial, container.Identifier.ValueText, type.Name));
        }
        if (type is { TypeKind: TypeKind.Class,
            BaseType: { SpecialType: not SpecialType.System_Object, TypeKind: not TypeKind.Error } parent }
            && !IsBase(parent, type, model))
        {
            var location = new DiagnosticLocation(Member: "base list");
            locations[location] = type.DeclaringSyntaxReferences.Select(r => r.GetSyntax(cancellation)).OfType<TypeDeclarationSyntax>()
                .Select(static t => t.BaseList?.Types[0].GetLocation()).FirstOrDefault(static l => l is not null) ?? locations[here];
            diagnostics.Add(DiagnosticInfo.At(location, DiagnosticDescriptors.BaseClass, type.Name, parent.ToDisplayString(), model.Name));
        }
    }

    /// <summary>
    /// Whether a class that the user wrote as the model's base is that of the generated half. The last type argument of a task's base may
    /// be generated, too, so that only its name is known; of another one the compiler says whether both halves agree.
    /// </summary>
    private static bool IsBase(INamedTypeSymbol parent, INamedTypeSymbol type, INamedTypeSymbol model) =>
        SymbolEqualityComparer.Default.Equals(parent.OriginalDefinition, model)
            && SymbolEqualityComparer.Default.Equals(parent.TypeArguments[0], type)
            && (parent.TypeArguments.Length == 1 || (TaskRecord(type) is { } record && parent.TypeArguments.Length == 3
                && SymbolEqualityComparer.Default.Equals(parent.TypeArguments[1], record)
                && (parent.TypeArguments[2] is not { TypeKind: TypeKind.Error, Name: var view } || view + "Model" == model.Name)));

    private static ITypeSymbol? TaskRecord(INamedTypeSymbol type) => type.GetAttributes().Select(static a => a.AttributeClass)
        .FirstOrDefault(static a => IsComponent(a) && a is { TypeArguments.Length: 1 })?.TypeArguments[0];

    /// <summary>The file of [Weights], where there is that attribute.</summary>
    private static string? ParseWeights(
        INamedTypeSymbol type, List<DiagnosticInfo> diagnostics, ImmutableDictionary<DiagnosticLocation, Location>.Builder locations,
        CancellationToken cancellation)
    {
        AttributeData? weights = type.GetAttributes().FirstOrDefault(IsWeights);
        if (weights?.AttributeConstructor is null)
        {
            return null;
        }
        string? file = weights.ConstructorArguments[0].Value as string;
        // Resources have no folders: a path would never be found.
        if (string.IsNullOrWhiteSpace(file) || !file!.All(IsOfFileName))
        {
            var location = new DiagnosticLocation(Member: "weights attribute");
            locations[location] = weights.ApplicationSyntaxReference?.GetSyntax(cancellation)
                .GetLocation() ?? locations[new DiagnosticLocation()];
            diagnostics.Add(DiagnosticInfo.At(location, DiagnosticDescriptors.BadWeightsFile, file ?? "null"));
        }
        return file;
    }

    /// <summary>Whether file systems, C# strings and XML comments all take the character as it is.</summary>
    private static bool IsOfFileName(char c) => c is not ('/' or '\\' or '"') && CharUnicodeInfo.GetUnicodeCategory(c) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static EquatableArray<ComponentDeclaration> ParseComponents(
        INamedTypeSymbol type, AttributeData model, Compilation compilation, List<DiagnosticInfo> diagnostics,
        ImmutableDictionary<DiagnosticLocation, Location>.Builder locations, CancellationToken cancellation)
    {
        SyntaxNode? home = Declaration(model, cancellation);
        var components = new List<ComponentDeclaration>();
        IEnumerable<(AttributeData Data, AttributeSyntax Syntax)> attributes = type.GetAttributes()
            .Where(static a => IsComponent(a.AttributeClass))
            .Select(a => (a, (a.ApplicationSyntaxReference?.GetSyntax(cancellation) as AttributeSyntax)!))
            .Where(static a => a.Item2 is not null)
            .OrderBy(static a => a.Item2.SyntaxTree.FilePath, StringComparer.Ordinal).ThenBy(static a => a.Item2.SpanStart);
        foreach ((AttributeData data, AttributeSyntax syntax) in attributes)
        {
            int index = components.Count;
            var location = new DiagnosticLocation(index);
            locations[location] = syntax.GetLocation();
            if (syntax.FirstAncestorOrSelf<TypeDeclarationSyntax>() != home)
            {
                diagnostics.Add(DiagnosticInfo.At(location, DiagnosticDescriptors.SeveralDeclarations, type.Name));
            }
            components.Add(new(
                AttributeParser.NameOf(data),
                new(AttributeParser.ParseArguments(data, syntax, name => new(index, name), locations)))
            {
                Record = data.AttributeClass is { TypeArguments: [var record] }
                    ? new RecordParser(type, index, compilation, locations, cancellation).Parse(record) : null,
            });
        }
        return new(components);
    }

    private static bool IsWeights(AttributeData attribute) => attribute.AttributeClass?.ToDisplayString() == WeightsAttribute;

    private static bool IsComponent(INamedTypeSymbol? type)
    {
        return type is not null
            && Bases(type).Any(static t => t.Name == ComponentAttribute && t.ContainingNamespace.ToDisplayString() == "AarenGen");
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
}

/// <summary>A declaration, and where its pieces stand: the second only for reporting.</summary>
internal sealed record ParsedModel(Declaration Declaration, ImmutableDictionary<DiagnosticLocation, Location> Locations)
{
    /// <summary>Where a diagnostic stands: at the smallest piece of source around its location that is known.</summary>
    public Location LocationOf(DiagnosticLocation location)
    {
        for (string? argument = location.Argument; argument is not null; argument = Outer(argument))
        {
            if (Locations.TryGetValue(location with { Argument = argument }, out Location? at))
            {
                return at;
            }
        }
        return Locations.TryGetValue(location with { Argument = null }, out Location? piece)
            || Locations.TryGetValue(new(location.Component), out piece) ? piece : Locations[new()];
    }

    /// <summary>What an element of an array, or an argument of an attribute, is a piece of; null where there is nothing.</summary>
    private static string? Outer(string argument) =>
        argument.LastIndexOfAny(['.', '[']) is > 0 and var end ? argument.Substring(0, end) : null;
}
