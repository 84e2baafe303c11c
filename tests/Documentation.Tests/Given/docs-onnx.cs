// With shared.cs.

internal static class Given
{
    public static readonly Model model = null!;
}
