global using static Given;

public enum Site { Hamburg, Boston }

internal static class Given
{
    public static readonly Reading[] readings = [];
    public static readonly (Reading Reading, Reading[] Plan)[] live = [];
    public static readonly DateTimeOffset from = default, now = default;

    public static void Use(params object[] values)
    {
    }
}
