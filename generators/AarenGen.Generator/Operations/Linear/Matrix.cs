using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The weights of a linear operation: parameters, or derived from parameters.</summary>
internal abstract record Matrix(string Name)
{
    public abstract string Weight(LayerWriter w);

    public abstract string Bias(LayerWriter w);

    public abstract string WeightGradient(LayerWriter w);

    public abstract string BiasGradient(LayerWriter w);
}

/// <summary>Weights that are parameters.</summary>
internal sealed record ParameterMatrix(string Name, Parameter Values, Parameter Offsets) : Matrix(Name)
{
    public override string Weight(LayerWriter w) => w.Weights(Values);

    public override string Bias(LayerWriter w) => w.Weights(Offsets);

    public override string WeightGradient(LayerWriter w) => w.Gradients(Values);

    public override string BiasGradient(LayerWriter w) => w.Gradients(Offsets);
}

/// <summary>Weights computed from parameters after each change of them.</summary>
internal sealed record DerivedMatrix(string Name, Region Values, Region Offsets) : Matrix(Name)
{
    public override string Weight(LayerWriter w) => w.Derived(Values);

    public override string Bias(LayerWriter w) => w.Derived(Offsets);

    public override string WeightGradient(LayerWriter w) => w.DerivedGradients(Values);

    public override string BiasGradient(LayerWriter w) => w.DerivedGradients(Offsets);
}
