namespace AarenGen.Data;

/// <summary>Strings of a column of categories: one for each text, not one for each row. A column of many texts is not pooled.</summary>
internal sealed class TextPool
{
    private const int MaxTexts = 4096;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> texts =
        new HashSet<string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The string of a text.</summary>
    public string Get(ReadOnlySpan<char> text)
    {
        if (texts.TryGetValue(text, out string? pooled))
        {
            return pooled;
        }
        string own = text.ToString();
        if (texts.Set.Count < MaxTexts)
        {
            texts.Set.Add(own);
        }
        return own;
    }
}
