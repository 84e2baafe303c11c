using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalConvolution : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        new(
            "causal_convolution", ThreadCount.OfRows(Output.Width),
            [
                scope.Value(Input), scope.Weights(Weights), scope.Weights(Bias), scope.Value(Output), Output.Width, Taps, Weights.Stride,
            ]),
    ];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Gradient(Output), scope.Value(Input), scope.Weights(Weights), scope.Gradient(Input), scope.WeightGradients(Weights),
            scope.WeightGradients(Bias), Output.Width, Taps, Weights.Stride,
        ];
        return
        [
            new("causal_convolution_gradient", ThreadCount.OfRows(Output.Width), arguments),
            new("causal_convolution_weight_gradient", ThreadCount.Of(Output.Width), arguments),
        ];
    }
}
