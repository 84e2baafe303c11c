using System.ComponentModel;

namespace AarenGen.Training;

/// <summary>
/// The CUDA C that trains a model on a GPU, and the kernel launches of each phase, as generated code describes them. An optimiser step
/// consists of <see cref="Prepare"/>, <see cref="Forward"/>, <see cref="Backward"/> and <see cref="Update"/>. An evaluation consists of
/// <see cref="Prepare"/> once, then <see cref="Forward"/> and <see cref="Evaluate"/> for each batch.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record DeviceProgram
{
    /// <summary>One translation unit.</summary>
    public required string Source { get; init; }

    /// <summary>Floats of all partial gradients.</summary>
    public required long PartialGradientFloats { get; init; }

    /// <summary>Number of partial sums of the gradient's squared norm.</summary>
    public required int GradientNormPartials { get; init; }

    /// <summary>For each head the offset of its outputs in the memory of a pass, in floats a row; rows are padded to 16 floats.</summary>
    public required IReadOnlyList<int> Outputs { get; init; }

    /// <summary>
    /// Once after the host wrote the weights. Not empty where matrix multiplications may read a copy of the parameters.
    /// </summary>
    public required IReadOnlyList<KernelLaunch> Begin { get; init; }

    /// <summary>Once after the weights changed.</summary>
    public required IReadOnlyList<KernelLaunch> Prepare { get; init; }

    /// <summary>The forward pass of all layers.</summary>
    public required IReadOnlyList<KernelLaunch> Forward { get; init; }

    /// <summary>Only the losses, after the forward pass: each thread block leaves a partial sum, and the last launch adds these.</summary>
    public required IReadOnlyList<KernelLaunch> Evaluate { get; init; }

    /// <summary>The losses and the backward pass.</summary>
    public required IReadOnlyList<KernelLaunch> Backward { get; init; }

    /// <summary>From the partial gradients to new weights.</summary>
    public required IReadOnlyList<KernelLaunch> Update { get; init; }
}

/// <summary>
/// The launch of a kernel. Its grid has PerRowTile × ⌈rows / RowsPerTile⌉ + PerSequence × sequences + Fixed thread blocks. All kernels take
/// the same arguments, and the number of the first repeated block.
/// </summary>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="PerRowTile">Thread blocks per tile of rows.</param>
/// <param name="RowsPerTile">Rows of a tile.</param>
/// <param name="PerSequence">Thread blocks per sequence.</param>
/// <param name="Fixed">Thread blocks of every launch.</param>
/// <param name="Threads">Threads of a thread block.</param>
/// <param name="FirstBlock">The first block of the repeated layer, from 0.</param>
/// <param name="Blocks">Number of blocks of the repeated layer, from the first.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record KernelLaunch(
    string Kernel, int PerRowTile, int RowsPerTile, int PerSequence, int Fixed, int Threads, int FirstBlock, int Blocks)
{
    /// <summary>Words of 64 bits that each thread block publishes to the next; 0 where no block waits for another.</summary>
    public int CarriedWords { get; init; }

    /// <summary>Number of thread blocks for a batch.</summary>
    internal int GridSize(int rows, int sequences) =>
        checked(PerRowTile * ((rows + RowsPerTile - 1) / RowsPerTile) + PerSequence * sequences + Fixed);
}
