using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Inputs;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>The parts of a declaration, told apart by what they are and checked for standing where they belong.</summary>
internal sealed class BoundModel
{
    private BoundModel()
    {
    }

    /// <summary>Inputs, each with its first column.</summary>
    public List<(ComponentDeclaration Part, InputDefinition Definition, int Column)> Inputs { get; } = [];

    public List<(ComponentDeclaration Part, PreprocessingDefinition Definition)> Preprocessing { get; } = [];

    public List<(ComponentDeclaration Part, LayerDefinition Definition)> Trunk { get; } = [];

    public List<BoundHead> Heads { get; } = [];

    public bool SumsInputs { get; private set; }

    /// <summary>Says that each input is a kind of token of its own; null where all inputs make one token.</summary>
    public ComponentDeclaration? Interleave { get; private set; }

    /// <summary>Kinds of tokens that come in turn: the first inputs. The others are every token's.</summary>
    public int Kinds { get; private set; } = 1;

    /// <summary>Numbers in a sample.</summary>
    public int Columns { get; private set; }

    /// <summary>Whether no part is missing.</summary>
    public bool IsComplete => Inputs.Count > 0 && Heads.Count > 0 && Heads.All(
        static h => h.Loss is not null) && (Trunk.Count > 0 || Heads.Any(static h => h.Layers.Count > 0));

    public static BoundModel Sort(Declaration declaration, DiagnosticBag diagnostics)
    {
        var bound = new BoundModel();
        BoundHead? head = null;
        bool hasOthers = false;
        for (int i = 0; i < declaration.Parts.Count; i++)
        {
            ComponentDeclaration part = declaration.Parts[i];
            var site = new DiagnosticLocation(i);
            ComponentDefinition? definition = Registry.Find(part.Name);
            bool isBegin = definition is InputDefinition or PreprocessingDefinition or SumInputsDefinition or InterleaveDefinition;
            switch (definition)
            {
                case InputDefinition input:
                    if (hasOthers || bound.Preprocessing.Count > 0)
                    {
                        diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.MisplacedInput, part.Name, declaration.Name));
                    }
                    int columns = input.Columns(part, diagnostics);
                    if (bound.Inputs.Count == 0 || (!hasOthers && bound.Preprocessing.Count == 0))
                    {
                        bound.Inputs.Add((part, input, bound.Columns));
                        bound.Columns = checked(bound.Columns + columns);
                    }
                    break;
                case SumInputsDefinition:
                    CheckBegin(part, site, bound.SumsInputs);
                    bound.SumsInputs = true;
                    break;
                case InterleaveDefinition:
                    CheckBegin(part, site, bound.Interleave is not null || bound.SumsInputs);
                    bound.Interleave = part;
                    bound.PlaceKinds(
                        Math.Max(1, bound.Inputs.Count - diagnostics.InRange(part, "Shared", 0, Math.Max(0, bound.Inputs.Count - 1))),
                        declaration);
                    break;
                case PreprocessingDefinition preprocessing:
                    CheckBegin(part, site, bound.Preprocessing.Any(s => s.Definition == preprocessing));
                    bound.Preprocessing.Add((part, preprocessing));
                    break;
                case HeadDefinition:
                    if (bound.Heads.LastOrDefault() is { Part: not null, Loss: null } open)
                    {
                        diagnostics.Add(
                            DiagnosticInfo.At(
                                diagnostics.LocationOf(open.Part), DiagnosticDescriptors.HeadWithoutLoss, open.Name!, declaration.Name));
                    }
                    head = new(part);
                    bound.Heads.Add(head);
                    break;
                case LossDefinition loss:
                    if (head is null && bound.Heads.Count == 0)
                    {
                        head = new(null);
                        bound.Heads.Add(head);
                    }
                    if (head is not { Loss: null })
                    {
                        diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.MisplacedLoss, part.Name, declaration.Name));
                        break;
                    }
                    (head.LossPart, head.Loss) = (part, loss);
                    break;
                case LayerDefinition layer:
                    if (head is { Loss: not null })
                    {
                        diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.LayerAfterLoss, part.Name, declaration.Name));
                        break;
                    }
                    (head?.Layers ?? bound.Trunk).Add((part, layer));
                    break;
                default:
                    diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.UnknownPart, part.Name));
                    break;
            }
            hasOthers |= !isBegin;
        }
        Report(bound, declaration, diagnostics);
        return bound;

        void CheckBegin(ComponentDeclaration part, DiagnosticLocation site, bool isSecond)
        {
            if (hasOthers || isSecond || bound.Inputs.Count == 0)
            {
                diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.MisplacedPreprocessing, part.Name, declaration.Name));
            }
        }
    }

    /// <summary>Each kind begins at the token's first column; what all tokens have stands behind the widest.</summary>
    private void PlaceKinds(int kinds, Declaration declaration)
    {
        Kinds = kinds;
        int[] columns = Inputs.Select(i => i.Definition.Columns(i.Part, NoDiagnostics(declaration))).ToArray();
        Columns = columns.Take(kinds).DefaultIfEmpty(1).Max();
        for (int input = 0; input < Inputs.Count; input++)
        {
            Inputs[input] = (Inputs[input].Part, Inputs[input].Definition, input < kinds ? 0 : Columns);
            Columns = input < kinds ? Columns : checked(Columns + columns[input]);
        }
    }

    /// <summary>Takes mistakes that were reported before.</summary>
    private static DiagnosticBag NoDiagnostics(Declaration declaration) => new(declaration, []);

    private static void Report(BoundModel bound, Declaration declaration, DiagnosticBag diagnostics)
    {
        if (bound.Inputs.Count == 0)
        {
            diagnostics.Add(DiagnosticInfo.At(new DiagnosticLocation(), DiagnosticDescriptors.MissingInput, declaration.Name));
        }
        if (bound.Trunk.Count == 0 && bound.Heads.All(static h => h.Layers.Count == 0))
        {
            diagnostics.Add(DiagnosticInfo.At(new DiagnosticLocation(), DiagnosticDescriptors.NoLayer, declaration.Name));
        }
        if (bound.Heads.Count == 0)
        {
            diagnostics.Add(DiagnosticInfo.At(new DiagnosticLocation(), DiagnosticDescriptors.MissingLoss, declaration.Name));
        }
        else if (bound.Heads[bound.Heads.Count - 1] is { Loss: null } last)
        {
            diagnostics.Add(
                DiagnosticInfo.At(diagnostics.LocationOf(last.Part!), DiagnosticDescriptors.HeadWithoutLoss, last.Name!, declaration.Name));
        }
        if (bound.Inputs.Count > 0
            && !(bound.Interleave is null && bound.Inputs.Count == 1 && bound.Inputs[0].Definition.IsRaw(bound.Inputs[0].Part)))
        {
            foreach ((ComponentDeclaration part, _) in bound.Preprocessing)
            {
                diagnostics.Add(
                    DiagnosticInfo.At(
                        diagnostics.LocationOf(part), DiagnosticDescriptors.PreprocessingNeedsNumbers, part.Name, declaration.Name));
            }
            bound.Preprocessing.Clear();
        }
    }
}

/// <summary>A head as declared: its attribute (none for the only, unnamed one), its layers and its loss.</summary>
internal sealed class BoundHead(ComponentDeclaration? part)
{
    public ComponentDeclaration? Part => part;

    public string? Name => part is null ? null : part.Text("Name") ?? "";

    public List<(ComponentDeclaration Part, LayerDefinition Definition)> Layers { get; } = [];

    public ComponentDeclaration? LossPart { get; set; }

    public LossDefinition? Loss { get; set; }
}
