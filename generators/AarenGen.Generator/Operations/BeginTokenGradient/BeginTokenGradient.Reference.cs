using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record BeginTokenGradient : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) => [];

    // A reference program's gradients are zero before the first launch.
    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) => [];
}
