global using static Given;

internal static class Given
{
    public static readonly TableFile table = null!;

    public static void Use(params object[] values)
    {
    }
}
