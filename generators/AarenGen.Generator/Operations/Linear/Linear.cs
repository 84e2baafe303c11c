using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// y = x Wᵀ + b, with W [outputs, inputs] as PyTorch has it, plus a residual where there is one. IsCompressible: whether inference may keep
/// the matrix in a narrower type.
/// </summary>
internal sealed partial record Linear(
    Value Input, Value Output, Value? Residual, Matrix Matrix, Region Packed, Region PackedTransposed, bool IsCompressible) : Operation
{
    public override EquatableArray<Value> Inputs => Residual is null ? new([Input]) : new([Input, Residual]);

    public override long Flops => 2L * Input.Width * Output.Width + (Residual is null ? 0 : Output.Width);

    public override OperationDescription? Description =>
        OperationDescription.Of("Linear", Output, Residual is null ? [Input] : [Input, Residual]).WithParameters(Matrix.ParameterNames);
}
