using System.Collections.Immutable;
using AarenGen.Generator.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AarenGen.Generator.Parsing;

/// <summary>The name and the arguments of an attribute, and where they stand.</summary>
internal static class AttributeParser
{
    private const string Suffix = "Attribute";

    /// <summary>The name of an attribute's class without "Attribute".</summary>
    public static string NameOf(AttributeData data) => Short(data.AttributeClass!.Name);

    /// <summary>A name without "Attribute" at its end.</summary>
    public static string Short(string name) =>
        name.EndsWith(Suffix, StringComparison.Ordinal) ? name.Substring(0, name.Length - Suffix.Length) : name;

    /// <param name="data">The attribute.</param>
    /// <param name="syntax">Its syntax; null where it is in no source of the project.</param>
    /// <param name="locationOf">The key of an argument's location.</param>
    /// <param name="locations">Takes the locations.</param>
    public static List<Argument> ParseArguments(
        AttributeData data, AttributeSyntax? syntax, Func<string, DiagnosticLocation> locationOf,
        ImmutableDictionary<DiagnosticLocation, Location>.Builder locations)
    {
        var arguments = new List<Argument>();
        SeparatedSyntaxList<AttributeArgumentSyntax> written = syntax?.ArgumentList?.Arguments ?? default;
        AttributeArgumentSyntax[] positional = [.. written.Where(static a => a.NameEquals is null)];
        // Without a constructor the compiler reports the arguments itself.
        for (int i = 0; data.AttributeConstructor is not null && i < data.ConstructorArguments.Length; i++)
        {
            IParameterSymbol parameter = data.AttributeConstructor!.Parameters[i];
            string name = char.ToUpperInvariant(parameter.Name[0]) + parameter.Name.Substring(1);
            AttributeArgumentSyntax? named = positional.FirstOrDefault(a => a.NameColon?.Name.Identifier.ValueText == parameter.Name);
            if (parameter.IsParams && named is null && data.ConstructorArguments[i] is { Kind: TypedConstantKind.Array, IsNull: false } list
                && positional.Length - i == list.Values.Length)
            {
                // A list of values has no other single location than the attribute.
                Add(name, list, null);
                for (int k = 0; k < list.Values.Length; k++)
                {
                    locations[locationOf($"{name}[{Literal.Number(k)}]")] = positional[i + k].Expression.GetLocation();
                }
                continue;
            }
            Add(name, data.ConstructorArguments[i], parameter.IsParams
                ? null : named ?? positional.Where(static a => a.NameColon is null).ElementAtOrDefault(i));
        }
        foreach (KeyValuePair<string, TypedConstant> named in data.NamedArguments)
        {
            Add(named.Key, named.Value, written.FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == named.Key));
        }
        return arguments;

        void Add(string name, TypedConstant constant, AttributeArgumentSyntax? at)
        {
            if (syntax is not null)
            {
                locations[locationOf(name)] = at?.Expression.GetLocation() ?? syntax.GetLocation();
            }
            if (constant.Kind is TypedConstantKind.Primitive or TypedConstantKind.Enum)
            {
                arguments.Add(new(name, constant.Value));
            }
            else if (constant is { Kind: TypedConstantKind.Array, IsNull: false, Type: IArrayTypeSymbol { ElementType: { } element } })
            {
                ImmutableArray<TypedConstant> values = constant.Values;
                arguments.Add(new(name, element.SpecialType == SpecialType.System_String
                    ? new EquatableArray<string>(values.Select(static v => v.Value as string ?? ""))
                    : element.SpecialType == SpecialType.System_Int32 || element.TypeKind == TypeKind.Enum
                        ? new EquatableArray<int>(values.Select(static v => v.Value).OfType<int>())
                        : new EquatableArray<double>(values.Where(static v => v.Kind == TypedConstantKind.Primitive)
                            .Select(static v => v.Value).OfType<double>())));
            }
        }
    }
}
