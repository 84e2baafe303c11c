namespace AarenGen.Tests.Models;

/// <summary>How far computed numbers may be off, as relative L2 norms. It follows from the arithmetic, for any model.</summary>
/// <param name="Output">Of outputs and losses.</param>
/// <param name="Gradient">Of gradients.</param>
internal readonly record struct Tolerance(double Output, double Gradient)
{
    /// <summary>Float32 against float64: 6e-8 an operation, some hundred of which follow each other, and gradients pass twice.</summary>
    public static Tolerance Float32 { get; } = new(1e-5, 1e-4);

    /// <summary>Two computations in float32 whose sums are taken in another order: twice what each may be off.</summary>
    public static Tolerance BetweenFloat32 { get; } = new(2 * Float32.Output, 2 * Float32.Gradient);

    /// <summary>
    /// Matrix multiplications of rounded operands against the same rounding in float64. Operands that float32 leaves beside a tie are
    /// rounded to the other side: by 2^-8 for bfloat16 and 2^-11 for TF32, one or two of some thousand in a case. The reference itself in
    /// float32 had, in 11 seeds of each of these cases, up to 8.4e-4 for outputs and 2.4e-3 for a gradient, both where large scores make
    /// most of a softmax of few tokens.
    /// </summary>
    public static Tolerance Rounded { get; } = new(1e-3, 5e-3);
}
