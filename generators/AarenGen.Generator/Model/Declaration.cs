using System.Collections.Immutable;
using System.Globalization;

namespace AarenGen.Generator.Model;

/// <summary>
/// The user's declaration without symbols, syntax or positions: equal for equal declarations in any place. IsUnfit: the project
/// cannot compile a model, and nothing else is said.
/// </summary>
internal sealed record Declaration(
    string Namespace,
    EquatableArray<string> ContainingTypes,
    string Name,
    EquatableArray<ComponentDeclaration> Components,
    string? WeightsFile,
    MemberNames Members,
    EquatableArray<DiagnosticInfo> Diagnostics,
    bool IsUnfit = false)
{
    /// <summary>The class's name with its namespace and the types around it.</summary>
    public string FullName => string.Join(
        ".", new[] { Namespace }.Concat(ContainingTypes.Select(static t => t.Split(' ').Last())).Append(Name)
            .Where(static s => s.Length > 0))
        .Replace("@", "");
}

/// <summary>
/// Names that the class has before anything is generated: of members that its own code declares, that SequenceModel declares and it can
/// see, and that every object has.
/// </summary>
internal sealed record MemberNames(EquatableArray<string> Own, EquatableArray<string> Model, EquatableArray<string> Object)
{
    /// <summary>The names of <see cref="GeneratedAlias"/> that already mean something where the class is declared.</summary>
    public EquatableArray<string> TakenAliases { get; init; }
}

/// <summary>One attribute: the name of its class without "Attribute", and its arguments by property name.</summary>
internal sealed record ComponentDeclaration(string Name, EquatableArray<Argument> Arguments)
{
    /// <summary>The type of records that the attribute names; null where it names none, or one that the compiler rejects.</summary>
    public RecordDeclaration? Record { get; init; }

    /// <summary>The component that the user wrote, where a task derived this one from it; null where the user wrote this one.</summary>
    public ComponentDeclaration? Origin { get; init; }

    public int Integer(string name, int defaultValue = 0) => Find(name) is int value ? value : defaultValue;

    public bool Flag(string name) => Find(name) is true;

    /// <summary>An integer argument, or the nearest number in the range.</summary>
    public int Clamped(string name, int min, int max) => Math.Min(max, Math.Max(min, Integer(name)));

    public double Number(string name, double defaultValue = 0) => Find(name) is double value ? value : defaultValue;

    /// <summary>The numbers of an array argument; none where it is not written.</summary>
    public EquatableArray<double> Numbers(string name) => Find(name) is EquatableArray<double> values ? values : new([]);

    /// <summary>The integers of an array argument, enums too; none where it is not written.</summary>
    public EquatableArray<int> Integers(string name) => Find(name) is EquatableArray<int> values ? values : new([]);

    /// <summary>The texts of an array argument; none where it is not written.</summary>
    public EquatableArray<string> Texts(string name) => Find(name) is EquatableArray<string> values ? values : new([]);

    public string? Text(string name) => Find(name) as string;

    public bool Has(string name) => Arguments.Any(a => a.Name == name);

    private object? Find(string name) => Arguments.FirstOrDefault(a => a.Name == name)?.Value;
}

/// <summary>An argument: an int (enums too), a double, a string, an array of one of them, or null.</summary>
internal sealed record Argument(string Name, object? Value);

/// <summary>
/// A mistake: the diagnostic, its location, and the arguments of its message. The location is a key, resolved to a location only when it is
/// reported, so that moving the declaration changes nothing else.
/// </summary>
internal sealed record DiagnosticInfo(string Id, DiagnosticLocation DiagnosticLocation, EquatableArray<string> Arguments)
{
    /// <summary>The property of a diagnostic that holds its <see cref="Replacement"/>, for code fixes.</summary>
    public const string ReplacementProperty = "Replacement";

    /// <summary>C# that fixes the mistake in the place of what is there; null where no text is the obvious one.</summary>
    public string? Replacement { get; init; }

    public ImmutableDictionary<string, string?>? Properties =>
        Replacement is null ? null : ImmutableDictionary<string, string?>.Empty.Add(ReplacementProperty, Replacement);

    public static DiagnosticInfo At(DiagnosticLocation site, string id, params object[] arguments) =>
        // On one line of the compiler's output, with any text of the user.
        new(id, site, new(arguments.Select(static a => Literal.Printable(Convert.ToString(a, CultureInfo.InvariantCulture)!))));
}

/// <summary>
/// A location in a declaration: an argument of a component, a component, or (Component −1) the class. Member names a user's member: of the
/// class, or of the records of a component. Argument is then <c>[0]</c> for the member's first attribute, and <c>[0].Column</c> for an
/// argument of it. An element of an array is <c>Fields[1]</c>.
/// </summary>
internal sealed record DiagnosticLocation(int Component = -1, string? Argument = null, string? Member = null);
