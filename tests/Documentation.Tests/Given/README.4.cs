global using static GivenForDevices;

internal static class GivenForDevices
{
    public static readonly NextValues model = null!;
    public static readonly SequenceList data = null!;
}
