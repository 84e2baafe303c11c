using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>A named constant that a template of the device code reads.</summary>
internal readonly record struct Constant(string Type, string Name, string Value)
{
    public static implicit operator Constant((string Name, int Value) constant) =>
        new("int", constant.Name, Literal.Number(constant.Value));

    public static implicit operator Constant((string Name, string Value) constant) => new("int", constant.Name, constant.Value);

    public static implicit operator Constant((string Name, bool Value) constant) =>
        new("bool", constant.Name, Literal.Bool(constant.Value));
}

/// <summary>
/// Structs of named constants, one for each configuration of a template, so that generated code names every number. Each is declared once,
/// before the first kernel that names it.
/// </summary>
internal sealed class Configurations
{
    private readonly Dictionary<string, string> declared = new(StringComparer.Ordinal);
    private readonly List<string> added = [];

    /// <summary>The name of the struct of these constants: the given one, with a number where that has other constants.</summary>
    public string Declare(string name, IEnumerable<Constant> constants)
    {
        string members = Members(constants), unique = name;
        for (int i = 2; declared.TryGetValue(unique, out string? other) && other != members; i++)
        {
            unique = name + Literal.Number(i);
        }
        if (!declared.ContainsKey(unique))
        {
            declared.Add(unique, members);
            added.Add($"struct {unique}\n{members}");
        }
        return unique;
    }

    /// <summary>The declarations added since the last call.</summary>
    public IReadOnlyList<string> TakeAdded()
    {
        string[] taken = [.. added];
        added.Clear();
        return taken;
    }

    private static string Members(IEnumerable<Constant> constants)
    {
        var code = new CodeWriter(CodeWriter.MaxColumns);
        using (code.OpenBlock(";"))
        {
            foreach (IGrouping<string, Constant> type in constants.GroupBy(static c => c.Type))
            {
                code.Line($"static constexpr {type.Key} {string.Join(", ", type.Select(static c => $"{c.Name} = {c.Value}"))};");
            }
        }
        return code.ToString();
    }
}
