using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[MinLstm(FeedForward, Repeat, Norm, Dropout)]: h_t = f/(f + i) h_{t−1} + i/(f + i) g(c_t).</summary>
internal sealed class MinLstmDefinition : MixerDefinition
{
    public override string Name => "MinLstm";

    protected override Value Mix(ComponentDeclaration component, LayerBuilder layer, Value input)
    {
        int width = input.Width;
        layer.Summary = "minLSTM";
        Value forgets = layer.Value("forgetGates", width);
        Value inputs = layer.Value("inputGates", width);
        Value candidates = layer.Value("candidates", width);
        Value remembered = layer.Value("remembered", width);
        layer.Linear("mixer.f_proj", input, forgets);
        layer.Linear("mixer.i_proj", input, inputs);
        layer.Linear("mixer.h_proj", input, candidates);
        layer.Add(new GatedRecurrence("MinLstm", new([forgets, inputs]), candidates, remembered, layer.State(width)));
        return remembered;
    }
}
