using System.Diagnostics.CodeAnalysis;

namespace AarenGen;

/// <summary>How inference reads the large matrices of a model. Its other weights, and all of training, are in float.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names are what the field calls them.")]
public enum WeightPrecision
{
    /// <summary>32 bits, as trained.</summary>
    Float32,

    /// <summary>
    /// 16 bits: a float's upper half, rounded to the nearest. Relative error of a weight at most 2⁻⁹, if it is at most 3.396e38.
    /// </summary>
    BFloat16,

    /// <summary>
    /// 8 bits, and a scale per output: the error of a weight is at most 1/254 of the largest weight of the same output. Matrices are
    /// multiplied in integers, with inputs rounded to 14 bits of the largest in their row.
    /// </summary>
    Int8,
}
