global using static Given;

internal static class Given
{
    public static readonly SequenceList data = new(11, 2);
    public static readonly float[] token = [], output = [], tokens = [], targets = [];

    public static void Use(params object[] values)
    {
    }
}
