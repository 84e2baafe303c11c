using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>
/// How a thread block of device code along time is cut: Lanes threads along the channels of a sequence, four channels each, times Stretches of
/// Length tokens. A line of 128 bytes is wanted of each row.
/// </summary>
internal sealed record TimeCut(int Width, int Lanes, int Stretches, int Length)
{
    private const int MostLanes = 8, MostStretches = 32;

    public int Threads => Lanes * Stretches;

    public LaunchShape Shape => LaunchShape.OfSequences((Width + 4 * Lanes - 1) / (4 * Lanes));

    public static TimeCut Of(int width, int length)
    {
        int lanes = 1;
        while (4 * lanes < width && lanes < MostLanes)
        {
            lanes *= 2;
        }
        return new(width, lanes, MostStretches, length);
    }

    public override string ToString() => $"TimeShape<{Lanes}, {Stretches}, {Length}>";
}
