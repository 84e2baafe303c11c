using System.Text;

namespace Tables;

/// <summary>Finds the character between the cells of a table.</summary>
internal static class Separator
{
    private const int SampleLines = 100, LongestSample = 1 << 20;

    /// <summary>
    /// Of tab, semicolon, bar and comma, in this order, the first that divides all the lines into equally many cells; else the one that
    /// the first line has most of. The comma comes last since it is a decimal mark too.
    /// </summary>
    /// <param name="reader">The text.</param>
    /// <returns>The separator, and whether the text's first line is Excel's "sep=;", which names it.</returns>
    public static (char Separator, bool IsDeclared) Find(TextReader reader)
    {
        List<string> lines = Sample(reader);
        if (lines.Count == 0)
        {
            return (',', false);
        }
        if (lines[0] is ['s' or 'S', 'e' or 'E', 'p' or 'P', '=', var declared])
        {
            return (declared, true);
        }
        char[] candidates = ['\t', ';', '|', ','];
        int[][] counts = [.. candidates.Select(c => lines.Select(line => CountOutsideQuotes(line, c)).ToArray())];
        for (int c = 0; c < candidates.Length; c++)
        {
            if (counts[c][0] > 0 && counts[c].All(count => count == counts[c][0]))
            {
                return (candidates[c], false);
            }
        }
        int most = Enumerable.Range(0, candidates.Length).MaxBy(c => counts[c][0]);
        // A header of one name: commas below it are decimal marks, so that anything else divides nothing.
        return (counts[most][0] > 0 ? candidates[most] : ';', false);
    }

    /// <summary>The first lines that are not blank; a line goes on inside quotes.</summary>
    private static List<string> Sample(TextReader reader)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        int total = 0;
        while (lines.Count < SampleLines && total < LongestSample && reader.ReadLine() is { } text)
        {
            total += text.Length;
            line.Append(text);
            if (line.ToString().Count(static c => c == '"') % 2 == 0)
            {
                if (!string.IsNullOrWhiteSpace(line.ToString()))
                {
                    lines.Add(line.ToString());
                }
                line.Clear();
            }
        }
        return lines;
    }

    private static int CountOutsideQuotes(string line, char separator)
    {
        bool quoted = false;
        int count = 0;
        foreach (char c in line)
        {
            quoted ^= c == '"';
            count += !quoted && c == separator ? 1 : 0;
        }
        return count;
    }
}
