using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>What a thread block does for 64 rows, with all their columns or with 64. A kernel is one such step, or several one after the other.</summary>
internal abstract class TileStep(DeviceLayer layer, int tiles, IEnumerable<string> libraries)
{
    /// <summary>Rows, and columns, of a tile.</summary>
    public const int Tile = 64;

    public DeviceLayer Layer => layer;

    /// <summary>Tiles side by side.</summary>
    public int Tiles => tiles;

    public IReadOnlyList<string> Libraries { get; } = [.. libraries.Distinct()];

    /// <summary>What it computes, a line each.</summary>
    public abstract IReadOnlyList<string> Comments { get; }

    /// <summary>Whether it leaves parts of gradients, for which a fixed number of thread blocks share the rows.</summary>
    public virtual bool LeavesParts => false;

    /// <summary>Words of 64 bits that the thread block of each tile of rows hands on to that of the next; 0 where tiles do not depend on each other.</summary>
    public virtual int CarriedWords => 0;

    /// <summary>Whether a thread block has to take all columns of its rows.</summary>
    public virtual bool TakesWholeRows => LeavesParts || CarriedWords > 0;

    /// <summary>Whether it works in the shared memory that products have.</summary>
    public virtual bool NeedsProductMemory => true;

    /// <summary>What has to hold for it to run; null where it always does.</summary>
    public virtual string? Condition => null;

    /// <summary>Whether it writes a value's gradient.</summary>
    public virtual bool WritesGradient(Value value) => false;

    /// <summary>One step that does this and the next for the same rows, or null.</summary>
    public virtual TileStep? Join(TileStep next) => null;

    /// <summary>One step that does this and then what a stage of its own would do, or null.</summary>
    public virtual TileStep? Take(DeviceStage next) => null;

    /// <summary>One step that does another and then this, what passes between them staying in shared memory, or null.</summary>
    public virtual TileStep? After(TileStep step) => null;

    /// <summary>Takes places for parts of gradients, so many.</summary>
    public virtual void Place(int parts)
    {
    }

    /// <summary>Prints what happens once a thread block, before its first rows.</summary>
    public virtual void PrintStart(KernelWriter w)
    {
    }

    /// <summary>Prints all columns of the rows from row on.</summary>
    public abstract void PrintRows(KernelWriter w);

    /// <summary>Prints the tile at row and column; other thread blocks have the other columns.</summary>
    public abstract void PrintTile(KernelWriter w);

    /// <summary>Prints what happens once a thread block, after its last rows.</summary>
    public virtual void PrintEnd(KernelWriter w)
    {
    }

    protected static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);
}
