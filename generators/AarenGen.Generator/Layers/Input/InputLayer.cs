using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers.Input;

/// <summary>The layer that embeds the inputs and joins them to a row, where a token is more than numbers as they are.</summary>
internal static class InputLayer
{
    public const string Name = "Inputs";

    public static void Plan(IReadOnlyList<(PartDeclaration Part, InputDefinition Definition, int Column)> inputs, bool sums, LayerBuilder layer)
    {
        layer.Summary = sums ? "inputs, summed" : "inputs";
        var pieces = new List<Value>();
        for (int i = 0; i < inputs.Count; i++)
        {
            (PartDeclaration part, InputDefinition definition, int column) = inputs[i];
            string name = "input" + i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            pieces.Add(definition.Embed(part, layer, name, column, width => sums ? layer.Branch(name, width, "output") : layer.Value(name, width)));
            if (sums && pieces[i].Width != pieces[0].Width)
            {
                layer.Problems.Add(Problem.At(layer.Problems.SiteOf(part, "Width"), Descriptors.InputWidthsDiffer, part.Name, pieces[i].Width, pieces[0].Width));
            }
        }
        layer.Add(sums
            ? new Sum(new(pieces), layer.Output(pieces[0].Width))
            : new Join(new(pieces), layer.Output(checked(pieces.Sum(static p => p.Width)))));
        layer.Add(new BeginTokenGradient(layer.Input));
    }
}
