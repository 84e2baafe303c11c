using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Inputs;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>The parts of a declaration, told apart by what they are and checked for standing where they belong.</summary>
internal sealed class Outline
{
    private Outline()
    {
    }

    /// <summary>Inputs, each with its first column.</summary>
    public List<(PartDeclaration Part, InputDefinition Definition, int Column)> Inputs { get; } = [];

    public List<(PartDeclaration Part, ShapingDefinition Definition)> Shaping { get; } = [];

    public List<(PartDeclaration Part, LayerDefinition Definition)> Trunk { get; } = [];

    public List<HeadOutline> Heads { get; } = [];

    public bool SumsInputs { get; private set; }

    /// <summary>Says that each input is a kind of token of its own; null where all inputs make one token.</summary>
    public PartDeclaration? Interleave { get; private set; }

    /// <summary>Kinds of tokens that come in turn: the first inputs. The others are every token's.</summary>
    public int Kinds { get; private set; } = 1;

    /// <summary>Numbers in a sample.</summary>
    public int Columns { get; private set; }

    /// <summary>Whether no part is missing.</summary>
    public bool IsComplete => Inputs.Count > 0 && Heads.Count > 0 && Heads.All(
        static h => h.Loss is not null) && (Trunk.Count > 0 || Heads.Any(static h => h.Layers.Count > 0));

    public static Outline Sort(Declaration declaration, ProblemList problems)
    {
        var outline = new Outline();
        HeadOutline? head = null;
        bool hasOthers = false;
        for (int i = 0; i < declaration.Parts.Count; i++)
        {
            PartDeclaration part = declaration.Parts[i];
            var site = new Site(i);
            PartDefinition? definition = Registry.Find(part.Name);
            bool isBegin = definition is InputDefinition or ShapingDefinition or SumInputsDefinition or InterleaveDefinition;
            switch (definition)
            {
                case InputDefinition input:
                    if (hasOthers || outline.Shaping.Count > 0)
                    {
                        problems.Add(Problem.At(site, Descriptors.MisplacedInput, part.Name, declaration.Name));
                    }
                    int columns = input.Columns(part, problems);
                    if (outline.Inputs.Count == 0 || (!hasOthers && outline.Shaping.Count == 0))
                    {
                        outline.Inputs.Add((part, input, outline.Columns));
                        outline.Columns = checked(outline.Columns + columns);
                    }
                    break;
                case SumInputsDefinition:
                    CheckBegin(part, site, outline.SumsInputs);
                    outline.SumsInputs = true;
                    break;
                case InterleaveDefinition:
                    CheckBegin(part, site, outline.Interleave is not null || outline.SumsInputs);
                    outline.Interleave = part;
                    outline.PlaceKinds(
                        Math.Max(1, outline.Inputs.Count - problems.InRange(part, "Shared", 0, Math.Max(0, outline.Inputs.Count - 1))),
                        declaration);
                    break;
                case ShapingDefinition shaping:
                    CheckBegin(part, site, outline.Shaping.Any(s => s.Definition == shaping));
                    outline.Shaping.Add((part, shaping));
                    break;
                case HeadDefinition:
                    if (outline.Heads.LastOrDefault() is { Part: not null, Loss: null } open)
                    {
                        problems.Add(Problem.At(problems.SiteOf(open.Part), Descriptors.HeadWithoutLoss, open.Name!, declaration.Name));
                    }
                    head = new(part);
                    outline.Heads.Add(head);
                    break;
                case LossDefinition loss:
                    if (head is null && outline.Heads.Count == 0)
                    {
                        head = new(null);
                        outline.Heads.Add(head);
                    }
                    if (head is not { Loss: null })
                    {
                        problems.Add(Problem.At(site, Descriptors.MisplacedLoss, part.Name, declaration.Name));
                        break;
                    }
                    (head.LossPart, head.Loss) = (part, loss);
                    break;
                case LayerDefinition layer:
                    if (head is { Loss: not null })
                    {
                        problems.Add(Problem.At(site, Descriptors.LayerAfterLoss, part.Name, declaration.Name));
                        break;
                    }
                    (head?.Layers ?? outline.Trunk).Add((part, layer));
                    break;
                default:
                    problems.Add(Problem.At(site, Descriptors.UnknownPart, part.Name));
                    break;
            }
            hasOthers |= !isBegin;
        }
        Report(outline, declaration, problems);
        return outline;

        void CheckBegin(PartDeclaration part, Site site, bool isSecond)
        {
            if (hasOthers || isSecond || outline.Inputs.Count == 0)
            {
                problems.Add(Problem.At(site, Descriptors.MisplacedShaping, part.Name, declaration.Name));
            }
        }
    }

    /// <summary>Each kind begins at the token's first column; what all tokens have stands behind the widest.</summary>
    private void PlaceKinds(int kinds, Declaration declaration)
    {
        Kinds = kinds;
        int[] columns = Inputs.Select(i => i.Definition.Columns(i.Part, NoProblems(declaration))).ToArray();
        Columns = columns.Take(kinds).DefaultIfEmpty(1).Max();
        for (int input = 0; input < Inputs.Count; input++)
        {
            Inputs[input] = (Inputs[input].Part, Inputs[input].Definition, input < kinds ? 0 : Columns);
            Columns = input < kinds ? Columns : checked(Columns + columns[input]);
        }
    }

    /// <summary>Takes mistakes that were reported before.</summary>
    private static ProblemList NoProblems(Declaration declaration) => new(declaration, []);

    private static void Report(Outline outline, Declaration declaration, ProblemList problems)
    {
        if (outline.Inputs.Count == 0)
        {
            problems.Add(Problem.At(new Site(), Descriptors.MissingInput, declaration.Name));
        }
        if (outline.Trunk.Count == 0 && outline.Heads.All(static h => h.Layers.Count == 0))
        {
            problems.Add(Problem.At(new Site(), Descriptors.NoLayer, declaration.Name));
        }
        if (outline.Heads.Count == 0)
        {
            problems.Add(Problem.At(new Site(), Descriptors.MissingLoss, declaration.Name));
        }
        else if (outline.Heads[outline.Heads.Count - 1] is { Loss: null } last)
        {
            problems.Add(Problem.At(problems.SiteOf(last.Part!), Descriptors.HeadWithoutLoss, last.Name!, declaration.Name));
        }
        if (outline.Inputs.Count > 0
            && !(outline.Interleave is null && outline.Inputs.Count == 1 && outline.Inputs[0].Definition.IsRaw(outline.Inputs[0].Part)))
        {
            foreach ((PartDeclaration part, _) in outline.Shaping)
            {
                problems.Add(Problem.At(problems.SiteOf(part), Descriptors.ShapingNeedsNumbers, part.Name, declaration.Name));
            }
            outline.Shaping.Clear();
        }
    }
}

/// <summary>A head as declared: its attribute (none for the only, unnamed one), its layers and its loss.</summary>
internal sealed class HeadOutline(PartDeclaration? part)
{
    public PartDeclaration? Part => part;

    public string? Name => part is null ? null : part.Text("Name") ?? "";

    public List<(PartDeclaration Part, LayerDefinition Definition)> Layers { get; } = [];

    public PartDeclaration? LossPart { get; set; }

    public LossDefinition? Loss { get; set; }
}
