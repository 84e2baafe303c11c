namespace AarenGen.Generator.Model;

/// <summary>What the user said, without symbols, syntax or positions: equal for equal declarations wherever they stand.</summary>
internal sealed record Declaration(
    string Namespace,
    EquatableArray<string> ContainingTypes,
    string Name,
    EquatableArray<PartDeclaration> Parts,
    string? WeightsFile,
    EquatableArray<string> UserMembers,
    EquatableArray<Problem> Problems)
{
    /// <summary>Unique in a compilation, and fit for a file name.</summary>
    public string HintName => string.Join(".", new[] { Namespace }.Concat(ContainingTypes.Select(static t => t.Split(' ').Last())).Append(Name).Where(static s => s.Length > 0)).Replace("@", "");
}

/// <summary>One attribute: the name of its class without "Attribute", and its arguments by property name.</summary>
internal sealed record PartDeclaration(string Name, EquatableArray<Argument> Arguments)
{
    public int Integer(string name, int otherwise = 0) => Find(name) is int value ? value : otherwise;

    public double Number(string name, double otherwise = 0) =>
        Find(name) is { } value ? Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    /// <summary>The numbers of an array argument; none where it is not written.</summary>
    public EquatableArray<double> Numbers(string name) => Find(name) is EquatableArray<double> values ? values : new([]);

    public string? Text(string name) => Find(name) as string;

    public bool Has(string name) => Arguments.Any(a => a.Name == name);

    private object? Find(string name) => Arguments.FirstOrDefault(a => a.Name == name)?.Value;
}

/// <summary>An argument: an int (enums too), a double, an array of doubles, a string or null.</summary>
internal sealed record Argument(string Name, object? Value);

/// <summary>
/// A mistake: which diagnostic, where, and what its message names. The place is a key, resolved to a location only when it is
/// reported, so that moving the declaration changes nothing else.
/// </summary>
internal sealed record Problem(string Id, Site Site, EquatableArray<string> Arguments)
{
    public static Problem At(Site site, string id, params object[] arguments) =>
        new(id, site, new(arguments.Select(static a => Convert.ToString(a, System.Globalization.CultureInfo.InvariantCulture)!)));
}

/// <summary>A place in a declaration: an argument of a part, a part, or (Part −1) the class; Member names a user's member.</summary>
internal sealed record Site(int Part = -1, string? Argument = null, string? Member = null);
