namespace AarenGen.Benchmarks;

/// <summary>
/// A batch that is timed. Uneven: lengths between half and one and a half times the given one, which is their mean; neighbours differ.
/// Even ones that divide the tiles of a scan would hide what it does where a sequence begins inside a tile.
/// </summary>
internal sealed record DeviceBatch(int Sequences, int Length, bool IsUneven)
{
    public string Name => $"{Sequences} x {(IsUneven ? $"{Lengths.Min()} to {Lengths.Max()}" : $"{Length}")}";

    public int Tokens => checked(Sequences * Length);

    /// <summary>Those of torch_peer.py are the same.</summary>
    public int[] Lengths => [.. Enumerable.Range(0, Sequences).Select(i => IsUneven ? Uneven(i) : Length)];

    /// <summary>Each batch of these sizes, even and uneven.</summary>
    public static IEnumerable<DeviceBatch> Both(int sequences, int length) =>
        [new(sequences, length, IsUneven: false), new(sequences, length, IsUneven: true)];

    /// <summary>In pairs: one is shorter than the mean, the next one as much longer; a last one without a partner has the mean.</summary>
    private int Uneven(int sequence)
    {
        int pairs = Sequences / 2, pair = sequence / 2, difference = pair == pairs ? 0 : Length / 2 * (pair * 5 % pairs + 1) / pairs;
        return sequence % 2 == 0 ? Length - difference : Length + difference;
    }
}
