namespace AarenGen.Generator.Model.Cuda;

/// <summary>
/// A kernel over tiles of 64 rows, or of 128 in wide matrix multiplications. With one operation a thread block takes as many columns; with
/// several a thread block takes all columns of its rows through one operation after the other. Operations that carry along time take tiles
/// in order, by a dynamic tile index. Beside: gradients of weights that thread blocks of their own compute in the same grid.
/// </summary>
/// <param name="Stem">What names it among those of its layer.</param>
/// <param name="IsBackward">Whether it belongs to the backward pass.</param>
/// <param name="Operations">What it does for a tile, in order.</param>
/// <param name="Beside">What runs beside it.</param>
internal sealed record TileKernel(string Stem, bool IsBackward, EquatableArray<TileOperation> Operations, FixedGridNode? Beside = null)
    : KernelNode(
        Stem + (IsBackward ? "_backward" : "_forward"), GridOf(Operations, Beside?.Grid.Fixed ?? 0), 256,
        new(Operations.SelectMany(static o => o.Libraries).Concat(Beside?.Libraries ?? []).Distinct()),
        new(Operations.SelectMany(static o => o.Reads).Concat(Beside?.Reads ?? [])),
        new(Operations.SelectMany(static o => o.Writes).Concat(Beside?.Writes ?? [])))
{
    /// <summary>Thread blocks that share the rows where each leaves a partial gradient.</summary>
    public const int SharingBlocks = 128;

    public TileKernel(string stem, TileOperation operation, bool isBackward = false)
        : this(stem, isBackward, [operation])
    {
        CarriedWords = operation.CarriedWords;
        MinBlocksPerMultiprocessor = operation.NeedsSharedTiles ? 2 : 0;
    }

    /// <summary>The only operation; null where there are several.</summary>
    public TileOperation? Single => Operations.Count == 1 ? Operations[0] : null;

    /// <summary>The last operation.</summary>
    public TileOperation Last => Operations[Operations.Count - 1];

    /// <summary>Whether a fixed number of thread blocks share the tiles, each those of a chunk of the rows.</summary>
    public bool IsShared => Operations.Any(static o => o.LeavesPartialGradients);

    /// <summary>Whether a thread block takes all columns of its rows.</summary>
    public bool TakesWholeRows => Operations.Count > 1 || Operations[0].TakesWholeRows;

    /// <summary>Thread blocks before those that take tiles.</summary>
    public int BlocksBefore => Beside?.Grid.Fixed ?? 0;

    /// <summary>Whether its matrix multiplications have wide tiles.</summary>
    public bool IsWide => Operations[0].IsWide;

    /// <summary>Rows, and columns, of a tile.</summary>
    public int Tile => Operations[0].TileSize;

    /// <summary>Whether tiles of matrices lie in shared memory.</summary>
    public bool NeedsSharedTiles => Beside is not null || Operations.Any(static o => o.NeedsSharedTiles);

    public override EquatableArray<PartialGradient> PartialGradients =>
        new(Operations.SelectMany(static o => o.PartialGradients).Concat(Beside?.PartialGradients ?? []));

    public override Value? Addend => Single?.Addend;

    public override bool CanBeOperand(Operand rows) =>
        Operations.All(o => !o.Touches(rows) || o.CanBeOperand(rows))
        && (Beside is null || !Beside.Touches(rows) || Beside.CanBeOperand(rows));

    public override KernelNode WithAddend(Value addend) =>
        Create(Stem, IsBackward, [Operations[0].WithAddend(addend)], Beside);

    /// <summary>The kernel of these operations.</summary>
    public static TileKernel Create(string stem, bool isBackward, EquatableArray<TileOperation> operations, FixedGridNode? beside) =>
        new(stem, isBackward, operations, beside)
        {
            CarriedWords = operations.Sum(static o => o.CarriedWords),
            MinBlocksPerMultiprocessor = beside is not null || operations.Any(static o => o.NeedsSharedTiles) ? 2 : 0,
        };

    private static GridShape GridOf(EquatableArray<TileOperation> operations, int before) =>
        operations.Any(static o => o.LeavesPartialGradients) ? GridShape.Of(before + SharingBlocks)
        : new(operations.Count > 1 || operations[0].TakesWholeRows ? 1 : operations[0].ColumnTiles, operations[0].TileSize, 0, before);
}

/// <summary>A kernel of a fixed number of thread blocks, which can run beside another in one grid.</summary>
internal abstract record FixedGridNode(
    string Name, int Blocks, EquatableArray<string> Libraries, EquatableArray<Operand> Reads, EquatableArray<Operand> Writes)
    : KernelNode(Name, GridShape.Of(Blocks), 256, Libraries, Reads, Writes)
{
    /// <summary>Whether its matrix multiplications have wide tiles.</summary>
    public virtual bool IsWide => false;
}

/// <summary>What a thread block does for 64 rows, with all their columns or with 64.</summary>
/// <param name="ColumnTiles">Tiles side by side.</param>
/// <param name="Libraries">Files of device code that it calls, without their ending.</param>
/// <param name="Reads">The rows that it reads from memory.</param>
/// <param name="Writes">The rows that it writes to memory.</param>
internal abstract record TileOperation(int ColumnTiles, EquatableArray<string> Libraries, EquatableArray<Operand> Reads,
    EquatableArray<Operand> Writes)
{
    /// <summary>Rows, and columns, of a tile.</summary>
    public const int Tile = 64;

    /// <summary>The same where rows are wide.</summary>
    public const int WideTile = 128;

    /// <summary>Whether its tiles are wide.</summary>
    public virtual bool IsWide => false;

    /// <summary>Rows, and columns, of its tiles.</summary>
    public int TileSize => IsWide ? WideTile : Tile;

    /// <summary>Whether it leaves partial gradients, for which a fixed number of thread blocks share the rows.</summary>
    public virtual bool LeavesPartialGradients => false;

    /// <summary>The partial gradients that it leaves.</summary>
    public virtual EquatableArray<PartialGradient> PartialGradients => [];

    /// <summary>
    /// Words of 64 bits that the thread block of each tile publishes for that of the next; 0 where tiles do not depend on each other.
    /// </summary>
    public virtual int CarriedWords => 0;

    /// <summary>Whether a thread block has to take all columns of its rows.</summary>
    public virtual bool TakesWholeRows => LeavesPartialGradients || CarriedWords > 0;

    /// <summary>Whether it works in the shared memory that matrix multiplications have.</summary>
    public virtual bool NeedsSharedTiles => true;

    /// <summary>Whether it runs only where the tokens' gradient is wanted, which training itself has no use for.</summary>
    public virtual bool IsForTokenGradients => false;

    /// <summary>The value whose gradient it adds to what it computes; null where there is none.</summary>
    public virtual Value? Addend => null;

    /// <summary>Whether it reads or writes rows.</summary>
    public bool Touches(Operand rows) => Reads.Concat(Writes).Any(o => o.Name == rows.Name);

    /// <summary>Whether rows that it touches may be kept as what is only multiplied.</summary>
    public virtual bool CanBeOperand(Operand rows) => false;

    /// <summary>The same with another addend.</summary>
    public virtual TileOperation WithAddend(Value addend) => throw new InvalidOperationException("It has no addend.");

    /// <summary>Tiles along a width.</summary>
    public static int TilesOf(int width, bool areWide = false)
    {
        int tile = areWide ? WideTile : Tile;
        return (width + tile - 1) / tile;
    }
}

/// <summary>A matrix multiplication of rows with weights.</summary>
internal abstract record GemmTile(int ColumnTiles, EquatableArray<string> Libraries, EquatableArray<Operand> Reads,
    EquatableArray<Operand> Writes)
    : TileOperation(ColumnTiles, Libraries, Reads, Writes)
{
    /// <summary>Most tiles side by side whose accumulators fit a thread's registers beside those of one more.</summary>
    private const int MaxTilesInRegisters = 2;

    /// <summary>
    /// The only rows that it multiplies, as they are in memory; null where there are others, or where they change as they are loaded.
    /// </summary>
    public abstract Operand? Multiplies { get; }

    /// <summary>The only rows that it computes; null where there are others.</summary>
    public abstract Operand? Computes { get; }

    /// <summary>Whether it can leave its rows in shared memory and nowhere else.</summary>
    public virtual bool CanStayInSharedMemory => false;

    /// <summary>Whether the accumulators of all columns fit registers.</summary>
    public bool FitsRegisters => ColumnTiles <= MaxTilesInRegisters;
}

/// <summary>
/// Two matrix multiplications, the second of what the first computes: each 64 columns of that go on through shared memory and are written
/// to memory for later.
/// </summary>
internal sealed record ChainedGemms(GemmTile First, GemmTile Second) : GemmTile(
    Second.ColumnTiles, new(First.Libraries.Concat(Second.Libraries)),
    new(First.Reads.Concat(Second.Reads.Where(r => r.Name != First.Computes!.Name))), new(First.Writes.Concat(Second.Writes)))
{
    public override bool TakesWholeRows => true;

    public override Operand? Multiplies => null;

    public override Operand? Computes => Second.Computes;

    public override bool IsForTokenGradients => Second.IsForTokenGradients;

    public override bool CanStayInSharedMemory => Second.CanStayInSharedMemory;
}

/// <summary>
/// Rows that are normalised as they are loaded, so that the normalised rows need no memory: y = (x − mean) / deviation · Scale + Shift.
/// </summary>
internal sealed record NormalizedRows(Value Input, Value Output, Parameter Scale, Parameter Shift, Operand Statistics);

/// <summary>An activation at a multiplication's end: its argument's memory keeps the derivative.</summary>
internal sealed record ActivationEpilogue(Value Input, Value Output, string Function);
