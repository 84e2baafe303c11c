using System.Globalization;
using System.Text.RegularExpressions;

namespace AarenGen.Cuda.Tests;

/// <summary>What a kernel takes on an architecture, as the assembler says.</summary>
internal sealed partial record KernelResources(
    string Name, int Registers, int StackBytes, int SpilledBytes, int SharedBytes, int ConstantBytes)
{
    /// <summary>All kernels of which <c>ptxas -v</c> speaks. It writes three lines of each.</summary>
    public static IReadOnlyList<KernelResources> Parse(string said) => [.. Block().Matches(said).Select(static m =>
    {
        int Number(string group) => m.Groups[group].Success ? int.Parse(m.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;
        return new KernelResources(
            m.Groups["name"].Value, Number("registers"), Number("stack"), Number("stores") + Number("loads"), Number("shared"),
            m.Groups["constant"].Captures.Sum(static c => int.Parse(c.ValueSpan, CultureInfo.InvariantCulture)));
    })];

    [GeneratedRegex(
        """
        Compiling entry function '(?<name>\w+)' for 'sm_\d+'
        ptxas info    : Function properties for \w+
         +(?<stack>\d+) bytes stack frame, (?<stores>\d+) bytes spill stores, (?<loads>\d+) bytes spill loads
        ptxas info    : Used (?<registers>\d+) registers(, used \d+ barriers)?
        """ + """(, (?<shared>\d+) bytes smem)?(, (?<constant>\d+) bytes cmem\[\d+\])*""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
