using System.Text;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>The names of members that the emitters write, and which names that leaves to the user.</summary>
internal static class GeneratedMembers
{
    /// <summary>
    /// Members other than the methods of layers and heads. Some are written only for models that need them; their names are taken in every
    /// model, so that a name remains usable when the model changes.
    /// </summary>
    private static readonly string[] Fixed =
    [
        "InputWidth", "OutputWidth", "TargetWidth", "ParameterCount", "StateBytes", "FlopsPerToken", "TrainingFloatsPerToken",
        "Trained", "trained", "Prepare", "Infer", "Train", "BackpropagateDerivedWeights", "Forward", "DescribeDevice", "CudaSource",
    ];

    /// <summary>What the compiler puts before a property's or an event's name to name its accessors.</summary>
    private static readonly string[] Accessors = ["get_", "set_", "add_", "remove_"];

    /// <summary>Reports the class's own members, its name and the names of heads that the generated half has another use for.</summary>
    public static void Check(
        Declaration declaration, IEnumerable<string> layerMethods, IReadOnlyList<BoundHead> heads, TaskPlan? task,
        DiagnosticBag diagnostics)
    {
        var written = new HashSet<string>(task is null ? Fixed : Fixed.Concat(task.Members), StringComparer.Ordinal);
        written.UnionWith(layerMethods.SelectMany(static method => LayerMethods.Suffixes.Select(suffix => method + suffix)));
        if (heads.Any(static h => h.Name is null))
        {
            written.Add(HeadPlan.UnnamedMethod);
        }
        string className = declaration.Name.TrimStart('@');
        if (Takes(written, className))
        {
            diagnostics.Add(DiagnosticInfo.At(
                new DiagnosticLocation(), DiagnosticDescriptors.MemberExists, className,
                "has the name of a member that the generator writes", "rename the class"));
        }
        var taken = new HashSet<string>(written.Concat(declaration.Members.Model), StringComparer.Ordinal);
        foreach (string member in declaration.Members.Own.Where(m => Takes(taken, m)))
        {
            diagnostics.Add(DiagnosticInfo.At(
                new DiagnosticLocation(Member: member), DiagnosticDescriptors.MemberExists, className,
                $"declares '{member}', which the generated half or its base class has", "rename or remove it"));
        }
        taken.UnionWith(declaration.Members.Object);
        var own = new HashSet<string>(declaration.Members.Own, StringComparer.Ordinal);
        var earlier = new HashSet<string>(StringComparer.Ordinal);
        foreach (BoundHead head in heads.Where(static h => h.Name is not null))
        {
            string name = head.Name!;
            string? objection =
                !Identifier.IsValid(name) ? "it is not a C# identifier"
                : Encoding.UTF8.GetByteCount(name) > Limits.HeadNameBytes
                    ? FormattableString.Invariant($"it has more than {Limits.HeadNameBytes} bytes")
                : !earlier.Add(Identifier.FoldCase(name)) ? "another head has that name, perhaps in other case"
                : name == className ? "the class has that name"
                : Takes(own, name) ? "the class declares a member of that name"
                : Takes(taken, name) ? "the generated class has a member of that name"
                : name == "Main" ? "the compiler takes a method of that name for the program's entry point"
                : null;
            if (objection is not null)
            {
                diagnostics.Add(
                    DiagnosticInfo.At(
                        diagnostics.LocationOf(head.Component!, "Name"), DiagnosticDescriptors.BadHeadName, name, className, objection));
            }
        }
    }

    /// <summary>Whether a name is one of these, or that of an accessor of one.</summary>
    public static bool Takes(HashSet<string> names, string name) => names.Contains(name)
        || Accessors.Any(a => name.StartsWith(a, StringComparison.Ordinal) && names.Contains(name.Substring(a.Length)));
}
