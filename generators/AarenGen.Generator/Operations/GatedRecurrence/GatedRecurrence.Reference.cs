using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record GatedRecurrence : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        new(
            "gated_recurrence", ThreadCount.OfSequences(Output.Width),
            [.. ReferenceGates(scope.Value), scope.Value(Candidates), scope.Value(Output), Output.Width]),
    ];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
    [
        new(
            "gated_recurrence_gradient", ThreadCount.OfSequences(Output.Width),
            [
                scope.Gradient(Output), .. ReferenceGates(scope.Value), scope.Value(Candidates), scope.Value(Output),
                .. ReferenceGates(scope.Gradient), scope.Gradient(Candidates), Output.Width,
            ]),
    ];

    /// <summary>Both gates; minGRU has one.</summary>
    private ReferenceArgument[] ReferenceGates(Func<Value, BufferArgument> rows) => Mixer switch
    {
        "MinGru" => [rows(Gates[0]), ReferenceArgument.Null],
        "MinLstm" => [rows(Gates[0]), rows(Gates[1])],
        _ => throw new InvalidOperationException(Mixer),
    };
}
