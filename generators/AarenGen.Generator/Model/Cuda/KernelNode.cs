namespace AarenGen.Generator.Model.Cuda;

/// <summary>What a kernel computes and how it is launched, before its memory is bound. Lowering makes nodes, passes replace them.</summary>
/// <param name="Name">Lower case with underscores: what the kernel's name ends with.</param>
/// <param name="Grid">Its thread blocks.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Libraries">Files of device code that it calls, without their ending.</param>
/// <param name="Reads">The rows that it reads.</param>
/// <param name="Writes">The rows that it writes; those it adds to are among what it reads, too.</param>
internal abstract record KernelNode(
    string Name, GridShape Grid, int Threads, EquatableArray<string> Libraries, EquatableArray<Operand> Reads,
    EquatableArray<Operand> Writes)
{
    /// <summary>Resident thread blocks per multiprocessor that it requests, which caps registers; 0 where it requests none.</summary>
    public int MinBlocksPerMultiprocessor { get; init; }

    /// <summary>
    /// Words of 64 bits that each thread block publishes for the block of the next tile of rows; 0 where tiles do not depend on each other.
    /// </summary>
    public int CarriedWords { get; init; }

    /// <summary>Whether each of its thread blocks leaves a partial of the gradient's squared norm.</summary>
    public bool LeavesGradientNorm { get; init; }

    /// <summary>Gradients of weights that it leaves in parts.</summary>
    public virtual EquatableArray<PartialGradient> PartialGradients => [];

    /// <summary>The value whose gradient it adds to what it computes, as a separate operand; null where there is none.</summary>
    public virtual Value? Addend => null;

    /// <summary>The same with another addend.</summary>
    public virtual KernelNode WithAddend(Value addend) => throw new InvalidOperationException($"{Name} has no addend.");

    /// <summary>Whether it reads or writes rows.</summary>
    public bool Touches(Operand operand) => IsReading(operand) || IsWriting(operand);

    /// <summary>
    /// Whether rows that it touches may be kept as what is only multiplied: rounded where matrix multiplications would round them.
    /// </summary>
    public virtual bool CanBeOperand(Operand rows) => false;

    /// <summary>Whether it reads rows.</summary>
    public bool IsReading(Operand operand) => Reads.Any(o => o.Name == operand.Name);

    /// <summary>Whether it writes rows.</summary>
    public bool IsWriting(Operand operand) => Writes.Any(o => o.Name == operand.Name);
}

/// <summary>A kernel that takes rows four values at a time.</summary>
internal abstract record RowwiseNode(string Name, EquatableArray<string> Libraries, EquatableArray<Operand> Reads,
    EquatableArray<Operand> Writes)
    : KernelNode(Name, GridShape.OfRows(RowsPerBlock), 256, Libraries, Reads, Writes)
{
    public const int RowsPerBlock = 16;
}

/// <summary>A gradient that goes on as it is, or is added to what is there.</summary>
internal sealed record CopyGradient(Value From, Value To, bool Accumulates) : RowwiseNode(
    To.Name + (Accumulates ? "_gradient_add" : "_gradient_copy"), ["rows"],
    Accumulates ? [Operand.GradientOf(From), Operand.GradientOf(To)] : [Operand.GradientOf(From)], [Operand.GradientOf(To)]);
