using AarenGen.Generator.Layers.Aaren;
using AarenGen.Generator.Layers.Dense;
using AarenGen.Generator.Layers.Input;
using AarenGen.Generator.Layers.LayerNorm;
using AarenGen.Generator.Layers.Losses;

namespace AarenGen.Generator.Layers;

/// <summary>Every part of the declaration language, a line each.</summary>
internal static class Registry
{
    private static readonly Dictionary<string, PartDefinition> Parts = new PartDefinition[]
    {
        new ContinuousDefinition(),
        new DenseDefinition(),
        new AarenDefinition(),
        new LayerNormDefinition(),
        new MeanSquaredErrorDefinition(),
        new MeanAbsoluteErrorDefinition(),
    }.ToDictionary(static p => p.Name, StringComparer.Ordinal);

    public static PartDefinition? Find(string name) => Parts.TryGetValue(name, out PartDefinition? part) ? part : null;
}
