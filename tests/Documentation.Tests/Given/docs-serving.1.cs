// With shared.cs.

internal static class Given
{
    public static readonly Model model = null!;
    public static readonly float[] token = [];
}
