using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Shared;

/// <summary>
/// A way forward that takes 64 rows by 64 columns at a time. A thread block takes one such tile; in narrow layers it takes all columns of its
/// rows, and goes on with the stages that follow, so that rows pass through all of them in one kernel.
/// </summary>
internal abstract class TileStage(DeviceLayer layer, string name, int tiles, string[] libraries)
    : DeviceStage(name + "_forward", LaunchShape.OfRows(Tile, tiles), 256, libraries)
{
    private const int Tile = 64;

    /// <summary>Widest rows of a layer whose stages are chained: the weights between two kernels' barriers then fit a cache near the core.</summary>
    private const int Narrow = 128;

    public DeviceLayer Layer => layer;

    /// <summary>Columns of tiles.</summary>
    public int Tiles => tiles;

    /// <summary>Whether it is one of several in a kernel.</summary>
    public bool IsChained { get; set; }

    public override DeviceStage? Join(DeviceStage next) =>
        next is TileStage other && Math.Max(layer.Plan.InputWidth, layer.Plan.OutputWidth) <= Narrow ? new ChainStage([this, other]) : null;

    /// <summary>Prints what happens once for the rows.</summary>
    public virtual void PrintRows(KernelWriter w)
    {
    }

    /// <summary>Prints a tile.</summary>
    public abstract void PrintTile(KernelWriter w);

    public override void Print(KernelWriter w)
    {
        string count = Number(tiles);
        w.Line(tiles == 1
            ? $"const int rows = pass.settings->rows, row = static_cast<int>(blockIdx.x) * {Number(Tile)}, column = 0;"
            : $"const int rows = pass.settings->rows, row = static_cast<int>(blockIdx.x) / {count} * {Number(Tile)}, column = static_cast<int>(blockIdx.x) % {count} * {Number(Tile)};");
        PrintStart(w);
        PrintRows(w);
        PrintTile(w);
    }

    private static void PrintStart(KernelWriter w)
    {
        using (w.Open("if (row >= rows)"))
        {
            w.Line("return;");
        }
        w.DeclareProductMemory();
    }

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    /// <summary>Several in one kernel, a barrier between two: what one wrote, the same thread block reads.</summary>
    private sealed class ChainStage : DeviceStage
    {
        private readonly IReadOnlyList<TileStage> stages;

        public ChainStage(IReadOnlyList<TileStage> stages)
            : base(stages[stages.Count - 1].Name, LaunchShape.OfRows(Tile), 256, [.. stages.SelectMany(static s => s.Libraries).Distinct()])
        {
            this.stages = stages;
        }

        /// <summary>The last one may still take an activation, or maps of the same rows.</summary>
        public override DeviceStage? Join(DeviceStage next)
        {
            TileStage last = stages[stages.Count - 1];
            return last.Join(next) is TileStage joined ? new ChainStage([.. stages.Take(stages.Count - 1), joined])
                : next is TileStage other ? new ChainStage([.. stages, other]) : null;
        }

        public override void Print(KernelWriter w)
        {
            w.Line($"const int rows = pass.settings->rows, row = static_cast<int>(blockIdx.x) * {Number(Tile)};");
            PrintStart(w);
            for (int i = 0; i < stages.Count; i++)
            {
                TileStage stage = stages[i];
                stage.IsChained = true;
                if (i > 0)
                {
                    w.Line("__syncthreads();");
                }
                stage.PrintRows(w);
                using (w.Open($"for (int column = 0; column < {Number(stage.Tiles * Tile)}; column += {Number(Tile)})"))
                {
                    stage.PrintTile(w);
                }
            }
        }
    }
}
