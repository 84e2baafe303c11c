using AarenGen.Generator.Model.Cuda;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>The code of tile operations: that of their operation, or of what is made of two.</summary>
internal static class TileCode
{
    /// <summary>The code of a tile operation.</summary>
    public static ITileCode Of(TileOperation operation) => operation switch
    {
        ChainedGemms chained => new ChainedGemmsCode(chained),
        GemmTile gemm => new GemmTileCode(gemm),
        _ => (ITileCode)operation,
    };

    /// <summary>The code of a matrix multiplication.</summary>
    public static IGemmCode Of(GemmTile gemm) => gemm is ChainedGemms chained ? new ChainedGemmsCode(chained) : (IGemmCode)gemm;
}

/// <summary>A matrix multiplication as a tile operation: tile after tile of its columns.</summary>
internal sealed class GemmTileCode(GemmTile gemm) : ITileCode
{
    private readonly IGemmCode code = TileCode.Of(gemm);

    public IEnumerable<string> Comments => code.Comments;

    public void PrintStart(KernelWriter w)
    {
    }

    public void PrintRows(KernelWriter w)
    {
        code.PrintBefore(w, isAlone: false);
        using (w.OpenColumns(gemm.ColumnTiles))
        {
            code.PrintTile(w, staysInShared: false);
        }
    }

    public void PrintTile(KernelWriter w)
    {
        code.PrintBefore(w, isAlone: true);
        code.PrintTile(w, staysInShared: false);
    }

    public void PrintEnd(KernelWriter w)
    {
    }
}

/// <summary>Two matrix multiplications, each tile of the first multiplied into the accumulators of the second.</summary>
internal sealed class ChainedGemmsCode(ChainedGemms gemms) : ITileCode, IGemmCode
{
    private readonly IGemmCode first = TileCode.Of(gemms.First), second = TileCode.Of(gemms.Second);

    public IEnumerable<string> Comments =>
    [
        .. first.Comments, .. second.Comments,
        $"Each {Number(TileOperation.Tile)} columns of {gemms.First.Computes!.Name} go on through shared memory.",
    ];

    public void PrintStart(KernelWriter w)
    {
    }

    public void PrintRows(KernelWriter w)
    {
        PrintAccumulators(w);
        PrintFinish(w, staysInShared: false);
    }

    public void PrintTile(KernelWriter w) => PrintRows(w);

    public void PrintEnd(KernelWriter w)
    {
    }

    public void PrintSharedRows(KernelWriter w)
    {
        PrintAccumulators(w);
        PrintFinish(w, staysInShared: true);
    }

    public void PrintFinish(KernelWriter w, bool staysInShared) => second.PrintFinish(w, staysInShared);

    public void PrintBefore(KernelWriter w, bool isAlone) => throw new InvalidOperationException("It takes whole rows.");

    public void PrintTile(KernelWriter w, bool staysInShared) =>
        throw new InvalidOperationException("Its columns are not made one by one.");

    public void PrintFromShared(KernelWriter w) => throw new InvalidOperationException("It reads rows as they are in memory.");

    private void PrintAccumulators(KernelWriter w)
    {
        first.PrintBefore(w, isAlone: false);
        w.Line($"Accumulators accumulators[{Number(gemms.ColumnTiles)}];");
        w.Line("clear(accumulators);");
        using (w.OpenColumns(gemms.First.ColumnTiles))
        {
            first.PrintTile(w, staysInShared: true);
            second.PrintFromShared(w);
        }
    }
}
