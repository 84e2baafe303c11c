using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>
/// A kernel over tiles of 64 rows. Where it is one step, a thread block takes a tile of 64 columns; in narrow layers a thread block takes all
/// columns of its rows through one step after the other. What tiles hand on to each other goes from thread block to thread block, which take
/// tiles by tickets. On the way back gradients of weights can be computed beside it, by thread blocks of their own.
/// </summary>
internal sealed class TileStage : DeviceStage
{
    private const int Tile = TileStep.Tile, ThreadsOfBlock = 256;

    /// <summary>Widest rows of a layer whose steps are chained: they fit shared memory, and the weights between two barriers a cache near the core.</summary>
    private const int Narrow = 128;

    /// <summary>Thread blocks that share the rows where each leaves a part of a gradient.</summary>
    private const int SharingBlocks = 128;

    private readonly string stem;
    private readonly bool isBackward;
    private readonly IReadOnlyList<TileStep> steps;
    private readonly WeightGradients? beside;

    /// <summary>Stem: what names the step among those of its layer.</summary>
    public TileStage(string stem, TileStep step, bool isBackward = false)
        : this(stem, isBackward, [step], null)
    {
    }

    private TileStage(string stem, bool isBackward, IReadOnlyList<TileStep> steps, WeightGradients? beside)
        : base(
            stem + (isBackward ? "_backward" : "_forward"), ShapeOf(steps, beside?.Blocks ?? 0), ThreadsOfBlock,
            [.. steps.SelectMany(static s => s.Libraries).Concat(beside?.Libraries ?? []).Distinct()])
    {
        this.stem = stem;
        this.isBackward = isBackward;
        this.steps = steps;
        this.beside = beside;
        CarriedWords = steps.Sum(static s => s.CarriedWords);
    }

    private bool IsShared => steps.Any(static s => s.LeavesParts);

    private bool TakesWholeRows => steps.Count > 1 || steps[0].TakesWholeRows;

    private int Before => beside?.Blocks ?? 0;

    /// <summary>Whether a layer's steps are chained.</summary>
    public static bool IsNarrow(DeviceLayer layer) => Math.Max(layer.Plan.InputWidth, layer.Plan.OutputWidth) <= Narrow;

    public override DeviceStage? Join(DeviceStage next)
    {
        TileStep last = steps[steps.Count - 1];
        switch (next)
        {
            case TileStage { steps: [TileStep step] } other when (beside is null) == (other.beside is null):
                WeightGradients? both = other.beside is null ? null : beside!.And(other.beside);
                if (last.Join(step) is { } joined)
                {
                    return new TileStage(!isBackward ? $"{stem}_{other.stem}" : steps.Count == 1 ? $"{other.stem}_{stem}" : stem, isBackward, [.. steps.Take(steps.Count - 1), joined], both);
                }
                string name = isBackward ? stem : other.stem;
                return beside is not null || !IsNarrow(last.Layer) || !GoesWith(other) ? null
                    : step.After(last) is { } merged ? new TileStage(name, isBackward, [.. steps.Take(steps.Count - 1), merged], null)
                    : new TileStage(name, isBackward, [.. steps, step], null);
            case WeightGradients weights when !weights.Gradients.Any(g => steps.Any(s => s.WritesGradient(g))):
                return Beside(weights);
            default:
                return last.Take(next) is { } taken ? new TileStage(stem, isBackward, [.. steps.Take(steps.Count - 1), taken], beside) : null;
        }
    }

    /// <summary>Whether thread blocks can take tiles as both want: by tickets for one scan, or in stretches for parts of gradients.</summary>
    private bool GoesWith(TileStage other) => (CarriedWords == 0 || other.CarriedWords == 0) && (CarriedWords + other.CarriedWords == 0 || !(IsShared || other.IsShared));

    /// <summary>The same with gradients of weights beside it, which need nothing of what it writes.</summary>
    public TileStage Beside(WeightGradients weights) => new(stem, isBackward, steps, beside?.And(weights) ?? weights);

    public override void Place()
    {
        foreach (TileStep step in steps)
        {
            step.Place(SharingBlocks);
        }
        beside?.Place();
    }

    public override void Print(KernelWriter w)
    {
        // Whoever waits for another tile comes after it.
        string number = CarriedWords > 0 ? "take_ticket(pass)" : "static_cast<int>(blockIdx.x)";
        w.Line($"const int rows = pass.settings->rows, index = {number}{(Before == 0 ? "" : $" - {Number(Before)}")};");
        if (beside is not null || steps.Any(static s => s.NeedsProductMemory))
        {
            w.DeclareProductMemory();
        }
        if (beside is not null)
        {
            using (w.Open("if (index < 0)"))
            {
                beside.PrintBlocks(w, $"(index + {Number(Before)})");
                w.Line("return;");
            }
        }
        foreach (TileStep step in steps)
        {
            step.PrintStart(w);
        }
        if (IsShared)
        {
            w.Line($"const int tiles = (rows + {Number(Tile - 1)}) / {Number(Tile)};");
            using (w.Open($"for (int row = share(tiles, index, {Number(SharingBlocks)}) * {Number(Tile)}; row < share(tiles, index + 1, {Number(SharingBlocks)}) * {Number(Tile)}; row += {Number(Tile)})"))
            {
                PrintSteps(w);
            }
        }
        else
        {
            int columns = TakesWholeRows ? 1 : steps[0].Tiles;
            w.Line(columns == 1
                ? $"const int row = index * {Number(Tile)}{(TakesWholeRows ? "" : ", column = 0")};"
                : $"const int row = index / {Number(columns)} * {Number(Tile)}, column = index % {Number(columns)} * {Number(Tile)};");
            using (w.Open("if (row >= rows)"))
            {
                w.Line("return;");
            }
            PrintSteps(w);
        }
        foreach (TileStep step in steps)
        {
            step.PrintEnd(w);
        }
    }

    private void PrintSteps(KernelWriter w)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            TileStep step = steps[i];
            if (i > 0)
            {
                w.Line("__syncthreads();");
            }
            foreach (string comment in step.Comments)
            {
                w.Comment(comment);
            }
            if (step.Condition is { } condition)
            {
                using CodeWriter.Block block = w.Open($"if ({condition})");
                PrintStep(step, w);
            }
            else if (steps.Count > 1)
            {
                using CodeWriter.Block block = w.OpenBlock();
                PrintStep(step, w);
            }
            else
            {
                PrintStep(step, w);
            }
        }
    }

    private void PrintStep(TileStep step, KernelWriter w)
    {
        if (TakesWholeRows)
        {
            step.PrintRows(w);
        }
        else
        {
            step.PrintTile(w);
        }
    }

    private static LaunchShape ShapeOf(IReadOnlyList<TileStep> steps, int before) =>
        steps.Any(static s => s.LeavesParts) ? LaunchShape.Of(before + SharingBlocks) : new(steps.Count > 1 || steps[0].TakesWholeRows ? 1 : steps[0].Tiles, Tile, 0, before);

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);
}
