global using static Given;

internal static class Given
{
    public static readonly float[] tokens = [], targets = [];
    public static readonly float[][] stream = [];
}
