using System.Globalization;
using System.Text;
using AarenGen.Benchmarks;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Cuda.Tests.Paper;

/// <summary>
/// The longest chain of waits in each pass of the scan, for even and uneven lengths. A golden file has the table, so that a change shows.
/// </summary>
public sealed class ScanWaitsTests
{
    [Fact]
    public void Longest_chain_of_waits()
    {
        (string Name, int[] Lengths)[] batches =
        [
            Of(32, 96, isUneven: false), Of(32, 96, isUneven: true), Of(32, 100, isUneven: false), Of(32, 100, isUneven: true),
            Of(32, 192, isUneven: false), Of(32, 192, isUneven: true), Of(256, 96, isUneven: true), Of(128, 192, isUneven: true),
            Of(8, 1000, isUneven: false), Of(8, 1000, isUneven: true), Of(1, 10_000, isUneven: false),
            ("100 x 20 tokens, then 1 x 2,000", [.. Enumerable.Repeat(20, 100), 2000]),
        ];
        int forward = Tile(AttentionScan.ForwardTokens), narrow = Tile(TileOperation.Tile),
            backward = Tile(AttentionScan.BackwardTokens);
        var table = new StringBuilder();
        table.Append(
            CultureInfo.InvariantCulture,
            $"Waits for a carry that follow each other at most, in one launch of the scan with one group of heads.\n\n"
                + $"| batch | forward, tiles of {forward} | forward in a narrow layer, tiles of {narrow} "
                + $"| backward, tiles of {backward} |\n"
                + $"| --- | ---: | ---: | ---: |\n");
        foreach ((string name, int[] lengths) in batches)
        {
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {new ScanWaits(forward, lengths).Forward():N0} | {new ScanWaits(narrow, lengths).Forward():N0} | "
                    + $"{new ScanWaits(backward, lengths).Backward():N0} |\n");
        }
        Golden.Matches(table.ToString(), "ScanWaits.md");

        static (string Name, int[] Lengths) Of(int sequences, int length, bool isUneven)
        {
            var batch = new DeviceBatch(sequences, length, isUneven);
            return (batch.Name, batch.Lengths);
        }

        // A cut may have other tiles than wanted.
        static int Tile(int tokens)
        {
            AttentionCut cut = AttentionCut.Of(width: 512, heads: 8, tokens);
            return cut.Chunks * cut.Length;
        }
    }
}
