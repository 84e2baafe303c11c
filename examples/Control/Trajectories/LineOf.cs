namespace Control;

/// <summary>Text of a file, as part of a message of one line.</summary>
internal static class LineOf
{
    private const int MostCharacters = 200;

    /// <summary>The first characters of a text; control characters are replaced.</summary>
    public static string Text(string text)
    {
        string line = text.Length > MostCharacters ? text[..MostCharacters] + "…" : text;
        return string.Concat(line.Select(static c => char.IsControl(c) || c is '\u2028' or '\u2029' ? '?' : c));
    }
}
