using System.Text;

namespace AarenGen.Data;

/// <summary>Finds the character between the cells of a table.</summary>
internal static class Separator
{
    private const int SampleLines = 100, LongestSample = 1 << 20;
    private static readonly char[] Candidates = ['\t', ';', '|', ','];

    /// <summary>
    /// The first of tab, semicolon, bar and comma, in this order, that gives all lines the same number of cells; otherwise the one that
    /// occurs most often in the first line. The comma comes last because it is also a decimal mark.
    /// </summary>
    /// <param name="reader">The text.</param>
    /// <param name="given">The separator, if it is known; null: it is found.</param>
    public static TextLayout Find(TextReader reader, char? given)
    {
        List<string> lines = Sample(reader, out int comments);
        if (lines.Count == 0)
        {
            return new(given ?? ',', false, comments);
        }
        if (Declared(lines[0]) is { } declared)
        {
            return new(given ?? declared, true, comments);
        }
        if (given is { } known)
        {
            return new(known, false, comments);
        }
        int[][] counts = [.. Candidates.Select(c => lines.Select(line => CountOutsideQuotes(line, c)).ToArray())];
        for (int c = 0; c < Candidates.Length; c++)
        {
            if (counts[c][0] > 0 && counts[c].All(count => count == counts[c][0]))
            {
                return new(Candidates[c], false, comments);
            }
        }
        // A header of one name: commas below it are decimal marks.
        return new(MostFrequent(lines[0]) ?? ';', false, comments);
    }

    /// <summary>What a line such as "sep=;" declares, with which some programs begin tables; null: nothing.</summary>
    public static char? Declared(string line) =>
        line is ['s' or 'S', 'e' or 'E', 'p' or 'P', '=', var declared] ? declared : null;

    /// <summary>The candidate that separates most cells of a line; null: none occurs outside quotations.</summary>
    public static char? MostFrequent(string line)
    {
        char frequent = Candidates.MaxBy(c => CountOutsideQuotes(line, c));
        return CountOutsideQuotes(line, frequent) > 0 ? frequent : null;
    }

    /// <summary>The first lines that are not blank; a line continues inside quotes.</summary>
    private static List<string> Sample(TextReader reader, out int comments)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        int total = 0;
        bool isQuoted = false;
        comments = 0;
        while (lines.Count < SampleLines && total < LongestSample && reader.ReadLine() is { } text)
        {
            total += text.Length + 1;
            if (lines.Count == 0 && line.Length == 0 && IsComment(text))
            {
                comments++;
                continue;
            }
            // The state of the quotation is carried from line to line; parsing again from the beginning would take quadratic time.
            isQuoted = EndsQuoted(text, isQuoted);
            line.Append(text);
            if (!isQuoted)
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

    /// <summary>A line that begins with '#', unless '#' is the name of the first of several columns.</summary>
    private static bool IsComment(string line) => line is ['#'] || (line is ['#', var next, ..] && !Candidates.Contains(next));

    /// <summary>Whether a quotation continues after a line. It opens only at the beginning of a cell; 5" is text.</summary>
    private static bool EndsQuoted(string line, bool isQuoted)
    {
        bool isStart = true;
        foreach (char c in line)
        {
            if (c == '"' && (isQuoted || isStart))
            {
                // A quote right after a closing one is a doubled quote, which opens again.
                (isQuoted, isStart) = (!isQuoted, isQuoted);
            }
            else if (!isQuoted)
            {
                isStart = Candidates.Contains(c) || (isStart && c == ' ');
            }
        }
        return isQuoted;
    }

    /// <summary>A quotation opens behind any candidate: none of the separators within it counts, whichever the right one is.</summary>
    private static int CountOutsideQuotes(string line, char separator)
    {
        (bool isQuoted, bool isStart) = (false, true);
        int count = 0;
        foreach (char c in line)
        {
            if (c == '"' && (isQuoted || isStart))
            {
                (isQuoted, isStart) = (!isQuoted, isQuoted);
            }
            else if (!isQuoted)
            {
                isStart = c == separator || Candidates.Contains(c) || (isStart && c == ' ');
                count += c == separator ? 1 : 0;
            }
        }
        return count;
    }
}
