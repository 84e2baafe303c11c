namespace AarenGen.Generator.Model;

/// <summary>
/// One step of a layer, on rows of values: what it reads and writes, and what it costs. How it is printed stands in files of their
/// own beside it; everything that they print was decided when it was made.
/// </summary>
internal abstract record Operation
{
    /// <summary>The values it reads and sends gradients to.</summary>
    public abstract EquatableArray<Value> Inputs { get; }

    /// <summary>Floating-point operations a token, a multiply-add counting two.</summary>
    public abstract long Flops { get; }

    /// <summary>Whether inference runs it.</summary>
    public virtual bool IsInference => true;

    /// <summary>Whether its inputs are values of the pass, rather than weights alone.</summary>
    public virtual bool IsPerToken => true;

    /// <summary>What it computes in inference, for packages that translate models; null where it changes nothing there.</summary>
    public abstract OperationDescription? Description { get; }
}

/// <summary>
/// An operation with an associative state: the state after two chunks of a sequence follows from the states after each alone, so chunks
/// of one sequence can run in parallel.
/// </summary>
internal abstract record AssociativeRecurrence : Operation
{
    /// <summary>The value it writes.</summary>
    public abstract Value Output { get; init; }

    /// <summary>Doubles of a stream's state.</summary>
    public abstract int StateDoubles { get; }
}
