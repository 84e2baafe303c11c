using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>The layer that embeds the inputs into a row, if tokens are not only plain numbers.</summary>
internal static class InputLayer
{
    public const string Name = "Inputs";

    public static void Plan(BoundModel bound, LayerBuilder layer)
    {
        if (bound.Interleave is { } interleave)
        {
            Interleave(bound, layer, layer.InRange(interleave, "Width", 1, Limits.Width));
        }
        else if (bound.SumsInputs)
        {
            layer.Summary = "inputs, summed";
            List<Value> pieces = Embed(bound, layer, 0, (_, _) => layer.Input, (_, name, width) => layer.Branch(name, width, "output"));
            CheckWidths(bound, layer, pieces, pieces[0].Width);
            layer.Add(new Sum(new(pieces), layer.Output(pieces[0].Width)));
        }
        else
        {
            layer.Summary = "inputs";
            List<Value> pieces = Embed(bound, layer, 0, (_, _) => layer.Input, (_, name, width) => layer.Value(name, width));
            layer.Add(new Join(new(pieces), layer.Output(pieces.Sum(static p => p.Width))));
        }
        layer.Add(new BeginTokenGradient(layer.Input));
    }

    private static void Interleave(BoundModel bound, LayerBuilder layer, int width)
    {
        int shared = bound.Inputs.Count - bound.Modalities;
        layer.Summary = FormattableString.Invariant(
            $"inputs, {bound.Modalities} interleaved") + (shared > 0 ? FormattableString.Invariant($" and {shared} shared") : "");
        Value kinds = layer.Value("kinds", 1);
        layer.Add(new TokenKinds(kinds, bound.Modalities, layer.State(1)));
        List<Value> pieces = Embed(
            bound, layer, width, (i, name) => i < bound.Modalities ? Keep(i, name) : layer.Input,
            (i, name, own) => i < bound.Modalities ? layer.Value(name, own) : layer.Branch(name, own, "output"));
        CheckWidths(bound, layer, pieces, width);
        Value chosen = shared == 0 ? layer.Output(width) : layer.Branch("chosen", width, "output");
        layer.Add(new ChooseKind(kinds, new(pieces.Take(bound.Modalities)), chosen));
        if (shared > 0)
        {
            layer.Add(new Sum(new([chosen, .. pieces.Skip(bound.Modalities)]), layer.Output(width)));
        }

        Value Keep(int kind, string name)
        {
            Value own = layer.Value(name + "Tokens", layer.Input.Width);
            layer.Add(new KeepKind(kinds, kind, layer.Input, own));
            return own;
        }
    }

    private static List<Value> Embed(
        BoundModel bound, LayerBuilder layer, int width, Func<int, string, Value> tokens, Func<int, string, int, Value> result)
    {
        var pieces = new List<Value>();
        for (int i = 0; i < bound.Inputs.Count; i++)
        {
            (ComponentDeclaration component, InputDefinition definition, int column) = bound.Inputs[i];
            string name = "input" + Literal.Number(i);
            int index = i;
            MissingColumns? missing = bound.MissingOf(i);
            InputColumns columns = new(
                column, missing is { Handling: MissingValues.MeanWithIndicator } ? missing.Indicators : null);
            pieces.Add(definition.Embed(component, layer, name, tokens(i, name), columns, width, w => result(index, name, w)));
        }
        return pieces;
    }

    private static void CheckWidths(BoundModel bound, LayerBuilder layer, List<Value> pieces, int width)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Width != width)
            {
                ComponentDeclaration component = bound.Inputs[i].Component;
                layer.Diagnostics.Add(
                    DiagnosticInfo.At(
                        layer.Diagnostics.LocationOf(component, "Width"), DiagnosticDescriptors.InputWidthsDiffer, component.Name,
                        pieces[i].Width, width));
            }
        }
    }
}
