using System.ComponentModel;

namespace AarenGen.Training;

/// <summary>
/// What trains a model on a device, as generated code describes it: CUDA C, and which of its kernels run when. A step is Prepare, Forward,
/// Backward and Update; an evaluation is Prepare once, then Forward and Evaluate for each batch.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record DeviceProgram
{
    /// <summary>One translation unit.</summary>
    public required string Source { get; init; }

    /// <summary>Floats of gradients in parts.</summary>
    public required long PartialFloats { get; init; }

    /// <summary>Parts of the gradient's squared norm.</summary>
    public required int SquareParts { get; init; }

    /// <summary>For each head where in the memory of a pass its outputs lie, in floats a row; rows are padded to 16 floats.</summary>
    public required IReadOnlyList<int> Outputs { get; init; }

    /// <summary>What has to happen once after the weights changed.</summary>
    public required IReadOnlyList<KernelLaunch> Prepare { get; init; }

    /// <summary>The way forward through all layers.</summary>
    public required IReadOnlyList<KernelLaunch> Forward { get; init; }

    /// <summary>The losses alone, after the way forward: each thread block leaves a part, and the last launch adds these up.</summary>
    public required IReadOnlyList<KernelLaunch> Evaluate { get; init; }

    /// <summary>The losses and the way back.</summary>
    public required IReadOnlyList<KernelLaunch> Backward { get; init; }

    /// <summary>From the gradients' parts to new weights.</summary>
    public required IReadOnlyList<KernelLaunch> Update { get; init; }
}

/// <summary>A kernel's launch; all kernels take the same arguments and the number of a first block of a repeated layer.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="PerRowTile">Thread blocks for each tile of rows.</param>
/// <param name="RowsPerTile">Rows of such a tile.</param>
/// <param name="PerSequence">Thread blocks for each sequence.</param>
/// <param name="Fixed">Thread blocks beside these.</param>
/// <param name="Threads">Threads of a thread block.</param>
/// <param name="FirstBlock">The repeated layer's block, from 0, that it is for.</param>
/// <param name="Blocks">For how many blocks it is, from that one on.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record KernelLaunch(string Kernel, int PerRowTile, int RowsPerTile, int PerSequence, int Fixed, int Threads, int FirstBlock, int Blocks)
{
    /// <summary>Words of 64 bits that each of its thread blocks hands on to another; 0 where none waits for another.</summary>
    public int CarriedWords { get; init; }

    /// <summary>Thread blocks for a batch of the given numbers of rows and sequences.</summary>
    internal int GridSize(int rows, int sequences) => checked(PerRowTile * ((rows + RowsPerTile - 1) / RowsPerTile) + PerSequence * sequences + Fixed);
}
