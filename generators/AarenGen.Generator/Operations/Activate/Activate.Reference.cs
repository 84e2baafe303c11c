using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record Activate : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        [new(ReferenceKernel, ThreadCount.OfRows(Input.Width), [scope.Value(Input), scope.Value(Output)])];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
    [
        new(
            ReferenceKernel + "_gradient", ThreadCount.OfRows(Input.Width),
            [scope.Gradient(Output), scope.Value(Input), scope.Gradient(Input)]),
    ];

    private string ReferenceKernel => Function switch
    {
        "Relu" => "relu",
        "Gelu" => "gelu",
        "Tanh" => "hyperbolic_tangent",
        _ => throw new InvalidOperationException(Function),
    };
}
