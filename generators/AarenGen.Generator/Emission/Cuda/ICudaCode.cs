using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>How a kernel node is printed: implemented by the nodes of an operation, beside it.</summary>
internal interface IKernelCode
{
    /// <summary>Prints the kernel's body.</summary>
    void Print(KernelWriter w);
}

/// <summary>How what runs beside a tile kernel is printed.</summary>
internal interface IBesideCode
{
    /// <summary>Prints what the thread block of a number among these does.</summary>
    void PrintBlocks(KernelWriter w, string number);
}

/// <summary>How a tile operation is printed.</summary>
internal interface ITileCode
{
    /// <summary>What it computes, a line each.</summary>
    IEnumerable<string> Comments { get; }

    /// <summary>Prints what happens once a thread block, before its first rows.</summary>
    void PrintStart(KernelWriter w);

    /// <summary>Prints all columns of the rows from row on.</summary>
    void PrintRows(KernelWriter w);

    /// <summary>Prints the tile at row and column; other thread blocks have the other columns.</summary>
    void PrintTile(KernelWriter w);

    /// <summary>Prints what happens once a thread block, after its last rows.</summary>
    void PrintEnd(KernelWriter w);
}

/// <summary>How a matrix multiplication is printed.</summary>
internal interface IGemmCode
{
    /// <summary>What it computes, a line each.</summary>
    IEnumerable<string> Comments { get; }

    /// <summary>Prints what has to happen once for the rows. IsAlone: other thread blocks have other columns of them.</summary>
    void PrintBefore(KernelWriter w, bool isAlone);

    /// <summary>Prints the tile at column. StaysInShared: it stays in shared memory as well.</summary>
    void PrintTile(KernelWriter w, bool staysInShared);

    /// <summary>Prints all columns of the rows, left in shared memory and nowhere else.</summary>
    void PrintSharedRows(KernelWriter w);

    /// <summary>
    /// Prints that a tile in shared memory, the columns from column on of what it reads, is multiplied into the accumulators.
    /// </summary>
    void PrintFromShared(KernelWriter w);

    /// <summary>
    /// Prints what becomes of the accumulators of all columns. StaysInShared: they are left in shared memory and nowhere else.
    /// </summary>
    void PrintFinish(KernelWriter w, bool staysInShared);
}
