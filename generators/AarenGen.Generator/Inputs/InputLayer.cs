using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>The layer that embeds the inputs and makes them a row, where a token is more than numbers as they are.</summary>
internal static class InputLayer
{
    public const string Name = "Inputs";

    public static void Plan(Outline outline, LayerBuilder layer)
    {
        if (outline.Interleave is { } interleave)
        {
            Interleave(outline, layer, layer.InRange(interleave, "Width", 1, Limits.Width));
        }
        else if (outline.SumsInputs)
        {
            layer.Summary = "inputs, summed";
            List<Value> pieces = Embed(outline, layer, 0, (_, _) => layer.Input, (_, name, width) => layer.Branch(name, width, "output"));
            CheckWidths(outline, layer, pieces, pieces[0].Width);
            layer.Add(new Sum(new(pieces), layer.Output(pieces[0].Width)));
        }
        else
        {
            layer.Summary = "inputs";
            List<Value> pieces = Embed(outline, layer, 0, (_, _) => layer.Input, (_, name, width) => layer.Value(name, width));
            layer.Add(new Join(new(pieces), layer.Output(checked(pieces.Sum(static p => p.Width)))));
        }
        layer.Add(new BeginTokenGradient(layer.Input));
    }

    private static void Interleave(Outline outline, LayerBuilder layer, int width)
    {
        int common = outline.Inputs.Count - outline.Kinds;
        layer.Summary = FormattableString.Invariant(
            $"inputs, {outline.Kinds} in turn") + (common > 0 ? FormattableString.Invariant($" and {common} in each") : "");
        Value kinds = layer.Value("kinds", 1);
        layer.Add(new TokenKinds(kinds, outline.Kinds, layer.State(1)));
        List<Value> pieces = Embed(
            outline, layer, width, (i, name) => i < outline.Kinds ? Keep(i, name) : layer.Input,
            (i, name, own) => i < outline.Kinds ? layer.Value(name, own) : layer.Branch(name, own, "output"));
        CheckWidths(outline, layer, pieces, width);
        Value chosen = common == 0 ? layer.Output(width) : layer.Branch("chosen", width, "output");
        layer.Add(new ChooseKind(kinds, new(pieces.Take(outline.Kinds)), chosen));
        if (common > 0)
        {
            layer.Add(new Sum(new([chosen, .. pieces.Skip(outline.Kinds)]), layer.Output(width)));
        }

        Value Keep(int kind, string name)
        {
            Value own = layer.Value(name + "Tokens", layer.Input.Width);
            layer.Add(new KeepKind(kinds, kind, layer.Input, own));
            return own;
        }
    }

    private static List<Value> Embed(
        Outline outline, LayerBuilder layer, int width, Func<int, string, Value> tokens, Func<int, string, int, Value> result)
    {
        var pieces = new List<Value>();
        for (int i = 0; i < outline.Inputs.Count; i++)
        {
            (PartDeclaration part, InputDefinition definition, int column) = outline.Inputs[i];
            string name = "input" + Literal.Number(i);
            int index = i;
            pieces.Add(definition.Embed(part, layer, name, tokens(i, name), column, width, w => result(index, name, w)));
        }
        return pieces;
    }

    private static void CheckWidths(Outline outline, LayerBuilder layer, List<Value> pieces, int width)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Width != width)
            {
                PartDeclaration part = outline.Inputs[i].Part;
                layer.Problems.Add(
                    Problem.At(layer.Problems.SiteOf(part, "Width"), Descriptors.InputWidthsDiffer, part.Name, pieces[i].Width, width));
            }
        }
    }
}
