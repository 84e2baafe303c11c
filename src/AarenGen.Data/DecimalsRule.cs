namespace AarenGen.Data;

/// <summary>
/// Rows without a header of two cells separated by a comma may be one number with a decimal comma: the second cell is always as wide, of
/// digits alone, and begins with 0 at times, as decimals do.
/// </summary>
internal static class DecimalsRule
{
    /// <summary>Whether a row may be one number.</summary>
    /// <param name="whole">The first cell.</param>
    /// <param name="decimals">The second cell.</param>
    /// <param name="width">The second cell's width in the rows before; -1: this is the first row.</param>
    public static bool Allows(ReadOnlySpan<char> whole, ReadOnlySpan<char> decimals, ref int width)
    {
        width = width < 0 ? decimals.Length : width;
        ReadOnlySpan<char> digits = whole.TrimStart('-');
        return decimals.Length > 1 && decimals.Length == width && !decimals.ContainsAnyExceptInRange('0', '9') && !digits.IsEmpty
            && !digits.ContainsAnyExceptInRange('0', '9');
    }
}
