namespace AarenGen.Cuda.Tests.Paper;

/// <summary>
/// How many waits for a carry follow each other at most in a launch of the scan: the order in which its thread blocks publish and consume,
/// simulated from the lengths of the sequences.
/// </summary>
/// <param name="tile">Tokens of a tile.</param>
/// <param name="lengths">Of the sequences.</param>
internal sealed class ScanWaits(int tile, IReadOnlyList<int> lengths)
{
    /// <summary>Where sequences begin; the end of the batch counts as a beginning.</summary>
    private readonly HashSet<int> starts = [0, .. lengths.Select((_, i) => lengths.Take(i + 1).Sum())];

    private int Tiles => (lengths.Sum() + tile - 1) / tile;

    /// <summary>The forward pass: maximum and weight of the heads, from which the gates follow, then the channels.</summary>
    public int Forward() => Longest(Enumerable.Range(0, Tiles), i => !starts.Contains(i * tile), stages: 2);

    /// <summary>The backward pass, the last tile first: one carry.</summary>
    public int Backward() => Longest(
        Enumerable.Range(0, Tiles).Reverse(), i => i < Tiles - 1 && !starts.Contains((i + 1) * tile), stages: 1);

    /// <summary>
    /// A tile that continues a sequence consumes a carry in each stage. Where a sequence begins in it, it has published its own before;
    /// elsewhere it publishes afterwards.
    /// </summary>
    private int Longest(IEnumerable<int> tiles, Func<int, bool> consumes, int stages)
    {
        // The waits behind the carry of each stage that the tile before has published.
        var published = new int[stages];
        int longest = 0;
        foreach (int i in tiles)
        {
            int waits = 0;
            bool isIndependent = Enumerable.Range(i * tile, tile).Any(starts.Contains);
            for (int stage = 0; stage < stages; stage++)
            {
                int own = waits;
                waits = consumes(i) ? Math.Max(waits, published[stage] + 1) : waits;
                published[stage] = isIndependent ? own : waits;
            }
            longest = Math.Max(longest, waits);
        }
        return longest;
    }
}
