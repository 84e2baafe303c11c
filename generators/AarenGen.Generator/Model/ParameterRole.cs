namespace AarenGen.Generator.Model;

/// <summary>What a parameter of a predicted distribution is, and so how it is made and denormalised.</summary>
internal enum ParameterRole
{
    /// <summary>A location on the targets' scale: any number; scaled and shifted.</summary>
    Location,

    /// <summary>A distance on the targets' scale: positive; scaled.</summary>
    Scale,

    /// <summary>Degrees of freedom: above 2; left as they are.</summary>
    Degrees,
}
