namespace AarenGen.Generator.Model;

/// <summary>A buffer for the gradient at a layer's boundary.</summary>
internal enum BoundaryBuffer
{
    Even,
    Odd,

    /// <summary>Takes the sum of what heads that branch off leave for the trunk's output.</summary>
    Trunk,
}

/// <summary>
/// Where gradients at layer boundaries lie, in floats a token of training memory: two buffers that alternate, and where heads branch off
/// a third.
/// </summary>
internal sealed record BoundaryGradients(int Even, int Odd, int? Trunk)
{
    /// <summary>Where a buffer lies.</summary>
    public int OffsetOf(BoundaryBuffer buffer) => buffer switch
    {
        BoundaryBuffer.Even => Even,
        BoundaryBuffer.Odd => Odd,
        _ => Trunk ?? throw new InvalidOperationException("No head branches off."),
    };
}

/// <summary>Which buffers the gradients at a layer's boundaries take: two alternate from block to block of the backward pass.</summary>
/// <param name="BlocksAfter">Blocks of the trunk or of the head behind the layer's last one.</param>
/// <param name="IsBeforeHeads">Whether heads branch off behind the last block of all, so that its gradient is the sum of theirs.</param>
internal sealed record BoundaryTurns(int BlocksAfter, bool IsBeforeHeads)
{
    /// <summary>The buffer of the gradient at the boundary that this number of the layer's own blocks follow.</summary>
    public BoundaryBuffer Before(int blocks) => At(BlocksAfter + blocks);

    /// <summary>The buffer of the gradient at the boundary that this number of blocks of the trunk or of the head follow.</summary>
    public BoundaryBuffer At(int turn) => IsBeforeHeads && turn == 0 ? BoundaryBuffer.Trunk
        : turn % 2 == (IsBeforeHeads ? 1 : 0) ? BoundaryBuffer.Even : BoundaryBuffer.Odd;
}
