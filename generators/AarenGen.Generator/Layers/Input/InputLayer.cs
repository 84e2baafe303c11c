using System.Globalization;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers.Input;

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
            List<Value> pieces = Embed(outline, layer, 0, (_, _) => layer.Input, (name, width) => layer.Branch(name, width, "output"));
            CheckWidths(outline, layer, pieces, pieces[0].Width);
            layer.Add(new Sum(new(pieces), layer.Output(pieces[0].Width)));
        }
        else
        {
            layer.Summary = "inputs";
            List<Value> pieces = Embed(outline, layer, 0, (_, _) => layer.Input, layer.Value);
            layer.Add(new Join(new(pieces), layer.Output(checked(pieces.Sum(static p => p.Width)))));
        }
        layer.Add(new BeginTokenGradient(layer.Input));
    }

    private static void Interleave(Outline outline, LayerBuilder layer, int width)
    {
        layer.Summary = FormattableString.Invariant($"inputs, {outline.Inputs.Count} in turn");
        Value kinds = layer.Value("kinds", 1);
        layer.Add(new TokenKinds(kinds, outline.Inputs.Count, layer.State(1)));
        List<Value> pieces = Embed(outline, layer, width, Keep, layer.Value);
        CheckWidths(outline, layer, pieces, width);
        layer.Add(new ChooseKind(kinds, new(pieces), layer.Output(width)));

        Value Keep(int kind, string name)
        {
            Value own = layer.Value(name + "Tokens", layer.Input.Width);
            layer.Add(new KeepKind(kinds, kind, layer.Input, own));
            return own;
        }
    }

    private static List<Value> Embed(Outline outline, LayerBuilder layer, int width, Func<int, string, Value> tokens, Func<string, int, Value> result)
    {
        var pieces = new List<Value>();
        for (int i = 0; i < outline.Inputs.Count; i++)
        {
            (PartDeclaration part, InputDefinition definition, int column) = outline.Inputs[i];
            string name = "input" + i.ToString(CultureInfo.InvariantCulture);
            pieces.Add(definition.Embed(part, layer, name, tokens(i, name), column, width, w => result(name, w)));
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
                layer.Problems.Add(Problem.At(layer.Problems.SiteOf(part, "Width"), Descriptors.InputWidthsDiffer, part.Name, pieces[i].Width, width));
            }
        }
    }
}
