using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[Positions(kind, Length = …)]: adds an encoding of a token's position in its sequence.</summary>
internal sealed class PositionsDefinition : LayerDefinition
{
    public override string Name => "Positions";

    public override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        int width = layer.Input.Width;
        bool isLearned = layer.Choice(component, "Kind", ["Sinusoidal", "Learned"], [false, true]);
        Parameter? table = null;
        if (isLearned)
        {
            int length = component.Has("Length") ? layer.InRange(component, "Length", 1, Limits.Patch) : 512;
            layer.Remark = FormattableString.Invariant($"tokens after the first {length} use the last position");
            table = layer.Parameter("weight", length, width, isMatrix: true, Initialization.Normal, 0.02, decays: false);
        }
        layer.Summary = table is null ? "Positions, sinusoidal" : FormattableString.Invariant($"Positions, {table.Rows} learned");
        layer.Add(new AddPositions(layer.Input, layer.Output(width), table, layer.State(1)));
    }
}
