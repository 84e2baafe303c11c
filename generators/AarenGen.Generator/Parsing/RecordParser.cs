using System.Collections.Immutable;
using AarenGen.Generator.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AarenGen.Generator.Parsing;

/// <summary>The type of a task's records as a declaration: what its properties are, as the user's code says it.</summary>
internal sealed class RecordParser(
    INamedTypeSymbol model, int component, Compilation compilation, ImmutableDictionary<DiagnosticLocation, Location>.Builder locations,
    CancellationToken cancellation)
{
    private const string ColumnAttribute = "RecordColumnAttribute", Library = "AarenGen";

    /// <summary>Null for a type that the compiler rejects.</summary>
    public RecordDeclaration? Parse(ITypeSymbol type)
    {
        if (!IsKnown(type) || type is INamedTypeSymbol { IsUnboundGenericType: true })
        {
            return null;
        }
        string name = type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat.WithMiscellaneousOptions(
            SymbolDisplayMiscellaneousOptions.UseSpecialTypes));
        string full = NameOf(type);
        if (KindOf(type) is { } kind)
        {
            return new(name, full, kind, true, new([]), new(null, new([]), new([])));
        }
        var named = (INamedTypeSymbol)type;
        IPropertySymbol[] properties = [.. Properties(named).Where(p => RolesOf(p).Count > 0)];
        return new(
            name, full, null, Visibility.IsAtLeastThatOf(named, model, compilation, cancellation),
            new(properties.Select(Parse)), Construct(named, properties));
    }

    /// <summary>The name of a type as generated code writes it anywhere.</summary>
    private static string NameOf(ITypeSymbol type) => string.Concat(type.ToDisplayParts(SymbolDisplayFormat.FullyQualifiedFormat)
        .Select(static p => p.Kind is SymbolDisplayPartKind.Keyword or SymbolDisplayPartKind.Punctuation or SymbolDisplayPartKind.Space
            ? p.ToString() : Identifier.Escape(p.ToString().TrimStart('@'))));

    private static bool IsKnown(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Error } => false,
        IArrayTypeSymbol array => IsKnown(array.ElementType),
        INamedTypeSymbol named => named.TypeArguments.All(IsKnown),
        _ => true,
    };

    private static string? KindOf(ITypeSymbol type) => type switch
    {
        { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } => "nullable",
        { IsRefLikeType: true } => "a ref struct",
        { IsStatic: true } => "static",
        INamedTypeSymbol { TypeKind: TypeKind.Class or TypeKind.Struct } => null,
        { TypeKind: TypeKind.Interface } => "an interface",
        { TypeKind: TypeKind.Enum } => "an enum",
        { TypeKind: TypeKind.Delegate } => "a delegate",
        { TypeKind: TypeKind.TypeParameter } => "a type parameter",
        { TypeKind: TypeKind.Array } => "an array",
        _ => "neither",
    };

    /// <summary>All properties, those of base classes first; each once, as its last override or the property that hides it.</summary>
    private static List<IPropertySymbol> Properties(INamedTypeSymbol type)
    {
        var found = new List<IPropertySymbol>();
        foreach (IPropertySymbol property in Bases(type).SelectMany(static t => t.GetMembers()).OfType<IPropertySymbol>())
        {
            int earlier = found.FindIndex(p => p.Name == property.Name && !property.IsIndexer);
            if (earlier < 0)
            {
                found.Add(property);
            }
            else if (property.IsOverride)
            {
                found[earlier] = property;
            }
            else
            {
                found.RemoveAt(earlier);
                found.Add(property);
            }
        }
        return found;
    }

    /// <summary>A type and those that it inherits from, the last of them first.</summary>
    private static Stack<INamedTypeSymbol> Bases(INamedTypeSymbol type)
    {
        var types = new Stack<INamedTypeSymbol>();
        for (INamedTypeSymbol? t = type; t is not null; t = t.BaseType)
        {
            types.Push(t);
        }
        return types;
    }

    /// <summary>The attributes that give a property a role: its own, or else those of the property that it overrides.</summary>
    private static List<AttributeData> RolesOf(IPropertySymbol property)
    {
        for (IPropertySymbol? p = property; p is not null; p = p.OverriddenProperty)
        {
            List<AttributeData> roles = [.. p.GetAttributes().Where(static a => IsRole(a.AttributeClass))];
            if (roles.Count > 0)
            {
                return roles;
            }
        }
        return [];
    }

    private static bool IsRole(INamedTypeSymbol? type)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.BaseType)
        {
            if (t.Name == ColumnAttribute && t.ContainingNamespace.ToDisplayString() == Library)
            {
                return true;
            }
        }
        return false;
    }

    private RecordProperty Parse(IPropertySymbol property)
    {
        var location = new DiagnosticLocation(component, Member: property.Name);
        if (property.Locations.FirstOrDefault(IsHere) is { } declared)
        {
            locations[location] = declared;
        }
        List<AttributeData> roles = RolesOf(property);
        ComponentDeclaration[] attributes = [.. roles.Select((role, i) => ParseRole(role, location, i))];
        (ITypeSymbol type, bool isNullable) = property.Type is INamedTypeSymbol
        {
            OriginalDefinition.SpecialType: SpecialType.System_Nullable_T, TypeArguments: [var inner],
        }
            ? (inner, true) : (property.Type, property.Type.NullableAnnotation == NullableAnnotation.Annotated);
        return new(property.Name, ValueKindOf(type), property.Type.ToDisplayString(), isNullable, new(attributes))
        {
            Enum = type.TypeKind == TypeKind.Enum ? ParseEnum((INamedTypeSymbol)type) : null,
            Obstacle = ObstacleOf(property),
            IsBroken = !IsKnown(property.Type) || roles.Any(static r => r.AttributeConstructor is null
                || r.ConstructorArguments.Concat(r.NamedArguments.Select(static n => n.Value))
                    .Any(static a => a.Kind == TypedConstantKind.Error)),
        };
    }

    private ComponentDeclaration ParseRole(AttributeData role, DiagnosticLocation property, int index)
    {
        string place = $"[{Literal.Number(index)}]";
        var syntax = role.ApplicationSyntaxReference?.GetSyntax(cancellation) as AttributeSyntax;
        if (syntax is not null && IsHere(syntax.GetLocation()))
        {
            locations[property with { Argument = place }] = syntax.GetLocation();
        }
        else
        {
            syntax = null;
        }
        return new(
            AttributeParser.NameOf(role),
            new(AttributeParser.ParseArguments(role, syntax, name => property with { Argument = $"{place}.{name}" }, locations)));
    }

    /// <summary>Whether diagnostics can stand at a location: it may be in another project's source.</summary>
    private bool IsHere(Location location) => location.SourceTree is { } tree && compilation.ContainsSyntaxTree(tree);

    private string? ObstacleOf(IPropertySymbol property) => property switch
    {
        { IsIndexer: true } => "is an indexer",
        { IsStatic: true } => "is static",
        { ExplicitInterfaceImplementations.Length: > 0 } => "implements an interface explicitly",
        { GetMethod: null } when property.OverriddenProperty?.GetMethod is null => "has no getter",
        { GetMethod: { } getter } when !compilation.IsSymbolAccessibleWithin(getter, model) => "has a getter that the model cannot access",
        _ => null,
    };

    private static RecordValueKind ValueKindOf(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Enum } => RecordValueKind.Enum,
        { SpecialType: SpecialType.System_Single } => RecordValueKind.Single,
        { SpecialType: SpecialType.System_Double } => RecordValueKind.Double,
        { SpecialType: SpecialType.System_Decimal } => RecordValueKind.Decimal,
        { SpecialType: SpecialType.System_SByte } => RecordValueKind.SByte,
        { SpecialType: SpecialType.System_Byte } => RecordValueKind.Byte,
        { SpecialType: SpecialType.System_Int16 } => RecordValueKind.Int16,
        { SpecialType: SpecialType.System_UInt16 } => RecordValueKind.UInt16,
        { SpecialType: SpecialType.System_Int32 } => RecordValueKind.Int32,
        { SpecialType: SpecialType.System_UInt32 } => RecordValueKind.UInt32,
        { SpecialType: SpecialType.System_Int64 } => RecordValueKind.Int64,
        { SpecialType: SpecialType.System_UInt64 } => RecordValueKind.UInt64,
        { SpecialType: SpecialType.System_Boolean } => RecordValueKind.Boolean,
        { SpecialType: SpecialType.System_String } => RecordValueKind.Text,
        { SpecialType: SpecialType.System_DateTime } => RecordValueKind.DateTime,
        { Name: "DateTimeOffset", ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } } =>
            RecordValueKind.DateTimeOffset,
        _ => RecordValueKind.Other,
    };

    /// <summary>By the values, not in the order of the source: moving a line there must not change what a trained model means.</summary>
    private EnumDeclaration ParseEnum(INamedTypeSymbol type) => new(
        NameOf(type),
        type.GetAttributes().Any(static a => a.AttributeClass is { Name: "FlagsAttribute", ContainingNamespace.Name: "System" }),
        new(type.GetMembers().OfType<IFieldSymbol>().Where(static f => f.HasConstantValue)
            .Select(static f => (f.Name, Value: Convert.ToDecimal(f.ConstantValue, System.Globalization.CultureInfo.InvariantCulture)))
            .GroupBy(static m => m.Value).OrderBy(static g => g.Key)
            .Select(static g => new EnumMember(g.First().Name, g.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)))),
        Visibility.IsAtLeastThatOf(type, model, compilation, cancellation));

    /// <summary>By the constructor that takes most properties, and an initializer for the others.</summary>
    private RecordConstruction Construct(INamedTypeSymbol type, IPropertySymbol[] properties)
    {
        if (type.IsAbstract)
        {
            return Impossible("it is abstract");
        }
        List<ISymbol> required = [.. Bases(type).SelectMany(static t => t.GetMembers())
            .Where(static m => m is IPropertySymbol { IsRequired: true, IsOverride: false } or IFieldSymbol { IsRequired: true })];
        string? obstacle = null;
        foreach (IMethodSymbol constructor in type.InstanceConstructors
            .Where(c => !(c.Parameters.Length == 1 && SymbolEqualityComparer.Default.Equals(c.Parameters[0].Type, type)))
            .OrderByDescending(c => c.Parameters.Count(p => Matching(p, properties) is not null)))
        {
            var arguments = new List<ConstructorArgument>();
            string? problem = compilation.IsSymbolAccessibleWithin(constructor, model) ? null : "the model cannot access its constructor";
            foreach (IParameterSymbol parameter in constructor.Parameters)
            {
                if (Matching(parameter, properties) is { } property)
                {
                    arguments.Add(new(Identifier.Escape(parameter.Name), property.Name));
                }
                else if (!parameter.IsOptional && !parameter.IsParams)
                {
                    problem ??= $"no property with a role gives the parameter '{parameter.Name}' of its constructor";
                }
            }
            bool setsRequired = constructor.GetAttributes().Any(static a => a.AttributeClass?.Name == "SetsRequiredMembersAttribute");
            string[] mustBeSet = setsRequired ? [] : [.. required.Select(static r => r.Name).Distinct(StringComparer.Ordinal)];
            if (mustBeSet.FirstOrDefault(name => properties.All(p => p.Name != name)) is { } unknown)
            {
                problem ??= $"its member '{unknown}' is required, but has no role";
            }
            string[] initialized = [.. properties.Select(static p => p.Name)
                .Where(name => mustBeSet.Contains(name) || arguments.All(a => a.Property != name))];
            if (properties.FirstOrDefault(p => initialized.Contains(p.Name) && !CanBeSet(p)) is { } readOnly)
            {
                problem ??= $"its property '{readOnly.Name}' can neither be set nor passed to its constructor";
            }
            if (problem is null)
            {
                return new(null, new(arguments), new(initialized));
            }
            obstacle ??= problem;
        }
        return Impossible(obstacle ?? "it has no constructor");

        static RecordConstruction Impossible(string obstacle) => new(obstacle, new([]), new([]));
    }

    /// <summary>
    /// The property that gives a constructor's parameter, as that of a positional record: the names differ in case at most.
    /// </summary>
    private static IPropertySymbol? Matching(IParameterSymbol parameter, IPropertySymbol[] properties) => parameter.RefKind
        is not (RefKind.None or RefKind.In) ? null : properties
            .Where(p => !p.IsStatic && string.Equals(p.Name, parameter.Name, StringComparison.OrdinalIgnoreCase)
                && SymbolEqualityComparer.Default.Equals(p.Type, parameter.Type))
            .OrderBy(p => p.Name == parameter.Name ? 0 : 1).FirstOrDefault();

    private bool CanBeSet(IPropertySymbol property)
    {
        for (IPropertySymbol? p = property; p is not null; p = p.OverriddenProperty)
        {
            if (p.SetMethod is { } setter)
            {
                return !p.IsStatic && compilation.IsSymbolAccessibleWithin(setter, model);
            }
        }
        return false;
    }
}
