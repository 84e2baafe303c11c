using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Linear : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope)
    {
        (BufferArgument weight, BufferArgument bias) = ReferenceWeights(scope);
        yield return new(
            "linear", ThreadCount.OfRows(Output.Width),
            [scope.Value(Input), weight, bias, scope.Value(Output), Input.Width, Output.Width, Sizes.Pad(Input.Width), RoundsOperands]);
        if (Residual is not null)
        {
            yield return ReferenceRows.Add(scope.Value(Residual), scope.Value(Output), Output.Width);
        }
    }

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        (BufferArgument weight, BufferArgument bias) = ReferenceWeights(scope);
        BufferArgument gradient = scope.Gradient(Output);
        int inputs = Input.Width, outputs = Output.Width, stride = Sizes.Pad(inputs);
        if (Residual is not null)
        {
            yield return ReferenceRows.Add(gradient, scope.Gradient(Residual), outputs);
        }
        yield return new(
            "linear_input_gradient", ThreadCount.OfRows(inputs),
            [gradient, weight, scope.Gradient(Input), inputs, outputs, stride, RoundsOperands]);
        yield return new(
            "linear_weight_gradient", ThreadCount.Of(outputs * inputs),
            [gradient, scope.Value(Input), ReferenceScope.GradientOfWeights(weight), inputs, outputs, stride, RoundsOperands]);
        yield return new(
            "linear_bias_gradient", ThreadCount.Of(outputs),
            [gradient, ReferenceScope.GradientOfWeights(bias), outputs, HasWideTiles(scope.Layer) ? 1 : 0]);
    }

    /// <summary>1 where the precision of matrix multiplications rounds the operands; 0 for what may be an exponent.</summary>
    private int RoundsOperands => Matrix.IsExact ? 0 : 1;

    private (BufferArgument Weight, BufferArgument Bias) ReferenceWeights(ReferenceScope scope) => Matrix switch
    {
        ParameterMatrix m => (scope.Weights(m.Values), scope.Weights(m.Offsets)),
        DerivedMatrix m => (scope.Derived(m.Values), scope.Derived(m.Offsets)),
        _ => throw new InvalidOperationException(Matrix.Name),
    };
}
