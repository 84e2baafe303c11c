using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model.Cuda;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>Prints tile kernels: which thread block takes which tiles, and the operations in between.</summary>
internal static class TileKernelCode
{
    public static void Print(TileKernel kernel, KernelWriter w)
    {
        // A thread block waits only for those that took their tile before it.
        string number = kernel.CarriedWords > 0 ? "take_tile_index(pass)" : "static_cast<int>(blockIdx.x)";
        w.Line(kernel.Beside is null
            ? $"const int rows = pass.settings->rows, index = {number};"
            : $"const int rows = pass.settings->rows, gridBlock = {number}, index = gridBlock - {Number(kernel.BlocksBefore)};");
        if (kernel.NeedsSharedTiles)
        {
            w.DeclareSharedTiles(kernel.IsWide);
        }
        if (kernel.Beside is { } beside)
        {
            using (w.Open("if (index < 0)"))
            {
                ((IBesideCode)beside).PrintBlocks(w, "gridBlock");
                w.Line("return;");
            }
        }
        (TileOperation Operation, ITileCode Code)[] operations = [.. kernel.Operations.Select(static o => (o, TileCode.Of(o)))];
        foreach ((_, ITileCode code) in operations)
        {
            code.PrintStart(w);
        }
        string tile = Number(kernel.Tile);
        if (kernel.IsShared)
        {
            string blocks = Number(TileKernel.SharingBlocks);
            w.Line($"const int tiles = (rows + {Number(kernel.Tile - 1)}) / {tile};");
            string from = $"partition_begin(tiles, index, {blocks}) * {tile}", to = $"partition_begin(tiles, index + 1, {blocks}) * {tile}";
            using (w.Open($"for (int row = {from}; row < {to}; row += {tile})"))
            {
                PrintOperations(kernel, operations, w);
            }
        }
        else
        {
            int tilesAcross = kernel.TakesWholeRows ? 1 : kernel.Operations[0].ColumnTiles;
            string columns = Number(tilesAcross);
            w.Line(tilesAcross == 1
                ? $"const int row = index * {tile}{(kernel.TakesWholeRows ? "" : ", column = 0")};"
                : $"const int row = index / {columns} * {tile}, column = index % {columns} * {tile};");
            using (w.Open("if (row >= rows)"))
            {
                w.Line("return;");
            }
            PrintOperations(kernel, operations, w);
        }
        foreach ((_, ITileCode code) in operations)
        {
            code.PrintEnd(w);
        }
    }

    private static void PrintOperations(TileKernel kernel, (TileOperation Operation, ITileCode Code)[] operations, KernelWriter w)
    {
        for (int i = 0; i < operations.Length; i++)
        {
            (TileOperation operation, ITileCode code) = operations[i];
            if (i > 0)
            {
                w.Line("__syncthreads();");
            }
            foreach (string comment in code.Comments)
            {
                w.Comment(comment);
            }
            using CodeWriter.Block? block = operation.IsForTokenGradients ? w.Open("if (pass.settings->tokenGradients)")
                : operations.Length > 1 ? w.OpenBlock() : null;
            if (kernel.TakesWholeRows)
            {
                code.PrintRows(w);
            }
            else
            {
                code.PrintTile(w);
            }
        }
    }
}
