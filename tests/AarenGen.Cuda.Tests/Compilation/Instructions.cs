using System.Text.RegularExpressions;

namespace AarenGen.Cuda.Tests;

/// <summary>Instructions of a kernel's machine code, counted as they stand, not as they run.</summary>
internal sealed partial class Instructions
{
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

    /// <summary>The kernels of a listing by name.</summary>
    public static IReadOnlyDictionary<string, Instructions> Parse(string listing)
    {
        var kernels = new Dictionary<string, Instructions>(StringComparer.Ordinal);
        Instructions? current = null;
        foreach (Match m in Line().Matches(listing))
        {
            if (m.Groups["kernel"].Success)
            {
                kernels[m.Groups["kernel"].Value] = current = new();
            }
            else if (current is not null)
            {
                string name = m.Groups["instruction"].Value;
                current.counts[name] = current.counts.GetValueOrDefault(name) + 1;
            }
        }
        return kernels;
    }

    /// <summary>Loads from global memory to registers, of 16 bytes and of fewer; and so on.</summary>
    public (int Wide, int Narrow) Loads => Split("LDG");

    public (int Wide, int Narrow) Stores => Split("STG");

    /// <summary>Copies from global to shared memory in the background.</summary>
    public (int Wide, int Narrow) Copies => Split("LDGSTS");

    /// <summary>Instructions of tensor cores.</summary>
    public int TensorCores => counts.Where(static c => c.Key.StartsWith("HMMA", StringComparison.Ordinal)).Sum(static c => c.Value);

    private (int Wide, int Narrow) Split(string operation)
    {
        IEnumerable<KeyValuePair<string, int>> own = counts.Where(c => c.Key.Split('.')[0] == operation);
        return (own.Where(IsWide).Sum(static c => c.Value), own.Where(static c => !IsWide(c)).Sum(static c => c.Value));
    }

    private static bool IsWide(KeyValuePair<string, int> count) => count.Key.Contains(".128", StringComparison.Ordinal);

    /// <summary>A kernel's first line, or an instruction behind its address and perhaps a predicate.</summary>
    [GeneratedRegex(
        @"^\s*(Function : (?<kernel>\w+)|/\*[0-9a-f]{4,}\*/\s+(@\S+\s+)?(?<instruction>[A-Z][\w.]*))",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Line();
}
