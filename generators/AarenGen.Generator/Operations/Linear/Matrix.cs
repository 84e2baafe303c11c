using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The weights of a linear operation: parameters, or derived from parameters.</summary>
internal abstract partial record Matrix(string Name)
{
    /// <summary>Whether its products are never rounded, since what they give is an exponent.</summary>
    public abstract bool IsExact { get; init; }

    /// <summary>The names of weight and bias in files; of what is derived, one name that only its layer knows.</summary>
    public abstract string[] ParameterNames { get; }
}

/// <summary>Weights that are parameters.</summary>
internal sealed partial record ParameterMatrix(string Name, Parameter Values, Parameter Offsets) : Matrix(Name)
{
    public override bool IsExact { get; init; }

    public override string[] ParameterNames => [Values.Name, Offsets.Name];
}

/// <summary>Weights computed from parameters after each change of them.</summary>
internal sealed partial record DerivedMatrix(string Name, Region Values, Region Offsets) : Matrix(Name)
{
    public override bool IsExact { get; init; } = true;

    public override string[] ParameterNames => [Name.Replace(' ', '_')];
}
