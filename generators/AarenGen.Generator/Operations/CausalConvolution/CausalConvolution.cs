using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// y_t = x_t + b + Σ_j c_j x_{t−j} a channel over the last tokens. The weights are [width, taps], the token's own last, as PyTorch has
/// them; Factors holds them tap by tap. A stream's state is its number of tokens, and the rows of the last in a ring.
/// </summary>
internal sealed partial record CausalConvolution(
    Value Input, Value Output, Parameter Weights, Parameter Bias, Region Factors, int StateOffset) : AssociativeRecurrence
{
    public int Taps => Weights.Columns;

    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 2L * (Taps + 1) * Output.Width;

    public override OperationDescription? Description =>
        OperationDescription.Of("CausalConvolution", Output, Input).WithParameters(Weights.Name, Bias.Name);

    public override Value Output { get; init; } = Output;

    public override int StateDoubles => DoublesOf(Output.Width, Taps);

    /// <summary>The counter, and the rows as floats, two a double.</summary>
    public static int DoublesOf(int width, int taps) => 1 + (taps - 1) * (Sizes.Pad(width) / 2);
}
