namespace AarenGen.Data;

/// <summary>The cells that stand for a missing value: the usual ones, and those that the options add.</summary>
internal sealed class MissingWords(IReadOnlyList<string> added)
{
    private readonly string[] added = [.. added];

    /// <summary>Whether a cell stands for a missing value.</summary>
    public bool Contains(ReadOnlySpan<char> cell)
    {
        if (NumberText.IsMissing(cell))
        {
            return true;
        }
        foreach (string word in added)
        {
            if (cell.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
