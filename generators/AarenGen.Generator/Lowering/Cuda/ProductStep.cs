using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>A step that multiplies rows with weights.</summary>
internal abstract class ProductStep(DeviceLayer layer, int tiles, IEnumerable<string> libraries) : TileStep(layer, tiles, libraries)
{
    /// <summary>Most tiles side by side whose sums fit a thread's registers beside those of one more.</summary>
    private const int MostTiles = 2;

    /// <summary>Name of the only rows that it multiplies, as they are in memory; null where there are others, or where they change as they are loaded.</summary>
    public abstract string? Reads { get; }

    /// <summary>Name of the only rows that it gives; null where there are others.</summary>
    public abstract string? Gives { get; }

    /// <summary>Whether it can leave its rows in shared memory and nowhere else.</summary>
    public virtual bool KeepsRows => false;

    /// <summary>Whether the sums of all columns fit registers.</summary>
    protected bool FitsRegisters => Tiles <= MostTiles;

    public override TileStep? After(TileStep step) =>
        step is ProductStep product and not ProductOfProduct && product.Gives is { } rows && rows == Reads && FitsRegisters ? new ProductOfProduct(product, this) : null;

    public override void PrintRows(KernelWriter w)
    {
        PrintBefore(w, isAlone: false);
        using (w.Open($"for (int column = 0; column < {Number(Tiles * Tile)}; column += {Number(Tile)})"))
        {
            PrintTile(w, keeps: false);
        }
    }

    public override void PrintTile(KernelWriter w)
    {
        PrintBefore(w, isAlone: true);
        PrintTile(w, keeps: false);
    }

    /// <summary>Prints all columns of the rows, left in shared memory.</summary>
    public virtual void PrintKeptRows(KernelWriter w) => throw new InvalidOperationException("Its rows go to memory.");

    /// <summary>Prints what has to happen once for the rows.</summary>
    protected virtual void PrintBefore(KernelWriter w, bool isAlone)
    {
    }

    /// <summary>Prints the tile at column. Keeps: it stays in shared memory as well.</summary>
    protected abstract void PrintTile(KernelWriter w, bool keeps);

    /// <summary>Prints that a tile in shared memory, the columns from column on of what it reads, is multiplied into the sums of all columns.</summary>
    protected abstract void PrintKept(KernelWriter w);

    /// <summary>Prints what becomes of the sums of all columns. Keeps: they are left in shared memory and nowhere else.</summary>
    protected abstract void PrintFinish(KernelWriter w, bool keeps);

    /// <summary>Two products of which the second multiplies what the first gives: each tile of that goes on through shared memory.</summary>
    private sealed class ProductOfProduct(ProductStep first, ProductStep second) : ProductStep(first.Layer, second.Tiles, first.Libraries.Concat(second.Libraries))
    {
        public override IReadOnlyList<string> Comments => [.. first.Comments, .. second.Comments, $"Each {Number(Tile)} columns of {first.Gives} go on through shared memory."];

        public override bool TakesWholeRows => true;

        public override string? Reads => null;

        public override string? Gives => second.Gives;

        public override string? Condition => second.Condition;

        public override bool WritesGradient(Value value) => first.WritesGradient(value) || second.WritesGradient(value);

        public override bool KeepsRows => second.KeepsRows;

        public override void PrintRows(KernelWriter w)
        {
            PrintSums(w);
            PrintFinish(w, keeps: false);
        }

        public override void PrintKeptRows(KernelWriter w)
        {
            PrintSums(w);
            PrintFinish(w, keeps: true);
        }

        private void PrintSums(KernelWriter w)
        {
            first.PrintBefore(w, isAlone: false);
            w.Line($"Sums sums[{Number(Tiles)}];");
            w.Line("clear(sums);");
            using (w.Open($"for (int column = 0; column < {Number(first.Tiles * Tile)}; column += {Number(Tile)})"))
            {
                first.PrintTile(w, keeps: true);
                second.PrintKept(w);
            }
        }

        protected override void PrintFinish(KernelWriter w, bool keeps) => second.PrintFinish(w, keeps);

        protected override void PrintTile(KernelWriter w, bool keeps) => throw new InvalidOperationException("Its columns are not made one by one.");

        protected override void PrintKept(KernelWriter w) => throw new InvalidOperationException("It reads rows as they are in memory.");
    }
}
