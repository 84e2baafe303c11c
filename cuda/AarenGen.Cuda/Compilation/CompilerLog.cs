using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AarenGen.Cuda.Compilation;

/// <summary>Shows beside a compiler's messages the lines of the source that they speak of: generated source is in no file.</summary>
internal static partial class CompilerLog
{
    /// <summary>One mistake may bring hundreds of messages; the first ones say what it is.</summary>
    private const int MostLines = 60;

    public static string Quote(string log, string source, string fileName)
    {
        string[] lines = source.Split('\n');
        var result = new StringBuilder();
        int written = 0;
        foreach (string message in log.Split('\n').Select(static l => l.TrimEnd('\0', '\r', ' ')).Where(static l => l.Length > 0))
        {
            if (written++ == MostLines)
            {
                result.Append("\n…");
                break;
            }
            result.Append('\n').Append(message);
            Match place = Place().Match(message);
            if (place.Success && place.Groups["file"].Value == fileName
                && int.TryParse(place.Groups["line"].ValueSpan, CultureInfo.InvariantCulture, out int number) && number >= 1
                    && number <= lines.Length)
            {
                result.Append(CultureInfo.InvariantCulture, $"\n  {number,5} | {lines[number - 1].TrimEnd()}");
            }
        }
        return result.ToString();
    }

    /// <summary>NVRTC writes <c>name(12): error</c>, other compilers <c>name:12:3: error</c>.</summary>
    [GeneratedRegex(@"^(?<file>.+?)(\((?<line>\d+)\)|:(?<line>\d+))(:|\s)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Place();
}
