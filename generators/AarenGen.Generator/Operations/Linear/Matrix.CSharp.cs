using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal abstract partial record Matrix
{
    public abstract string Weight(LayerWriter w);

    public abstract string Bias(LayerWriter w);

    public abstract string WeightGradient(LayerWriter w);

    public abstract string BiasGradient(LayerWriter w);
}

internal sealed partial record ParameterMatrix
{
    public override string Weight(LayerWriter w) => w.Weights(Values);

    public override string Bias(LayerWriter w) => w.Weights(Offsets);

    public override string WeightGradient(LayerWriter w) => w.Gradients(Values);

    public override string BiasGradient(LayerWriter w) => w.Gradients(Offsets);
}

internal sealed partial record DerivedMatrix
{
    public override string Weight(LayerWriter w) => w.Derived(Name, Values);

    public override string Bias(LayerWriter w) => w.Derived(Name + " bias", Offsets);

    public override string WeightGradient(LayerWriter w) => w.DerivedGradients(Name, Values);

    public override string BiasGradient(LayerWriter w) => w.DerivedGradients(Name + " bias", Offsets);
}
