namespace AarenGen.Generator.Model;

/// <summary>
/// What trains a model on a device: CUDA C, and which of its kernels run when. Training is Prepare, Forward, Backward, Update; evaluating is
/// Prepare once, then Forward and Evaluate.
/// </summary>
internal sealed record DeviceProgram(
    string Source, long PartialFloats, int SquareParts, EquatableArray<int> Outputs, EquatableArray<DeviceLaunch> Prepare, EquatableArray<DeviceLaunch> Forward, EquatableArray<DeviceLaunch> Evaluate,
    EquatableArray<DeviceLaunch> Backward, EquatableArray<DeviceLaunch> Update);

/// <summary>
/// A kernel's launch. Blocks: of a repeated layer, how many it is for, from the first on. CarriedWords: of 64 bits, that each of its thread blocks
/// hands on to another.
/// </summary>
internal sealed record DeviceLaunch(string Kernel, LaunchShape Shape, int Threads, int FirstBlock, int Blocks, int CarriedWords = 0);

/// <summary>
/// How many thread blocks a launch takes: so many for each tile of so many rows for which there is memory, so many for each sequence, and so many.
/// </summary>
internal sealed record LaunchShape(int PerRowTile, int RowsPerTile, int PerSequence, int Fixed)
{
    public static LaunchShape OfRows(int rowsPerTile, int perTile = 1) => new(perTile, rowsPerTile, 0, 0);

    public static LaunchShape OfSequences(int perSequence) => new(0, 1, perSequence, 0);

    public static LaunchShape Of(int blocks) => new(0, 1, 0, blocks);
}
