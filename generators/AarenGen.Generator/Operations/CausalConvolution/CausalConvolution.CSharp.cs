using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalConvolution
    : ICSharpOperation, ICSharpStreaming, ICSharpWeights, ICSharpDerivedWeights, ICSharpScan
{
    private const string FactorsName = "factors";

    private string[] Sizing => [$"width: {Output.Width}", $"taps: {Taps}"];

    public void Prepare(LayerWriter w) =>
        w.Call("CausalConvolution.Arrange", [w.Weights(Weights), .. Sizing, w.Derived(FactorsName, Factors)]);

    public void BackpropagateDerivedWeights(LayerWriter w) => w.Call(
        "CausalConvolution.ArrangeBackward", [w.DerivedGradients(FactorsName, Factors), .. Sizing, w.Gradients(Weights)]);

    public void Combine(LayerWriter w) => w.Call(
        "CausalConvolution.Combine",
        [w.StateOf("earlier", StateOffset, StateDoubles), w.StateOf("later", StateOffset, StateDoubles), .. Sizing]);

    public void Infer(LayerWriter w)
    {
        w.Comment($"causal convolution: each row enters its stream's ring of {Taps - 1} rows");
        using (w.EachRow())
        {
            w.Call(
                "CausalConvolution.Step",
                [w.Row(Input), w.Derived(FactorsName, Factors), w.Weights(Bias), .. Sizing, w.State(StateOffset, StateDoubles),
                    w.Row(Output)]);
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment($"causal convolution of each sequence over {Taps} tokens");
        using (w.EachSequence())
        {
            w.Call(
                "CausalConvolution.Forward",
                [w.Sequence(Input), w.Derived(FactorsName, Factors), w.Weights(Bias), "length", .. Sizing, w.Sequence(Output),
                    w.InitialState(StateOffset, StateDoubles), w.FinalState(StateOffset, StateDoubles)]);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("causal convolution: the gradient of each row is a convolution from the end");
        using (w.EachSequence())
        {
            w.Call(
                "CausalConvolution.Backward",
                [w.SequenceGradient(Output), w.Sequence(Input), w.Derived(FactorsName, Factors), "length", .. Sizing,
                    w.DerivedGradients(FactorsName, Factors), w.Gradients(Bias), w.SequenceGradient(Input),
                    $"accumulate: {Literal.Bool(accumulates[0])}", w.InitialState(StateOffset, StateDoubles)]);
        }
    }
}
