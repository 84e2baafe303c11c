using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>
/// [MinLstm(FeedForward, Repeat, Norm, Dropout)]: the residual block with h_t = f/(f + i) h_{t−1} + i/(f + i) g(c_t).
/// </summary>
internal sealed class MinLstmDefinition : LayerDefinition
{
    public override string Name => "MinLstm";

    public override bool IsBlock => true;

    public override int Repeat(ComponentDeclaration component, DiagnosticBag diagnostics) => ResidualBlock.Repeat(component, diagnostics);

    public override void Plan(ComponentDeclaration component, LayerBuilder layer) =>
        ResidualBlock.Plan(component, layer, "minLSTM", input => Mix(layer, input));

    private static Value Mix(LayerBuilder layer, Value input)
    {
        int width = input.Width;
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
