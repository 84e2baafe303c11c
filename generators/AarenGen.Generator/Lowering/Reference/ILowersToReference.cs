namespace AarenGen.Generator.Lowering.Reference;

/// <summary>
/// An operation that plain reference kernels compute, too: those of X.reference.cu beside it. Tests hold fast kernels against them.
/// </summary>
internal interface ILowersToReference
{
    /// <summary>The forward pass. All values are zero before it.</summary>
    IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope);

    /// <summary>
    /// The backward pass. All gradients are zero before that of the last operation, and every operation adds to what is there, whatever
    /// the plan says of the order in which gradients come.
    /// </summary>
    IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope);
}
