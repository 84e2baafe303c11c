using System.Globalization;

namespace AarenGen.Cuda.Tests.Paper;

/// <summary>The golden table of what NVIDIA's assembler says of each kernel.</summary>
internal sealed class KernelTable
{
    private readonly Dictionary<(string Kernel, string Column), int> cells = [];

    /// <summary>Reads the rows of a model.</summary>
    public static KernelTable Of(string model)
    {
        var table = new KernelTable();
        string[] lines = [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "AarenGen.Cuda.Tests", "Snapshots", "Kernels.md"))
            .SkipWhile(l => l != $"## {model}").Skip(1).TakeWhile(static l => !l.StartsWith("## ", StringComparison.Ordinal))
            .Where(static l => l.StartsWith('|'))];
        string[] columns = Cells(lines[0]);
        foreach (string[] cells in lines.Skip(2).Select(Cells))
        {
            for (int i = 1; i < cells.Length; i++)
            {
                // Shared memory may differ between precisions: the maximum counts.
                table.cells.Add((cells[0], columns[i]), cells[i].Split(" / ").Max(static c => int.Parse(c, CultureInfo.InvariantCulture)));
            }
        }
        return table;
    }

    /// <summary>A cell: threads, shared, or the registers of an architecture.</summary>
    public int this[string kernel, string column] => cells[(kernel, column)];

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(static c => c.Trim())];
}
