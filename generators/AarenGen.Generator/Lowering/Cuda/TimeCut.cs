using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>
/// How a thread block of device code along time is cut: Lanes threads along the channels of a sequence, four channels each, times Chunks of
/// Length tokens. A line of 128 bytes is wanted of each row.
/// </summary>
internal sealed record TimeCut(int Width, int Lanes, int Chunks, int Length)
{
    private const int MaxLanes = 8, MaxChunks = 32;

    public int Threads => Lanes * Chunks;

    public GridShape Grid => GridShape.OfSequences((Width + 4 * Lanes - 1) / (4 * Lanes));

    public static TimeCut Of(int width, int length)
    {
        int lanes = 1;
        while (4 * lanes < width && lanes < MaxLanes)
        {
            lanes *= 2;
        }
        return new(width, lanes, MaxChunks, length);
    }

    /// <summary>What the template reads of it.</summary>
    public IEnumerable<(string Name, int Value)> Constants => [("lanes", Lanes), ("chunks", Chunks), ("length", Length)];
}
