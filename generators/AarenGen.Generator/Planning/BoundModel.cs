using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Inputs;
using AarenGen.Generator.Model;
using AarenGen.Generator.Preprocessing;

namespace AarenGen.Generator.Planning;

/// <summary>The components of a declaration, grouped by type and checked for their order.</summary>
internal sealed class BoundModel
{
    private readonly Declaration declaration;

    private BoundModel(Declaration declaration) => this.declaration = declaration;

    /// <summary>Inputs, each with its first column.</summary>
    public List<(ComponentDeclaration Component, InputDefinition Definition, int Column)> Inputs { get; } = [];

    public List<(ComponentDeclaration Component, PreprocessingDefinition Definition)> Preprocessing { get; } = [];

    public List<(ComponentDeclaration Component, LayerDefinition Definition)> Trunk { get; } = [];

    public List<BoundHead> Heads { get; } = [];

    /// <summary>Lets the runtime standardise columns and targets; null if it does not.</summary>
    public ComponentDeclaration? Standardize { get; private set; }

    /// <summary>Plain numbers that a sample begins with: the columns of the first inputs, as far as they are numeric.</summary>
    public int LeadingNumbers => Interleave is not null ? 0 : Inputs.TakeWhile(static i => i.Definition.IsNumeric).LastOrDefault() switch
    {
        { Component: { } last } input => input.Column + input.Definition.Columns(last, NoDiagnostics(declaration)),
        _ => 0,
    };

    public bool SumsInputs { get; private set; }

    /// <summary>Makes each input a modality with its own tokens; null if all inputs form one token.</summary>
    public ComponentDeclaration? Interleave { get; private set; }

    /// <summary>Number of interleaved modalities: the first inputs. All tokens have the other inputs.</summary>
    public int Modalities { get; private set; } = 1;

    /// <summary>Numbers in a sample.</summary>
    public int Columns { get; private set; }

    /// <summary>The columns whose values may be missing. What says so follows the columns of a sample, input after input.</summary>
    public IEnumerable<MissingColumns> Missing => Enumerable.Range(0, Inputs.Count).Select(MissingOf).OfType<MissingColumns>();

    /// <summary>Whether no component is missing.</summary>
    public bool IsComplete => Inputs.Count > 0 && Heads.Count > 0 && Heads.All(
        static h => h.Loss is not null) && (Trunk.Count > 0 || Heads.Any(static h => h.Layers.Count > 0));

    /// <summary>The position of an input's tokens among the modalities and the number of these; 0 and 1 where all tokens have it.</summary>
    public (int Kind, int Kinds) ModalityOf(int input) => Interleave is not null && input < Modalities ? (input, Modalities) : (0, 1);

    /// <summary>An input's columns, if their values may be missing.</summary>
    public MissingColumns? MissingOf(int input)
    {
        MissingValues handling = HandlingOf(input);
        (int kind, int kinds) = ModalityOf(input);
        return handling == MissingValues.Refuse ? null : new(
            Inputs[input].Column, WidthOf(input), kind, kinds, handling,
            handling == MissingValues.CarryForward ? 0 : Columns + Enumerable.Range(0, input)
                .Where(i => HandlingOf(i) == MissingValues.MeanWithIndicator).Sum(WidthOf));

        MissingValues HandlingOf(int i) => Inputs[i].Definition.Missing(Inputs[i].Component, NoDiagnostics(declaration));

        int WidthOf(int i) => Inputs[i].Definition.Columns(Inputs[i].Component, NoDiagnostics(declaration));
    }

    public static BoundModel Sort(Declaration declaration, DiagnosticBag diagnostics)
    {
        var bound = new BoundModel(declaration);
        BoundHead? head = null;
        bool hasOthers = false;
        for (int i = 0; i < declaration.Components.Count; i++)
        {
            ComponentDeclaration component = declaration.Components[i];
            DiagnosticLocation site = diagnostics.LocationOf(component);
            ComponentDefinition? definition = Registry.Find(component.Name);
            bool isBegin = definition is InputDefinition or PreprocessingDefinition or StandardizeDefinition or InputsDefinition;
            switch (definition)
            {
                case InputDefinition input:
                    bool isLate = hasOthers || bound.Preprocessing.Count > 0 || bound.Standardize is not null;
                    if (isLate)
                    {
                        diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.MisplacedInput, component.Name, declaration.Name));
                    }
                    int columns = input.Columns(component, diagnostics);
                    input.Missing(component, diagnostics);
                    if (bound.Inputs.Count == 0 || !isLate)
                    {
                        bound.Inputs.Add((component, input, bound.Columns));
                        bound.Columns += columns;
                    }
                    break;
                case StandardizeDefinition:
                    CheckBegin(component, site, bound.Standardize is not null);
                    bound.Standardize = component;
                    break;
                case SumInputsDefinition:
                    CheckBegin(component, site, bound.SumsInputs);
                    bound.SumsInputs = true;
                    break;
                case InterleaveDefinition:
                    CheckBegin(component, site, bound.Interleave is not null || bound.SumsInputs);
                    bound.Interleave = component;
                    bound.PlaceModalities(
                        Math.Max(1, bound.Inputs.Count - diagnostics.InRange(component, "Shared", 0, Math.Max(0, bound.Inputs.Count - 1))));
                    break;
                case PreprocessingDefinition preprocessing:
                    CheckBegin(component, site, bound.Preprocessing.Any(s => s.Definition == preprocessing));
                    bound.Preprocessing.Add((component, preprocessing));
                    break;
                case HeadDefinition:
                    if (bound.Heads.LastOrDefault() is { Component: not null, Loss: null } open)
                    {
                        diagnostics.Add(
                            DiagnosticInfo.At(
                                diagnostics.LocationOf(open.Component), DiagnosticDescriptors.HeadWithoutLoss,
                                open.Name!, declaration.Name));
                    }
                    head = new(component);
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
                        diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.MisplacedLoss, component.Name, declaration.Name));
                        break;
                    }
                    (head.LossComponent, head.Loss) = (component, loss);
                    break;
                case LayerDefinition layer:
                    if (head is { Loss: not null })
                    {
                        diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.LayerAfterLoss, component.Name, declaration.Name));
                        break;
                    }
                    (head?.Layers ?? bound.Trunk).Add((component, layer));
                    break;
                default:
                    diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.UnknownComponent, component.Name));
                    break;
            }
            hasOthers |= !isBegin;
        }
        Report(bound, declaration, diagnostics);
        return bound;

        void CheckBegin(ComponentDeclaration component, DiagnosticLocation site, bool isSecond)
        {
            if (hasOthers || isSecond || bound.Inputs.Count == 0)
            {
                diagnostics.Add(DiagnosticInfo.At(site, DiagnosticDescriptors.MisplacedPreprocessing, component.Name, declaration.Name));
            }
        }
    }

    /// <summary>Every modality begins at the token's first column; shared inputs follow the widest modality.</summary>
    private void PlaceModalities(int modalities)
    {
        Modalities = modalities;
        int[] columns = Inputs.Select(i => i.Definition.Columns(i.Component, NoDiagnostics(declaration))).ToArray();
        Columns = columns.Take(modalities).DefaultIfEmpty(1).Max();
        for (int input = 0; input < Inputs.Count; input++)
        {
            Inputs[input] = (Inputs[input].Component, Inputs[input].Definition, input < modalities ? 0 : Columns);
            Columns = input < modalities ? Columns : Columns + columns[input];
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
                DiagnosticInfo.At(
                    diagnostics.LocationOf(last.Component!), DiagnosticDescriptors.HeadWithoutLoss, last.Name!, declaration.Name));
        }
        if (bound.Inputs.Count > 0
            && !(bound.Interleave is null && bound.Inputs.Count == 1 && bound.Inputs[0].Definition.IsRaw(bound.Inputs[0].Component)))
        {
            foreach ((ComponentDeclaration component, PreprocessingDefinition definition) in bound.Preprocessing.ToArray())
            {
                if (definition.AllowsOtherInputs(component) && bound.LeadingNumbers > 0)
                {
                    continue;
                }
                bound.Preprocessing.Remove((component, definition));
                diagnostics.Add(
                    DiagnosticInfo.At(
                        diagnostics.LocationOf(component), DiagnosticDescriptors.PreprocessingNeedsNumbers,
                        component.Name, bound.Inputs[0].Component.Origin is null
                            ? $"give '{declaration.Name}' one [Continuous], without Width, as its only input; "
                                + "[InstanceNorm(Columns = n)] takes others after its n numbers"
                            : $"leave out the categories and [Calendar] of '{declaration.Name}'"));
            }
        }
    }
}

/// <summary>A head as declared: its attribute (none for the only, unnamed one), its layers and its loss.</summary>
internal sealed class BoundHead(ComponentDeclaration? component)
{
    public ComponentDeclaration? Component => component;

    public string? Name => component is null ? null : component.Text("Name") ?? "";

    public List<(ComponentDeclaration Component, LayerDefinition Definition)> Layers { get; } = [];

    public ComponentDeclaration? LossComponent { get; set; }

    public LossDefinition? Loss { get; set; }
}
