namespace AarenGen.Generator.Emission.CSharp;

/// <summary>
/// Breaks a long line of C# or CUDA C: comments between words; statements behind the opening parenthesis of their call and behind commas,
/// or before operators; where there is none, at any space. What has no such place stays as it is.
/// </summary>
internal static class LineBreaks
{
    private static readonly string[] Operators = ["? ", ": ", "+ ", "&& ", "or ", "=> ", "= "];

    /// <summary>The pieces, each with the indentations that it has beside the line's own.</summary>
    public static IEnumerable<(int Indentations, string Text)> Break(string line, int room, int indentation)
    {
        if (line.StartsWith("//", StringComparison.Ordinal))
        {
            string mark = line.StartsWith("///", StringComparison.Ordinal) ? "/// " : "// ";
            return Words(line.Substring(mark.Length), room - mark.Length).Select(piece => (0, mark + piece));
        }
        return Statement(line, room, indentation);
    }

    private static IEnumerable<string> Words(string text, int room)
    {
        while (text.Length > room)
        {
            int space = text.LastIndexOf(' ', Math.Max(0, Math.Min(room, text.Length - 1)));
            if (space <= 0 || string.IsNullOrWhiteSpace(text.Substring(0, space)))
            {
                space = text.IndexOf(' ', Math.Max(0, Math.Min(room, text.Length - 1)));
            }
            if (space < 0)
            {
                break;
            }
            yield return text.Substring(0, space).TrimEnd();
            text = text.Substring(space).TrimStart();
        }
        yield return text;
    }

    private static IEnumerable<(int Indentations, string Text)> Statement(string line, int room, int indentation)
    {
        int open = OpeningParenthesis(line, room);
        if (open >= 0)
        {
            yield return (0, line.Substring(0, open + 1));
            line = line.Substring(open + 1);
            room -= indentation;
        }
        int extra = open >= 0 ? 1 : 0;
        while (line.Length > room)
        {
            int at = BreakIn(line, room);
            if (at < 0)
            {
                break;
            }
            yield return (extra, line.Substring(0, at).TrimEnd());
            line = line.Substring(at);
            room -= extra == 0 ? indentation : 0;
            extra = 1;
        }
        yield return (extra, line);
    }

    /// <summary>
    /// The first parenthesis that is not in another and whose content is long; -1 where there is none before the line is full.
    /// </summary>
    private static int OpeningParenthesis(string line, int room)
    {
        const int Long = 60;
        int open = -1, depth = 0;
        foreach ((int at, char c) in Code(line))
        {
            if (c == '(' && depth++ == 0)
            {
                open = at;
            }
            else if (c == ')' && --depth == 0 && at - open > Long && open < room)
            {
                return open;
            }
        }
        return -1;
    }

    /// <summary>Where the next line begins: as late as it fits, in as few brackets as possible; -1 where no place is left.</summary>
    private static int BreakIn(string line, int room)
    {
        int best = -1, bestDepth = int.MaxValue, depth = 0, after = -1, space = -1;
        foreach ((int at, char c) in Code(line))
        {
            depth += c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
            bool isBehind = at >= 2 && line[at - 1] == ' ' && line[at - 2] is ',' or ';';
            space = at <= room && at >= 2 && line[at - 1] == ' ' && line[0] != '#' ? at : space;
            bool isOperator = at >= 2 && line[at - 1] == ' ' && Operators.Any(o => string.CompareOrdinal(line, at, o, 0, o.Length) == 0);
            if (!isBehind && !isOperator)
            {
                continue;
            }
            if (at > room)
            {
                after = at;
                break;
            }
            // A break in the first third of a line looks worse than one inside a bracket.
            if (depth <= bestDepth || (best < room / 3 && depth <= bestDepth + 1))
            {
                (best, bestDepth) = (at, depth);
            }
        }
        return best >= 0 ? best : space >= 0 ? space : after;
    }

    /// <summary>The characters outside of string literals, each with its place.</summary>
    private static IEnumerable<(int At, char Character)> Code(string line)
    {
        bool isText = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"')
            {
                isText = !isText;
                if (isText)
                {
                    // The literal's beginning may begin a line.
                    yield return (i, c);
                }
            }
            else if (isText && c == '\\')
            {
                i++;
            }
            else if (!isText)
            {
                yield return (i, c);
            }
        }
    }
}
