using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[MinGru(FeedForward, Repeat, Norm, Dropout)]: h_t = (1 − z_t) h_{t−1} + z_t g(c_t).</summary>
internal sealed class MinGruDefinition : MixerDefinition
{
    public override string Name => "MinGru";

    protected override Value Mix(ComponentDeclaration component, LayerBuilder layer, Value input)
    {
        int width = input.Width;
        layer.Summary = "minGRU";
        Value updates = layer.Value("updateGates", width);
        Value candidates = layer.Value("candidates", width);
        Value remembered = layer.Value("remembered", width);
        layer.Linear("mixer.z_proj", input, updates);
        layer.Linear("mixer.h_proj", input, candidates);
        layer.Add(new GatedRecurrence("MinGru", new([updates]), candidates, remembered, layer.State(width)));
        return remembered;
    }
}
